"""What settings make of an analysis, as values: scores, events, and the picture."""
