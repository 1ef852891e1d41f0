"""Which events are hits, which are misses, and which are false alarms."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError
from models.events import taxonomy
from models.events.evaluation.metrics import Agreement, Counts, Spanned, spans_s, together

COLLAR_S = 0.2
"""Leeway of an onset, and the least of an offset, in seconds: sed_eval's default."""

PERCENTAGE_OF_LENGTH = 0.5
"""Leeway of an offset as a share of the true event's length, in [0, 1]: sed_eval's default."""


@dataclass(frozen=True)
class Comparison:
    """Which events are which, by their place in the two lists that were compared.

    Parameters
    ----------
    hits : tuple of (int, int)
        True event and the estimated one that it goes with, ordered by the former.
    misses : tuple of int
        True events that were not heard.
    false_alarms : tuple of int
        Estimated events that are not true.
    near_misses : tuple of int
        Those of `misses` that overlap an estimated event of their label: right class, edges off.
    near_false_alarms : tuple of int
        Those of `false_alarms` that overlap a true event of their label.
    """

    hits: tuple[tuple[int, int], ...]
    misses: tuple[int, ...]
    false_alarms: tuple[int, ...]
    near_misses: tuple[int, ...] = ()
    near_false_alarms: tuple[int, ...] = ()


def related_labels(label: str) -> frozenset[str]:
    """Return a label with all broader and narrower ones of AudioSet's taxonomy."""
    if label not in taxonomy.labels():
        return frozenset({label})
    return frozenset({label, *taxonomy.ancestors(label), *taxonomy.descendants(label)})


def compare(
    truth: Sequence[Spanned],
    estimated: Sequence[Spanned],
    *,
    labels: Collection[str] | None = None,
    related: bool = False,
    collar_s: float = COLLAR_S,
    percentage_of_length: float = PERCENTAGE_OF_LENGTH,
    evaluate_offset: bool = True,
) -> Comparison:
    """Find out which events are hits, misses and false alarms.

    Parameters
    ----------
    truth, estimated : sequence of events
        What truly sounds, and what was heard, in any order.
    labels : collection of str, optional
        Labels under evaluation; by default all in either list.
    related : bool
        Whether an estimated event also goes with a true one whose label is broader or narrower:
        a found "Bird" with a true "Chirp, tweet". An estimated event whose own label is not under
        evaluation is never a false alarm.
    collar_s : float
        Leeway of onsets, and the least of offsets, in seconds.
    percentage_of_length : float
        Leeway of an offset as a share of the true event's length, in [0, 1].
    evaluate_offset : bool
        Whether a hit needs the right offset, too.

    Returns
    -------
    Comparison
        As many hits as the leeways allow.

    Raises
    ------
    SettingError
        If a value lies outside its range.
    """
    check_leeway(collar_s, percentage_of_length)
    share = percentage_of_length if evaluate_offset else math.inf
    true, heard = _places(truth, labels), _places(estimated, labels)
    hits = _pairs(truth, true, estimated, heard, (collar_s, share))
    if related:
        # The pairs of equal labels stay: what is left over may go with a related label.
        taken, used = {i for i, _ in hits}, {j for _, j in hits}
        left = [i for i in _all(true) if i not in taken]
        free = [j for j in range(len(estimated)) if j not in used]
        hits += _related_pairs(truth, left, estimated, free, (collar_s, share))
    hit, heard_rightly = {i for i, _ in hits}, {j for _, j in hits}
    misses = {label: [i for i in group if i not in hit] for label, group in true.items()}
    alarms = {label: [j for j in group if j not in heard_rightly] for label, group in heard.items()}
    return Comparison(
        hits=tuple(sorted(hits)),
        misses=_all(misses),
        false_alarms=_all(alarms),
        near_misses=_overlapping(truth, misses, estimated, heard),
        near_false_alarms=_overlapping(estimated, alarms, truth, true),
    )


def event_based(
    truth: Sequence[Spanned],
    estimated: Sequence[Spanned],
    labels: Iterable[str],
    comparison: Comparison,
) -> Agreement:
    """Count a comparison's hits, false alarms and misses, label by label.

    Parameters
    ----------
    truth, estimated : sequence of events
        The two lists that were compared.
    labels : iterable of str
        Labels under evaluation.
    comparison : Comparison
        What `compare` gave for them.

    Returns
    -------
    Agreement
        Counts of events.
    """
    counts = {label: [0, 0, 0] for label in labels}
    places = (
        (truth, [i for i, _ in comparison.hits]),
        (estimated, comparison.false_alarms),
        (truth, comparison.misses),
    )
    for kind, (events, chosen) in enumerate(places):
        for place in chosen:
            if events[place].label in counts:
                counts[events[place].label][kind] += 1
    return together({label: Counts(*numbers) for label, numbers in counts.items()})


def _places(events: Sequence[Spanned], labels: Collection[str] | None) -> dict[str, list[int]]:
    """Where each label's events stand in a list."""
    wanted = None if labels is None else set(labels)
    groups: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        if wanted is None or event.label in wanted:
            groups.setdefault(event.label, []).append(place)
    return groups


