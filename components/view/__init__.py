"""Values derived from an analysis under the view's settings: scores, events and picture."""
