"""What moves while the microphone is heard: the session, its panel, and the look before Start."""
