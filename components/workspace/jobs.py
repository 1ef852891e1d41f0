"""Long work for a workspace: opening models, analysing recordings, comparing results.

Results are shared by all visitors who have the same recording, bounded, and keyed by digests and
frozen settings, never by sound. A workspace also holds on to the results of its own recordings.
"""

from collections.abc import Callable, Iterable, Sequence

from components.view.portrait import Portrait, draw_portrait
from components.view.settings import AnalysisSettings, ModelChoice, ViewSettings
from components.workspace.recordings import Recording
from components.workspace.shared import MAX_CLASSIFIERS, shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace
from models.analysis import Analysis, analyse
from models.events import EventRules
from models.events.concordance import Concordance, concordance
from models.events.timeline import Timeline
from models.inference import ModelDescription, SoundClassifier, window_times_ms
from models.jobs.job import Job
from models.opening import describe_model, open_classifier
from models.registry.local_models import ModelFile
from models.tflite.runtimes import Runtime

Key = tuple[str, AnalysisSettings]
"""What an analysis depends on: the recording's digest and the settings."""


def start_opening(
    workspace: Workspace, waiting: Waiting, choice: ModelChoice
) -> Job[SoundClassifier]:
    """Open a model, downloading it first where the catalog has it and it is not found.

    A failure is kept in the workspace that saw it, until `retry_opening`; another one tries anew.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return waiting.find_beside(lambda: _classifier_job(workspace, choice))


def retry_opening(workspace: Workspace, choice: ModelChoice) -> None:
    """Forget that a model could not be opened."""
    for key in [key for key in list(workspace.classifiers) if key[0] == choice]:
        workspace.classifiers.pop(key, None)


def start_describing(waiting: Waiting, file: ModelFile, runtime: Runtime) -> Job[ModelDescription]:
    """Find out what a model's file is.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return waiting.find_beside(
        lambda: shared().descriptions.get(
            (file, runtime),
            lambda: Job(
                lambda _progress: describe_model(file.path, runtime=runtime),
                name=f"describe {file.sha256}",
            ),
            lambda job: job.reusable,
        )
    )


def start_timing(
    waiting: Waiting, choices: tuple[ModelChoice, ...], classifiers: tuple[SoundClassifier, ...]
) -> Job[tuple[float, ...]]:
    """Measure the inference time per window of several models, side by side.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    return waiting.find_beside(
        lambda: shared().window_times.get(
            choices,
            lambda: Job(
                lambda progress: window_times_ms(classifiers, progress=progress), name="time models"
            ),
            lambda job: job.reusable,
        )
    )


def analysis_jobs(workspace: Workspace, keys: Sequence[Key]) -> list[Job[Analysis] | None]:
    """Return one job per analysis; None where it is still to be started."""
    return [workspace.analyses.find(key, lambda job: not job.abandoned) for key in keys]


def start_analysis(
    workspace: Workspace,
    waiting: Waiting,
    recording: Recording,
    settings: AnalysisSettings,
    classifier: SoundClassifier,
) -> Job[Analysis]:
    """Begin to wait for an analysis: one that was done or begun before, or else a new one.

    Raises
    ------
    Cancelled
        If the tab was closed.
    """
    while True:
        job = _analysis_job(recording, settings, classifier)
        if waiting.wait_only_for([job]):
            workspace.analyses.put((recording.digest, settings), job)
            return job


def retry_analysis(workspace: Workspace, key: Key) -> None:
    """Forget an analysis that failed, so that it is begun anew."""
    workspace.analyses.discard(lambda other: other == key)


def cancel_analyses(workspace: Workspace, waiting: Waiting, keys: Iterable[Key]) -> None:
    """Cancel analyses: those under way end, unless another visitor waits for them."""
    workspace.cancelled.update(keys)
    waiting.leave()


def portrait_of(
    recording: Recording, analysed: AnalysisSettings, analysis: Analysis, view: ViewSettings
) -> Portrait:
    """Return a clip as the player draws it, drawn once for all who look at it."""
    key = recording.digest, analysed, view.shape
    return shared().portraits.get(key, lambda: draw_portrait(analysis, view))


def concordance_of(
    keys: tuple[Key, Key], a: Timeline, b: Timeline, rules: EventRules
) -> Concordance:
    """Compare the results of two models, once for all who look at them."""
    return shared().concordances.get((keys, rules), lambda: concordance(a, b, rules))


def _classifier_job(workspace: Workspace, choice: ModelChoice) -> Job[SoundClassifier]:
    known = workspace.models.known(choice.model)
    file = known if isinstance(known, ModelFile) else None
    held = workspace.classifiers
    job = held.pop((choice, file), None)
    if job is None or job.abandoned:
        job = _shared_classifier_job(choice, file)
        if job.done and not job.succeeded:
            shared().classifiers.discard(lambda key: key == (choice, file))
            job = _shared_classifier_job(choice, file)
    held[choice, file] = job  # the most recently used comes last
    for oldest in list(held)[:-MAX_CLASSIFIERS]:
        held.pop(oldest, None)
    return job


def _shared_classifier_job(choice: ModelChoice, file: ModelFile | None) -> Job[SoundClassifier]:
    # A classifier that is evicted ends its threads when the last who uses it is gone.
    def work(progress: Callable[[float], None]) -> SoundClassifier:
        return open_classifier(
            choice.model if file is None else file.path,
            runtime=choice.runtime,
            sample_rate=choice.sample_rate,
            head=choice.head,
            squashing=choice.squashing,
            progress=progress,
        )

    return shared().classifiers.get(
        (choice, file), lambda: Job(work, name=f"open {choice.model}"), lambda job: job.reusable
    )


def _analysis_job(
    recording: Recording, settings: AnalysisSettings, classifier: SoundClassifier
) -> Job[Analysis]:
    limits, room = shared().limits, shared().room

    def work(progress: Callable[[float], None]) -> Analysis:
        with room.reservation() as reservation:
            return analyse(
                recording.data,
                classifier,
                hop_s=settings.hop_s,
                max_duration_s=limits.max_duration_s,
                max_scores=limits.max_scores,
                audio_track=settings.sound.audio_track,
                channels=settings.sound.channels,
                reserve=reservation.grow_in_steps_to,
                progress=progress,
            )

    return shared().analyses.get(
        (recording.digest, settings),
        lambda: Job(work, name="analyse", fair_queue=shared().fair_queue),
        lambda job: job.reusable,
    )
