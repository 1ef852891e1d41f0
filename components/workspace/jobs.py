"""Jobs of a workspace: opening models, analysing recordings, comparing results.

Results are cached for all visitors who have the same recording, in bounded caches keyed by digest
and frozen settings. A workspace also holds the results of its own recordings.
"""

from collections.abc import Callable, Iterable, Sequence

from components.view.findings import ShownScores, shape_scores
from components.view.picture import SpectrogramFile, spectrogram_file
from components.view.settings import AnalysisSettings, ModelChoice, SoundChoice, ViewSettings
from components.workspace.recordings import Recording
from components.workspace.shared import MAX_CLASSIFIERS, shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace
from models.analysis import Analysis, analyse
from models.audio import Clip
from models.audio.detailed_spectrogram import SpectrogramChoice, detailed_spectrogram
from models.audio.playback import Playable, load_playable
from models.events import EventRules
from models.events.concordance import Concordance, concordance
from models.events.timeline import Timeline
from models.inference import ModelDescription, SoundClassifier, window_times_ms
from models.jobs.job import Job, Progress
from models.live import MAX_PLAYED_S
from models.opening import describe_model, open_classifier
from models.registry.local_models import ModelFile
from models.tflite.runtimes import Runtime

Loading = Job[tuple[Clip, Playable]]
"""Job that loads a recording: the clip, and the file that the browser plays."""

Key = tuple[str, AnalysisSettings]
"""Key of an analysis: digest of the recording, and settings."""


def start_opening(
    workspace: Workspace, waiting: Waiting, choice: ModelChoice
) -> Job[SoundClassifier]:
    """Return the job that opens a model, after downloading it if it is in the catalog only.

    A workspace keeps a failure until `retry_opening`; other workspaces try again.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace, which holds the job.
    waiting : Waiting
        Jobs of the visitor's tab.
    choice : ModelChoice
        The model to open.

    Raises
    ------
    Cancelled
        If the tab is closed.
    """
    return waiting.find_beside(lambda: _classifier_job(workspace, choice))


def retry_opening(workspace: Workspace, choice: ModelChoice) -> None:
    """Drop the job of a model that could not be opened, so that the next call retries."""
    for key in [key for key in list(workspace.classifiers) if key[0] == choice]:
        workspace.classifiers.pop(key, None)


