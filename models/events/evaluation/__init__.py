"""How well events agree with what truly sounds, by the definitions of sed_eval.

Conventions
-----------
Figures follow Mesaros, Heittola and Virtanen, "Metrics for Polyphonic Sound Event Detection"
(Applied Sciences 6(6):162, 2016), and their toolbox sed_eval, against which the tests hold them.
There are two kinds:

- *segment-based*: the recording is cut into segments, and a label counts once in each that an
  event of it touches;
- *event-based*: an event is a hit if its onset lies within a collar around that of a true event
  with the same label, and its offset within a collar or a share of the true event's length,
  whichever is longer. One true event makes one hit: pairs are chosen so that there are as many as
  can be (a maximum matching).

Only the labels under evaluation count. By default these are the ones that the truth names and the
model knows: 521 labels are never all written down, so an event of one that the truth does not
name says nothing about either. Overall figures add up all labels' counts (micro average).

Several clips (`Case`) have the sums of their counts (`pool`), from which the means of the labels'
figures follow (`macro`), thresholds that fit them (`suggest_thresholds`), and a score of their own
that depends on no threshold (`psds`).

A figure without anything to count is None, where sed_eval has NaN; nothing here is ever NaN.
"""

from models.events.evaluation.case import Case
from models.events.evaluation.evaluation import Evaluation, evaluate, unknown_labels
from models.events.evaluation.matching import (
    COLLAR_S,
    PERCENTAGE_OF_LENGTH,
    Comparison,
    compare,
    event_based,
)
from models.events.evaluation.metrics import TIME_RESOLUTION_S, Agreement, Counts, segment_based
from models.events.evaluation.pooling import Means, Pooled, macro, pool
from models.events.evaluation.psds import CONFUSION, TIMING, Psds, Scenario, psds
from models.events.evaluation.suggestions import Suggestion, Suggestions, suggest_thresholds

__all__ = [
    "COLLAR_S",
    "CONFUSION",
    "PERCENTAGE_OF_LENGTH",
    "TIME_RESOLUTION_S",
    "TIMING",
    "Agreement",
    "Case",
    "Comparison",
    "Counts",
    "Evaluation",
    "Means",
    "Pooled",
    "Psds",
    "Scenario",
    "Suggestion",
    "Suggestions",
    "compare",
    "evaluate",
    "event_based",
    "macro",
    "pool",
    "psds",
    "segment_based",
    "suggest_thresholds",
    "unknown_labels",
]
