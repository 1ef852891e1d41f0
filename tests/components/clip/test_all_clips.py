"""One list of true events for many clips, their figures, thresholds and scores."""

import pytest
from streamlit.testing.v1 import AppTest

from components.clip import true_clips
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_events
from models.events import EventRules
from models.events.band_levels import band_levels
from models.events.evaluation import (
    CONFUSION,
    TIMING,
    Case,
    Evaluation,
    evaluate,
    pool,
    psds,
    suggest_thresholds,
)
from models.events.truth import TrueEvent
from models.inference import Classifier
from tests.components.pages import open_app, press, workspace_of
from tests.demonstrated import demonstration_clip
from tests.expected import MERGE_GAP_S

LENGTH_S = 12.0
PARTS_S = {"a.wav": 0.0, "b.wav": 14.0, "c.wav": 30.0}
COUNTS = ["Correct", "Missed", "False alarms"]


def part(onset_s: float) -> bytes:
    samples = demonstration_clip().samples
    first = round(16_000 * onset_s)
    return wav_file(Clip.from_samples(samples[first : first + round(16_000 * LENGTH_S)], 16_000))


def truth_in(onset_s: float) -> list[TrueEvent]:
    return [
        TrueEvent(max(0.0, one.onset_s - onset_s), min(LENGTH_S, one.offset_s - onset_s), one.label)
        for one in demonstration_events()
        if one.onset_s < onset_s + LENGTH_S and one.offset_s > onset_s
    ]


def listed(*names: str) -> bytes:
    lines = ["filename\tonset\toffset\tevent_label"]
    lines += [
        f"audio/{name}\t{one.onset_s}\t{one.offset_s}\t{one.label}"
        for name in names
        for one in truth_in(PARTS_S.get(name, 0.0))
    ]
    return "\n".join(lines).encode()


def with_parts(**address: str) -> AppTest:
    page = open_app(**address)
    page.file_uploader[0].set_value(
        [(name, part(onset_s), "audio/wav") for name, onset_s in PARTS_S.items()]
    )
    page.run()
    assert not page.exception
    return page


def give(page: AppTest, content: bytes, name: str = "truth.tsv") -> AppTest:
    page.file_uploader[-1].set_value((name, content, "text/tab-separated-values"))
    page.run()
    assert not page.exception
    return page


def choose(page: AppTest, name: str) -> AppTest:
    recordings = workspace_of(page).recordings
    recordings.choose(next(one.digest for one in recordings.all if one.name == name))
    page.run()
    assert not page.exception
    return page


def cases(builtin: Classifier, *names: str) -> dict[str, Case]:
    """Clips as the page evaluates them: for all labels that the list names."""
    labels = {one.label for name in names for one in truth_in(PARTS_S[name])}
    known = tuple(sorted(labels & set(builtin.labels)))
    made = {}
    for name in names:
        clip = load_clip(part(PARTS_S[name]))
        truth = tuple(truth_in(PARTS_S[name]))
        levels = band_levels(clip.samples, clip.sample_rate)
        made[name] = Case(builtin.classify(clip), truth, known, levels=levels)
    return made


def expected(builtin: Classifier, *names: str) -> dict[str, Evaluation]:
    rules = EventRules(0.3, merge_gap_s=MERGE_GAP_S)
    return {
        name: evaluate(one.truth, one.events(rules), builtin.labels, labels=one.labels)
        for name, one in cases(builtin, *names).items()
    }


def table(page: AppTest, column: str) -> list[dict[str, str]]:
    found = next(
        frame.value for frame in page.dataframe if column in frame.value and "F1" in frame.value
    )
    return list(found.to_dict("records"))


def test_one_list_serves_all_clips_that_it_names(builtin: Classifier) -> None:
    page = give(with_parts(), listed("a.wav", "b.wav", "elsewhere.wav"))
    assert "Evaluation of 2 clips" in [each.value for each in page.header]
    assert any("has 2 of the 3 clips here" in each.value for each in page.caption)
    figures = expected(builtin, "a.wav", "b.wav")
    rows = table(page, "Clip")
    assert {row["Clip"] for row in rows[2:]} == {"a.wav", "b.wav"}
    for row in rows[2:]:
        counts = figures[row["Clip"]].events.overall
        assert [row[name] for name in COUNTS] == [str(counts.tp), str(counts.fn), str(counts.fp)]
    pooled = pool(figures).events.overall
    assert rows[0]["Correct"] == str(pooled.tp)
    sentence = next(each.value for each in page.markdown if "true events" in each.value)
    assert f"{pooled.tp} of {pooled.tp + pooled.fn} true events" in sentence
    for name in ("b.wav", "a.wav", "c.wav"):  # each has its own, whichever is shown
        choose(page, name)
        assert any(each.value.startswith("**truth\\.tsv**") for each in page.caption)
        assert len(table(page, "Clip")) == 4
        own = [each.value for each in page.table if "Precision" in each.value]
        assert bool(own) == (name != "c.wav")
        if own:
            assert own[0]["Correct"].iloc[1] == str(figures[name].events.overall.tp)
    press(page, "Remove the list")
    assert "Evaluation of 2 clips" not in [each.value for each in page.header]


