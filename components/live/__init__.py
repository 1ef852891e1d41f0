"""User interface of live listening: microphone connection, panel, and check before Start."""
