"""What two models hear in one clip, side by side."""