def _pairs(
    truth: Sequence[Spanned],
    true: Mapping[str, Sequence[int]],
    estimated: Sequence[Spanned],
    heard: Mapping[str, Sequence[int]],
    leeway: tuple[float, float],
) -> list[tuple[int, int]]:
    """Pair the true events of each label with estimated ones within the collars."""
    pairs: list[tuple[int, int]] = []
    for label, places in true.items():
        candidates = heard.get(label, ())
        within = _within_collars(
            spans_s([truth[i] for i in places]),
            spans_s([estimated[i] for i in candidates]),
            *leeway,
        )
        pairs.extend((places[i], candidates[j]) for i, j in _most_pairs(within))
    return pairs


def _related_pairs(
    truth: Sequence[Spanned],
    true: Sequence[int],
    estimated: Sequence[Spanned],
    heard: Sequence[int],
    leeway: tuple[float, float],
) -> list[tuple[int, int]]:
    """Pair true events with estimated ones of related labels within the collars."""
    within = _within_collars(
        spans_s([truth[i] for i in true]), spans_s([estimated[j] for j in heard]), *leeway
    )
    allowed = {label: related_labels(label) for label in {truth[i].label for i in true}}
    related = [
        [j for j in near if estimated[heard[j]].label in allowed[truth[i].label]]
        for i, near in zip(true, within, strict=True)
    ]
    return [(true[i], heard[j]) for i, j in _most_pairs(related)]


def _all(groups: Mapping[str, Sequence[int]]) -> tuple[int, ...]:
    return tuple(sorted(place for group in groups.values() for place in group))


def _overlapping(
    events: Sequence[Spanned],
    chosen: Mapping[str, Sequence[int]],
    others: Sequence[Spanned],
    places: Mapping[str, Sequence[int]],
) -> tuple[int, ...]:
    """Return the chosen events that overlap any other event of their label."""
    found: list[int] = []
    for label, group in chosen.items():
        spans = spans_s([events[place] for place in group])
        against = spans_s([others[place] for place in places.get(label, ())])
        against = against[np.argsort(against[:, 0])]
        # Of those that begin before an event ends, does the latest to end do so after its onset?
        latest_s = np.concatenate(([-math.inf], np.maximum.accumulate(against[:, 1])))
        n_before = np.searchsorted(against[:, 0], spans[:, 1], side="left")
        found += np.array(group, np.intp)[latest_s[n_before] > spans[:, 0]].tolist()
    return tuple(sorted(found))


def _within_collars(
    true: NDArray[np.float64], heard: NDArray[np.float64], collar_s: float, share: float
) -> list[list[int]]:
    """For each true span, the heard ones that could be a hit of it."""
    order = np.argsort(heard[:, 0], kind="stable")
    onsets_s = heard[order, 0]
    # A little more than the collar is looked at, and then compared as sed_eval does, so that
    # rounding falls the same way.
    reach_s = collar_s * (1 + 1e-9) + 1e-9
    firsts = np.searchsorted(onsets_s, true[:, 0] - reach_s, side="left")
    lasts = np.searchsorted(onsets_s, true[:, 0] + reach_s, side="right")
    within: list[list[int]] = []
    for (onset_s, offset_s), first, last in zip(true, firsts, lasts, strict=True):
        near = order[first:last]
        fits = np.abs(onset_s - heard[near, 0]) <= collar_s
        if share < math.inf:
            leeway_s = max(collar_s, share * (offset_s - onset_s))
            fits &= np.abs(offset_s - heard[near, 1]) <= leeway_s
        within.append(near[fits].tolist())
    return within


def _most_pairs(neighbours: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Pair left with right nodes of a bipartite graph, as many as possible, each node once."""
    if not any(neighbours):
        return []
    from scipy import sparse  # takes a quarter of a second to import
    from scipy.sparse import csgraph

    columns = np.concatenate([np.asarray(near, np.int32) for near in neighbours])
    starts = np.cumsum([0, *map(len, neighbours)])
    graph = sparse.csr_array(
        (np.ones(len(columns), bool), columns, starts), shape=(len(neighbours), columns.max() + 1)
    )
    rights = csgraph.maximum_bipartite_matching(graph, perm_type="column")
    return [(left, right) for left, right in enumerate(rights.tolist()) if right >= 0]


def check_leeway(collar_s: float, percentage_of_length: float = PERCENTAGE_OF_LENGTH) -> None:
    """Raise a `SettingError` if a collar or a share of the length is out of range."""
    if not 0 <= collar_s < math.inf:
        raise SettingError(
            f"The collar is {collar_s:g} s.",
            allowed="A collar is a duration in seconds, 0 or more.",
            remedy=f"Choose one in that range; {COLLAR_S:g} s is usual.",
        )
    if not 0 <= percentage_of_length <= 1:
        guess = " Is it in percent?" if 1 < percentage_of_length <= 100 else ""
        raise SettingError(
            f"The share of an event's length is {percentage_of_length:g}.{guess}",
            allowed="Shares lie in [0, 1].",
            remedy=f"Choose one in that range; {PERCENTAGE_OF_LENGTH:g} is usual.",
        )
