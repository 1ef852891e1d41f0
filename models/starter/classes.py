"""The thirteen classes of the starter model, and what its teacher calls them.

Conventions
-----------
Labels are AudioSet's, spelt as in `models.taxonomy`. Their order is that of the model's scores.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

TEACHER_LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Silence": ("Silence",),
        "Speech": (
            "Speech",
            "Child speech, kid speaking",
            "Conversation",
            "Narration, monologue",
            "Speech synthesizer",
        ),
        "Music": ("Music", "Musical instrument"),
        "Dog": ("Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)"),
        "Chicken, rooster": ("Chicken, rooster", "Cluck", "Crowing, cock-a-doodle-doo"),
        "Rain": ("Rain", "Raindrop", "Rain on surface"),
        "Waves, surf": ("Waves, surf", "Ocean"),
        "Fire": ("Fire", "Crackle"),
        "Baby cry, infant cry": ("Baby cry, infant cry",),
        "Sneeze": ("Sneeze",),
        "Tick-tock": ("Tick-tock", "Tick", "Clock"),
        "Helicopter": ("Helicopter",),
        "Chainsaw": ("Chainsaw",),
    }
)
"""The model's labels, each with those of YAMNet's that say the same or a kind of it."""

LABELS: tuple[str, ...] = tuple(TEACHER_LABELS)
"""One for each score of the model, in their order."""

ESC10_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "dog": "Dog",
        "rooster": "Chicken, rooster",
        "rain": "Rain",
        "sea_waves": "Waves, surf",
        "crackling_fire": "Fire",
        "crying_baby": "Baby cry, infant cry",
        "sneezing": "Sneeze",
        "clock_tick": "Tick-tock",
        "helicopter": "Helicopter",
        "chainsaw": "Chainsaw",
    }
)
"""ESC-10's categories (Piczak 2015), each with the label that fits it best."""

SILENCE, SPEECH, MUSIC = (LABELS.index(label) for label in ("Silence", "Speech", "Music"))


def from_teacher(scores: NDArray[np.float32], teacher_labels: Sequence[str]) -> NDArray[np.float32]:
    """Read the thirteen classes off the teacher's scores.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_windows, n_teacher_labels)
        In [0, 1].
    teacher_labels : sequence of str
        The teacher's label for each column.

    Returns
    -------
    ndarray of float32, shape (n_windows, 13)
        For each class the greatest score among the teacher's names for it.
    """
    columns = {label: column for column, label in enumerate(teacher_labels)}
    return np.stack(
        [
            scores[:, [columns[name] for name in names]].max(axis=1)
            for names in TEACHER_LABELS.values()
        ],
        axis=1,
    )
