"""Classes of one's own: from a handful of examples to a classifier like any other.

Conventions
-----------
scikit-learn is loaded when something is taught, not before; what was taught needs it no more.
"""

from models.teaching.taught import TaughtClassifier, teach

__all__ = ["TaughtClassifier", "teach"]