def start_describing(waiting: Waiting, file: ModelFile, runtime: Runtime) -> Job[ModelDescription]:
    """Return the job that describes a model file.

    Parameters
    ----------
    waiting : Waiting
        Jobs of the visitor's tab.
    file : ModelFile
        The file to inspect.
    runtime : {'litert', 'tflite'}
        Runtime that inspects it.

    Raises
    ------
    Cancelled
        If the tab is closed.
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


def start_loading(
    workspace: Workspace, waiting: Waiting, recording: Recording, sample_rate: int
) -> Loading:
    """Return a job that decodes a recording for live playback, and make the tab wait for it.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace.
    waiting : Waiting
        Jobs of the visitor's tab.
    recording : Recording
        The recording.
    sample_rate : int
        Sample rate of the clip, in Hz.

    Raises
    ------
    Cancelled
        If the tab is closed.
    """
    longest_s = min(MAX_PLAYED_S, shared().limits.max_duration_s)
    return waiting.find_beside(
        lambda: Job(
            lambda progress: load_playable(
                recording.data,
                sample_rate=sample_rate,
                max_duration_s=longest_s,
                unplayable=workspace.view.unplayable,
                progress=progress,
            ),
            name="load",
            fair_queue=shared().fair_queue,
        )
    )


def analysis_jobs(workspace: Workspace, keys: Sequence[Key]) -> list[Job[Analysis] | None]:
    """Return one job per analysis; None for an analysis that was not started."""
    return [workspace.analyses.find(key, lambda job: not job.abandoned) for key in keys]


def start_analysis(
    workspace: Workspace,
    waiting: Waiting,
    recording: Recording,
    settings: AnalysisSettings,
    classifier: SoundClassifier,
) -> Job[Analysis]:
    """Return the job of an analysis, cached or new, and make the tab wait for it.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace, which holds the result.
    waiting : Waiting
        Jobs of the visitor's tab.
    recording : Recording
        The recording to analyse.
    settings : AnalysisSettings
        Settings of the analysis.
    classifier : SoundClassifier
        Opened classifier of `settings.listener`.

    Raises
    ------
    Cancelled
        If the tab is closed.
    """
    while True:
        job = _analysis_job(workspace.network, recording, settings, classifier)
        if waiting.wait_only_for([job]):
            workspace.analyses.put((recording.digest, settings), job)
            return job


def retry_analysis(workspace: Workspace, key: Key) -> None:
    """Drop a failed analysis, so that it is started again."""
    workspace.analyses.discard(lambda other: other == key)


def cancel_analyses(workspace: Workspace, waiting: Waiting, keys: Iterable[Key]) -> None:
    """Cancel analyses: running jobs end unless another tab waits for them.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace, which notes the cancelled keys.
    waiting : Waiting
        Jobs of the visitor's tab.
    keys : iterable of Key
        Keys of the analyses.
    """
    workspace.cancelled.update(keys)
    waiting.leave()


def shown_scores(
    recording: Recording, analysed: AnalysisSettings, analysis: Analysis, view: ViewSettings
) -> ShownScores:
    """Return the picture of a clip for the player, cached for all visitors.

    Parameters
    ----------
    recording : Recording
        The recording.
    analysed : AnalysisSettings
        Settings of its analysis.
    analysis : Analysis
        Its analysis under these settings.
    view : ViewSettings
        Settings of the view, of which `ViewSettings.shape` is used.
    """
    key = recording.digest, analysed, view.shape
    return shared().shown_scores.get(key, lambda: shape_scores(analysis, view))


def start_spectrogram(
    waiting: Waiting,
    recording: Recording,
    sound: SoundChoice,
    choice: SpectrogramChoice,
    sample_rate: int,
) -> Job[SpectrogramFile]:
    """Return the job that draws a spectrogram, cached for all visitors.

    Parameters
    ----------
    waiting : Waiting
        Jobs of the visitor's tab.
    recording : Recording
        The recording.
    sound : SoundChoice
        Its track and channels.
    choice : SpectrogramChoice
        Axis and range.
    sample_rate : int
        Sample rate of the recording, in Hz.

    Raises
    ------
    Cancelled
        If the tab is closed.
    """
    limits = shared().limits

    def work(progress: Progress) -> SpectrogramFile:
        found = detailed_spectrogram(
            recording.data,
            choice,
            sample_rate=sample_rate,
            max_duration_s=limits.max_duration_s,
            audio_track=sound.audio_track,
            channels=sound.channels,
            wait=progress.waiting,
            progress=progress,
        )
        return spectrogram_file(found)

    return waiting.find_beside(
        lambda: shared().spectrograms.get(
            (recording.digest, sound, choice),
            lambda: Job(work, name="spectrogram", fair_queue=shared().fair_queue),
            lambda job: job.reusable,
        )
    )


def concordance_of(
    keys: tuple[Key, Key], a: Timeline, b: Timeline, rules: EventRules
) -> Concordance:
    """Return the comparison of two models' results, cached for all visitors.

    Parameters
    ----------
    keys : tuple of (Key, Key)
        Keys of the two analyses.
    a, b : Timeline
        Timelines of the two analyses.
    rules : EventRules
        Rules of events for both.
    """
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
    # An evicted classifier ends its threads when its last user drops it.
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
    network: str | None,
    recording: Recording,
    settings: AnalysisSettings,
    classifier: SoundClassifier,
) -> Job[Analysis]:
    limits, room = shared().limits, shared().room

    def work(progress: Callable[[float], None]) -> Analysis:
        with room.reservation(network) as reservation:
            return analyse(
                recording.data,
                classifier,
                hop_s=settings.hop_s,
                max_duration_s=limits.max_duration_s,
                max_scores=limits.max_scores,
                audio_track=settings.sound.audio_track,
                channels=settings.sound.channels,
                unplayable=settings.unplayable,
                reserve=reservation.grow_in_steps_to,
                progress=progress,
            )

    return shared().analyses.get(
        (recording.digest, settings),
        lambda: Job(work, name="analyse", fair_queue=shared().fair_queue),
        lambda job: job.reusable,
    )
