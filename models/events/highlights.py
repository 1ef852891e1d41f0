"""Selection of the few classes that best represent a clip."""

from collections.abc import Collection

import numpy as np

from models.events.timeline import Timeline

MAX_COLUMNS = 500
"""Largest number of time segments for the selection: the horizontal resolution of a lane."""

FAINTEST = 0.1
"""Score below which a class does not count, in [0, 1]."""

MAX_CANDIDATES = 60
"""Number of classes considered: those with the highest peak scores."""


def highlights(timeline: Timeline, labels: Collection[str], k: int) -> list[str]:
    """Choose the classes that together cover most of a clip.

    A ranking by mean would fill all places with the ancestors of one long sound, a ranking by
    maximum with those of one clear sound. So each place goes to the class with the largest gain:
    the sum over time of its score in excess of the highest score chosen before (greedy facility
    location).

    Parameters
    ----------
    timeline : Timeline
        Scores and labels.
    labels : collection of str
        The labels to choose from.
    k : int
        Number of labels.

    Returns
    -------
    list of str
        Up to `k` labels in descending order of gain; if no gain is left, those with the highest
        maximum follow.
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
