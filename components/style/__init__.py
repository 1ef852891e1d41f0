"""How the pages look: text of numbers and names, palette, figures, and theme."""
