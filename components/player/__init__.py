"""The player: a clip's sound, picture and scores on one time axis, in the browser."""
