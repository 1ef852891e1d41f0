"""Player above the mirrored lanes, and the best classes of each model at an instant."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st

from components.clip import playback_settings
from components.compare import lanes
from components.compare.sides import Side
from components.player import mount
from components.player.data import scores_data
from components.player.media import serve
from components.style import text
from components.style.palette import Palette
from components.ui import callbacks, tab, widgets
from components.view.settings import CompareSettings, ViewSettings
from components.workspace import jobs
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.events.concordance import MIN_DIFFERENCE, Concordance, Difference
from models.events.timeline import Timeline

PREDICTIONS = 5
"""Number of classes that are named for an instant, per model."""

_PLAYED = "_compared"
"""Key of the instant that this tab played last."""


@dataclass(frozen=True, eq=False)
class Compared:
    """A clip with two models' results.

    Parameters
    ----------
    recording : Recording
        The clip.
    sides : tuple of (Side, Side)
        The two models.
    analyses : tuple of (Analysis, Analysis)
        Analysis of the clip by each model.
    window_times_ms : tuple of (float, float)
        Inference time of each model per window, in milliseconds.
    found : Concordance
        Comparison of the two timelines.
    settings : CompareSettings
        Settings of the page.
    palette : Palette
        Palette of the page's theme.
    """

    recording: Recording
    sides: tuple[Side, Side]
    analyses: tuple[Analysis, Analysis]
    window_times_ms: tuple[float, float]
    found: Concordance
    settings: CompareSettings
    palette: Palette

    @property
    def key(self) -> str:
        """Key of the player: an instant of one clip is meaningless in another."""
        return f"compared-{self.recording.digest[:16]}"

    @property
    def duration_s(self) -> float:
        """Duration of the clip, in seconds."""
        return self.found.aligned.a.duration_s

    def stretch(self, at_s: float) -> tuple[float, float]:
        """Return onset and offset of the longer window around an instant, in seconds."""
        half_s = max(self.found.aligned.a.window_s, self.found.aligned.b.window_s) / 2
        return max(0.0, at_s - half_s), min(self.duration_s, at_s + half_s)


@dataclass(frozen=True)
class Played:
    """The instant that a tab played or selected last.

    Parameters
    ----------
    digest : str
        Digest of the clip.
    at_s : float
        The instant, in seconds.
    label : str
        Label of the lane or difference; empty for an instant that was chosen in the player.
    place : int or None
        Place in `Concordance.differences`, if it was one of these.
    asked_s : float or None
        Instant that the player reported before, which is not new.
    """

    digest: str
    at_s: float
    label: str = ""
    place: int | None = None
    asked_s: float | None = None


def show(compared: Compared) -> None:
    """Draw the section. It runs as a fragment: a click in it reruns only this function."""
    st.header("Over time", anchor=False)
    # Each in a place of its own, so that what appears moves none of them.
    player, steps, course, words = (st.container() for _ in range(4))
    with player:
        reply = mount.player(
            _player_data(compared),
            key=compared.key,
            on_threshold=lambda: None,
            on_annotate=lambda: None,
            on_playback=lambda: playback_settings.take(widgets.reply(compared.key, "playback")),
        )
    played = _last(compared, reply.instant)
    if compared.found.classes:
        with steps:
            _offer_steps(compared, played)
        with course:
            _lanes(compared, played)
    with words:
        _tell(compared, played)


def _last(compared: Compared, asked_s: float | None) -> Played | None:
    """Return the last instant: of a lane, of a difference, or selected in the player."""
    played: Played | None = tab.kept(_PLAYED)
    if played is not None and played.digest != compared.recording.digest:
        played = None
    if asked_s is not None and (played is None or asked_s != played.asked_s):
        played = Played(compared.recording.digest, asked_s, asked_s=asked_s)
        tab.keep(_PLAYED, played)
    return played


def _player_data(compared: Compared) -> dict[str, Any]:
    """Return the data of the player: the clip without lanes, which are mirrored below it."""
    recording, (analysis, _) = compared.recording, compared.analyses
    analysed = compared.sides[0].settings(
        compared.settings.hop_s, current().view.sound(recording.digest)
    )
    scores = jobs.shown_scores(recording, analysed, analysis, ViewSettings())
    digest, wish, playable = recording.digest, current().view.wish, analysis.playable
    sound = recording.data if playable.converted is None else playable.converted
    chosen = "".join(f"-{value}" for value in analysed.sound.as_dict().values())
    rules, palette = compared.settings.rules, compared.palette
    return {
        **scores_data(scores.timeline, (), (), rules=rules, palette=palette),
        "clip": digest,
        "name": text.shorten(recording.name),
        "playback": asdict(playback_settings.read()),
        "as_curves": False,
        "why": None,
        "audio": serve(sound, playable.mime_type, digest=f"{digest}-sound{chosen}", group=digest),
        "picture": serve(scores.picture, "application/gzip", digest=scores.digest, group=digest),
        "wish": None if wish is None else vars(wish),
        "fixed": True,
    }


def _offer_steps(compared: Compared, played: Played | None) -> None:
    """Draw the buttons that go through the differences, the largest first."""
    differences = compared.found.differences
    place = None if played is None else played.place
    last = len(differences) - 1
    steps = (
        ("Largest difference", ":material/unfold_more:", 0, bool(differences)),
        ("Previous", ":material/arrow_back:", (place or 0) - 1, bool(place)),
        ("Next", ":material/arrow_forward:", 0 if place is None else place + 1, place != last),
    )
    with st.container(key="steps", horizontal=True, vertical_alignment="center"):
        for label, icon, to, is_possible in steps:
            st.button(
                label,
                icon=icon,
                key=f"step-{label.split()[0].lower()}",
                disabled=not (differences and is_possible),
                on_click=callbacks.light(f"step-{label}", _go_to, compared, to),
            )
        if not differences:
            st.caption(f"No score differs by {MIN_DIFFERENCE:g} or more.")
        elif place is not None and place <= last:
            st.caption(_named(compared, differences[place], place))


def _named(compared: Compared, difference: Difference, place: int) -> str:
    up, down = (side.sign for side in compared.sides)
    at = text.instant(difference.at_s, compared.duration_s)
    return (
        f"{place + 1:,} of {len(compared.found.differences):,}: "
        f"**{text.escape_markdown(text.shorten(difference.label))}** at {at}, "
        f"{up} {difference.a:.2f}, {down} {difference.b:.2f}"
    )


def _go_to(compared: Compared, place: int) -> None:
    difference = compared.found.differences[place]
    _listen(compared, difference.at_s, difference.label, place)


def listen_to_class(compared: Compared, row: int) -> None:
    """Play the largest difference of a class, by its place in `Concordance.classes`."""
    if row < len(compared.found.classes):
        largest = compared.found.classes[row].largest
        _listen(compared, largest.at_s, largest.label)


def _listen(compared: Compared, at_s: float, label: str, place: int | None = None) -> None:
    """Play the window around an instant, and note it."""
    asked_s = widgets.reply(compared.key, "instant")
    tab.keep(_PLAYED, Played(compared.recording.digest, at_s, label, place, asked_s))
    current().view.make_wish(*compared.stretch(at_s))


def _lanes(compared: Compared, played: Played | None) -> None:
    titles = (compared.sides[0].title, compared.sides[1].title)
    st.html(lanes.legend(titles, compared.palette))
    shown = compared.found.classes[: compared.settings.n_classes]
    data = lanes.lanes_data(
        compared.found.aligned,
        shown,
        clip=compared.recording.digest,
        titles=titles,
        palette=compared.palette,
    )
    if played is not None and played.label:
        onset_s, offset_s = compared.stretch(played.at_s)
        data["marked"] = {"label": played.label, "onset_s": onset_s, "offset_s": offset_s}
    key = f"lanes-{compared.key}"
    lanes.show(data, key=key, on_listen=_taking(compared, key))
    st.caption(
        "Above the middle of a lane is the first model, below it the second. Numbers: highest "
        "scores. Click a lane to hear it there. The best classes beside the picture are those of "
        f"{text.escape_markdown(f'{compared.sides[0].sign} {titles[0]}')}."
    )


def _taking(compared: Compared, key: str) -> Callable[[], None]:
    def take() -> None:
        clicked = widgets.reply(key, "listen")
        if clicked is not None:
            at_s = min(compared.duration_s, max(0.0, float(clicked["at_s"])))
            _listen(compared, at_s, str(clicked["label"]))

    return callbacks.light(key, take)


def _tell(compared: Compared, played: Played | None) -> None:
    """Draw the best classes of each model at the last instant."""
    if played is None:
        return
    at = text.instant(played.at_s, compared.duration_s)
    st.subheader(f"Heard at {at}", anchor=False)
    timelines = (compared.found.aligned.a, compared.found.aligned.b)
    with st.container(key="heard"):
        for column, side, timeline in zip(
            st.columns(2, gap="large"), compared.sides, timelines, strict=True
        ):
            with column:
                st.markdown(f"**{side.sign} {text.escape_markdown(side.title)}**")
                best = _best(timeline, played)
                st.table(
                    {
                        "Label": [text.escape_markdown(label) for label, _ in best],
                        "Score": [f"{score:.2f}" for _, score in best],
                    }
                )


def _best(timeline: Timeline, played: Played) -> list[tuple[str, float]]:
    """Return the best classes of the frame at an instant, and the class that was clicked."""
    (frame,) = timeline.frames_at(np.array([played.at_s]))
    scores = timeline.scores[frame]
    places = np.argsort(-scores, kind="stable")[:PREDICTIONS].tolist()
    if played.label in timeline.labels:
        own = timeline.labels.index(played.label)
        places += [own] if own not in places else []
    return [(timeline.labels[place], float(scores[place])) for place in places]
