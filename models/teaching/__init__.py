"""Classifiers with user-defined classes, trained on a few examples per class.

Conventions
-----------
scikit-learn is imported only for training. A trained classifier runs without it.
"""

from models.teaching.taught import TaughtClassifier, teach

__all__ = ["TaughtClassifier", "teach"]
