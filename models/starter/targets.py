"""What the model should score for a window: the truth about its recording, and a teacher's ear.

Conventions
-----------
A recording's label says what sounds somewhere in it, not in which of its windows: many of
ESC-10's clips are a bark or two and then digital zeros. So a window's target for that label comes
from its level beside the loudest window's, and from the teacher.
"""

import numpy as np
from numpy.typing import NDArray

from models.starter.classes import ESC10_LABELS, LABELS, SILENCE

Float32 = NDArray[np.float32]

SILENT_DBFS = -66.0
"""A window below this level is Silence and nothing else: 16 steps of 16 bits, which is hardly more
than the converter's own hiss."""

AUDIBLE_DBFS = -54.0
"""From this level on a window is not Silence at all; in between the target falls evenly."""

_ACTIVE_DB = 25.0  # a window this far below its recording's loudest may hold only its background
_FADING_DB = 10.0  # around that, the target for the recording's label falls evenly
_SURE = 0.95  # target for what certainly sounds, so that scores need not run to infinity
_CONFUSED = 0.25  # how far to believe the teacher in another class than the recording's

_TEN = np.array([LABELS.index(label) for label in ESC10_LABELS.values()])


def recording_targets(label: str, teacher: Float32, level_dbfs: float, below_db: float) -> Float32:
    """Say what one window of a labelled recording should score.

    Parameters
    ----------
    label : str
        The recording's true label, one of ESC-10's.
    teacher : ndarray of float32, shape (13,)
        The teacher's scores for the window.
    level_dbfs : float
        The window's level.
    below_db : float
        How far it is below the loudest window of its recording; infinite for digital zeros.

    Returns
    -------
    ndarray of float32, shape (13,)
        In [0, 1]: high for the label where it sounds; speech, music and what else the teacher
        hears beside it; Silence alone where nothing sounds.
    """
    target = teacher.copy()
    target[_TEN] *= _CONFUSED
    own = LABELS.index(label)
    active = float(np.clip((_ACTIVE_DB - below_db) / _FADING_DB + 0.5, 0, 1))
    target[own] = max(_SURE * active, float(teacher[own]))
    return silenced(target, level_dbfs)


def other_targets(teacher: Float32, level_dbfs: float, own: int | None) -> Float32:
    """Say what one window of speech, music or of nothing that the model knows should score.

    Parameters
    ----------
    teacher : ndarray of float32, shape (13,)
        The teacher's scores for the window.
    level_dbfs : float
        Its level.
    own : int, optional
        The class that it is of, which the teacher may not hear in synthetic speech; None for
        what is none of the thirteen, whatever the teacher makes of it.
    """
    target = np.zeros_like(teacher)
    if own is not None:
        target = teacher.copy()
        target[_TEN] = 0
        target[own] = max(_SURE, float(teacher[own]))
    return silenced(target, level_dbfs)


def silenced(target: Float32, level_dbfs: float) -> Float32:
    """Fade a target into that of silence where its window is too quiet to be heard."""
    share = float(np.clip((AUDIBLE_DBFS - level_dbfs) / (AUDIBLE_DBFS - SILENT_DBFS), 0, 1))
    faded = target * np.float32(1 - share)
    faded[SILENCE] = share
    return faded
