"""Which classes tell a clip's story: few of them, each with something to add."""

from collections.abc import Collection

import numpy as np

from models.events.timeline import Timeline

MAX_COLUMNS = 500
"""Stretches that a clip is divided into for the choice: as many as a lane has room for."""

FAINTEST = 0.1
"""Score below which a class explains nothing, in [0, 1]."""

MAX_CANDIDATES = 60
"""Classes that the choice is made among: those that stand out most at any moment."""


def highlights(timeline: Timeline, labels: Collection[str], k: int) -> list[str]:
    """Choose the classes that together explain most of a clip.

    Ranked by their mean, the ancestors of one long sound would fill all places; ranked by their
    maximum, those of one clear sound. So each place goes to the class that adds most: the sum over
    time of what its score exceeds the highest one chosen before (greedy facility location).

    Parameters
    ----------
    timeline : Timeline
        Scores and labels.
    labels : collection of str
        Those that may be chosen.
    k : int
        How many.

    Returns
    -------
    list of str
        Up to `k` labels in the order of what they add; where nothing is left to add, those with
        the highest maximum follow.
    """
    allowed = set(labels)
    columns = [index for index, label in enumerate(timeline.labels) if label in allowed]
    firsts = np.arange(0, timeline.n_frames, -(-timeline.n_frames // MAX_COLUMNS))
    peaks = timeline.scores.max(axis=0)[columns]
    best = np.argsort(-peaks, kind="stable")[:MAX_CANDIDATES]
    candidates = [columns[index] for index in best]
    scores = np.maximum.reduceat(timeline.scores[:, candidates], firsts, axis=0)
    scores[scores < FAINTEST] = 0
    explained = np.zeros(len(scores), dtype=np.float32)
    chosen: list[str] = []
    while len(chosen) < min(k, len(candidates)):
        gains = np.maximum(scores - explained[:, None], 0).sum(axis=0)
        winner = int(gains.argmax())
        if gains[winner] == 0:
            break
        explained = np.maximum(explained, scores[:, winner])
        chosen.append(timeline.labels[candidates[winner]])
    rest = (timeline.labels[index] for index in candidates)
    more = [label for label in rest if label not in chosen]
    return [*chosen, *more][:k]
