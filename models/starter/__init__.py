"""The starter model, and how it is trained. The app needs nothing of this but the model's file."""