def test_a_clip_that_comes_later_is_matched_too() -> None:
    page = open_app()
    page.file_uploader[0].set_value([("a.wav", part(0.0), "audio/wav")])
    page.run()
    give(page, listed("a.wav", "b.wav"))
    assert not any(each.value.startswith("Evaluation of") for each in page.header)
    page.file_uploader[0].set_value([("b.wav", part(PARTS_S["b.wav"]), "audio/wav")])
    page.run()
    assert "Evaluation of 2 clips" in [each.value for each in page.header]


def test_a_list_of_other_recordings_is_refused() -> None:
    page = give(with_parts(), listed("elsewhere.wav", "nowhere.wav"))
    assert "names 2 recordings" in page.error[0].value
    assert workspace_of(page).view.truth_of_many is None


def test_a_list_of_another_clip_is_that_clips() -> None:
    page = choose(with_parts(), "a.wav")
    give(page, listed("b.wav"))
    view, recordings = workspace_of(page).view, workspace_of(page).recordings.all
    assert view.truth == {}
    named = [one.name for one in recordings if view.truth_of(one.digest, one.name) is not None]
    assert named == ["b.wav"]


def test_figures_are_counted_per_second_where_that_is_chosen(builtin: Classifier) -> None:
    page = give(with_parts(), listed(*PARTS_S))
    page.segmented_control(key="counted").set_value("Per second").run()
    assert not page.exception
    pooled = pool(expected(builtin, *PARTS_S)).segments
    assert table(page, "Clip")[0]["Correct"] == str(pooled.overall.tp)
    *_, by_label = (
        frame.value
        for frame in page.dataframe
        if "Label" in frame.value and list(frame.value["Label"]) == list(pooled.by_label)
    )
    assert list(by_label["Correct"]) == [str(one.tp) for one in pooled.by_label.values()]


def test_thresholds_fit_all_clips_and_are_told_as_left_out(builtin: Classifier) -> None:
    page = give(with_parts(threshold="0.8"), listed(*PARTS_S))
    page.slider(key="collar").set_value(0.5).run()
    press(page, "Suggest thresholds")
    rules = EventRules(0.8, 0.8, 0.5)
    found = suggest_thresholds(list(cases(builtin, *PARTS_S).values()), rules, collar_s=0.5)
    assert found.better
    assert workspace_of(page).view.thresholds == pytest.approx(found.better)
    rows = next(frame.value for frame in page.dataframe if "Threshold" in frame.value)
    assert list(rows["Label"]) == list(found.better)
    held = [found.by_label[label].held_out.f1 for label in found.better]
    assert list(rows["F1 per event, left out"]) == [
        "none" if value is None else f"{value:.2f}" for value in held
    ]
    words = next(each.value for each in page.caption if "left out of the fit" in each.value)
    assert "± 500 ms" in words
    assert f"{found.held_out.f1:.2f} where each clip" in words


def test_scores_that_no_threshold_decides_are_shown(builtin: Classifier) -> None:
    page = give(with_parts(), listed(*PARTS_S))
    assert not any(each.label.startswith("PSDS") for each in page.metric)
    press(page, "Compute detection scores (PSDS)")
    shown = {each.label: each.value for each in page.metric}
    made = list(cases(builtin, *PARTS_S).values())
    for label, scenario in (("PSDS 1: edges", TIMING), ("PSDS 2: classes", CONFUSION)):
        assert shown[label] == f"{psds(made, scenario).value:.3f}"
    page.selectbox(key="smooth").set_value(3).run()  # of other scores
    assert not any(each.label.startswith("PSDS") for each in page.metric)


def test_names_of_clips_are_told_apart() -> None:
    assert true_clips._distinct("a.wav", ["a.wav", "a.wav (2)", "b.wav"]) == "a.wav (3)"
