import csv
import io

import numpy as np

from models import export
from models.events import EventRules
from models.events.concordance import Concordance, concordance
from models.events.timeline import Timeline


def compared(*labels: tuple[str, ...]) -> Concordance:
    onsets_s = np.array([0.0, 1.0])
    one, other = (
        Timeline(np.array(scores, np.float32), onsets_s, 1.0, 1.0, names, 2.0)
        for scores, names in zip(
            ([[0.75, 0.5], [0.25, 0.5]], [[0.5, 0.5], [0.5, 0.5]]), labels, strict=True
        )
    )
    return concordance(one, other, EventRules())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_classes_and_scores_survive_csv() -> None:
    found = compared(("Bee, wasp, etc.", "Dog"), ("Bee, wasp, etc.", "Dog"))
    bee, dog = rows(export.classes_csv(found))
    assert bee == {
        "label": "Bee, wasp, etc.",
        "mean_a": "0.5",
        "mean_b": "0.5",
        "peak_a": "0.75",
        "peak_b": "0.5",
        "mean_difference": "0.25",
        "largest_difference": "0.25",
        "correlation": "",
        "f1": "0.66666667",
        "largest_at_s": "0.5",
        "seconds_both": "1",
        "seconds_only_a": "0",
        "seconds_only_b": "1",
    }
    assert (dog["mean_difference"], dog["largest_at_s"]) == ("0.0", "")
    first, second = rows(export.aligned_csv(found))
    assert first == {
        "at_s": "0.5",
        "a: Bee, wasp, etc.": "0.75",
        "b: Bee, wasp, etc.": "0.5",
        "a: Dog": "0.5",
        "b: Dog": "0.5",
    }
    assert second["a: Bee, wasp, etc."] == "0.25"
    (dogs, _) = rows(export.aligned_csv(found, ["Dog"]))
    assert list(dogs) == ["at_s", "a: Dog", "b: Dog"]


def test_headers_stand_where_nothing_is_in_common() -> None:
    found = compared(("Dog", "Cat"), ("Wombat", "Emu"))
    assert export.classes_csv(found).splitlines() == ["label"]
    assert export.aligned_csv(found).splitlines() == ['"at_s"', "0.5", "1.5"]
