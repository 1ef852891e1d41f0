"""Clips of the workspace whose true events are known, and their evaluations."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from components.player.shown_clip import ShownClip
from components.ui import widgets
from components.view.findings import case_of, name_for, shaped
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace import jobs
from components.workspace.choices import TruthList
from components.workspace.current import current
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from models.analysis import Analysis
from models.demonstration import demonstration_events
from models.events.evaluation import COLLAR_S, Case, Evaluation, evaluate
from models.events.timeline import Timeline
from models.events.truth import TrueEvent


@dataclass(frozen=True, eq=False)
class TrueClip:
    """An analysed clip with its true events.

    Parameters
    ----------
    name : str
        Name of the recording, different from those of the others.
    recording : Recording
        The recording.
    analysed : AnalysisSettings
        Settings of the analysis.
    analysis : Analysis
        Its analysis.
    truth : TruthList
        Its true events.
    """

    name: str
    recording: Recording
    analysed: AnalysisSettings
    analysis: Analysis
    truth: TruthList

    def case(self, view: ViewSettings) -> Case:
        """Return scores and true events under the settings of a view."""
        timeline = shaped(self.analysis.timeline, view)
        made = case_of(timeline, self.analysis, view)
        labels = shown_labels(self.truth.labels, timeline.labels) & set(made.allowed or ())
        truth = shown_truth(self.truth.events, timeline.labels)
        return replace(made, truth=tuple(truth), labels=tuple(sorted(labels)))


@dataclass(frozen=True)
class Comparing:
    """What decides whether an event is correct.

    Parameters
    ----------
    collar_s : float
        Leeway of edges, in seconds.
    related : bool
        Whether broader and narrower labels count as right, too.
    """

    collar_s: float
    related: bool


def comparing() -> Comparing:
    """Return the choices of the panel Evaluation."""
    collar_s, related = widgets.value("collar"), widgets.value("related")
    return Comparing(COLLAR_S if collar_s is None else collar_s, bool(related))


def has_truth(workspace: Workspace) -> bool:
    """Whether the true events of any recording are known."""
    return any(truth_of(workspace, one) is not None for one in workspace.recordings.all)


def truth_of(workspace: Workspace, recording: Recording) -> TruthList | None:
    """Return the true events of a recording; None if they are not known."""
    view = workspace.view
    is_demonstration = recording.digest == shared().demonstration.digest
    is_annotated = view.annotations.present(recording.digest) is not None
    if view.is_demonstration_true and is_demonstration and not is_annotated:
        return _of_demonstration()
    return view.truth_of(recording.digest, recording.name)


@cache
def _of_demonstration() -> TruthList:
    return TruthList("", demonstration_events())


def true_clips(shown: ShownClip) -> list[TrueClip]:
    """Return the clips that are analysed and whose true events are known, in the list's order."""
    workspace = current()
    clips: list[TrueClip] = []
    for recording in workspace.recordings.all:
        truth = truth_of(workspace, recording)
        analysed = replace(shown.analysed, sound=workspace.view.sound(recording.digest))
        (job,) = jobs.analysis_jobs(workspace, [(recording.digest, analysed)])
        if truth is not None and job is not None and job.succeeded:
            name = _distinct(recording.name, [one.name for one in clips])
            clips.append(TrueClip(name, recording, analysed, job.result(), truth))
    return clips


def evaluations(
    clips: Sequence[TrueClip], view: ViewSettings, own: dict[str, float], how: Comparing
) -> dict[str, Evaluation]:
    """Evaluate clips by name, as the panel Evaluation does for the selected one.

    Parameters
    ----------
    clips : sequence of TrueClip
        The clips.
    view : ViewSettings
        Settings of the view.
    own : dict of str to float
        Thresholds in [0, 1] by label.
    how : Comparing
        What decides whether an event is correct.
    """
    cached = current().view.evaluations
    return {
        one.name: cached.get(
            (*key_of([one], view), tuple(sorted(own.items())), how),
            _evaluating(one, view, own, how),
        )
        for one in clips
    }


def key_of(clips: Iterable[TrueClip], view: ViewSettings) -> tuple[Hashable, ...]:
    """Return everything that scores and true events of clips depend on."""
    parts: list[Hashable] = []
    for one in clips:
        # The list itself stands for its contents, which do not change.
        parts += [one.recording.digest, one.analysed, one.truth]
    return (*parts, view)


def _evaluating(
    clip: TrueClip, view: ViewSettings, own: dict[str, float], how: Comparing
) -> Callable[[], Evaluation]:
    def made() -> Evaluation:
        case = clip.case(view)
        return evaluate(
            case.truth,
            case.events(view.rules(own).among(case.timeline.labels)),
            case.timeline.labels,
            labels=case.labels,
            collar_s=how.collar_s,
            related=how.related,
        )

    return made


def edge_uncertainty_s(timeline: Timeline) -> float:
    """How far an edge on the grid of the windows may be from that of its sound, in seconds."""
    return (timeline.window_s + timeline.hop_s) / 2


def shown_truth(events: Iterable[TrueEvent], labels: Collection[str]) -> list[TrueEvent]:
    """Give true events the labels under which they are shown, of a timeline's."""
    return [replace(event, label=name_for(event.label, labels)) for event in events]


def shown_labels(names: Iterable[str], labels: Collection[str]) -> set[str]:
    """Return the labels of a timeline under which some are shown."""
    return {name_for(name, labels) for name in names}


def _distinct(name: str, others: Sequence[str]) -> str:
    distinct, again = name, 1
    while distinct in others:
        again += 1
        distinct = f"{name} ({again})"
    return distinct
