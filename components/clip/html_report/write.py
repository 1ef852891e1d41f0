"""Writer of the HTML report, which contains the player and needs no network.

Conventions
-----------
Names and labels come from untrusted files. They are escaped in the document; in its JSON data every
``<`` is escaped, so that no text can close the enclosing element. The document's policy forbids all
connections.
"""

import base64
import html
import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from components.clip.html_report.facts import in_words
from components.frontend import bundle
from components.player import mount
from components.player.data import clip_data
from components.player.shown_clip import ShownClip
from components.style import text
from components.style.palette import DARK, LIGHT
from models.analysis import Analysis
from models.audio import open_flow
from models.audio.playback import EVERYWHERE, flac_of
from models.events import Event
from models.export import Provenance

MAX_SOUND_BYTES = 64_000_000
"""Maximum size of audio embedded unchanged, in bytes (86 MB in base64): at least half an hour of
FLAC at 16 kHz, or six minutes of WAV in CD quality. Larger audio is embedded as mono FLAC at
16 kHz."""

_FOLDER = Path(__file__).parent


def report_file(shown: ShownClip, provenance: Provenance) -> bytes:
    """Return the report of a clip.

    Parameters
    ----------
    shown : ShownClip
        The clip with everything that the page shows of it.
    provenance : Provenance
        Origin of the data: clip, model and settings.

    Returns
    -------
    bytes
        An HTML document in UTF-8. Audio that is larger than `MAX_SOUND_BYTES`, or that not every
        browser plays, is embedded as mono FLAC at 16 kHz.
    """
    sound, mime_type = _sound(shown, provenance.settings)
    events, judgements = shown.findings.events, shown.truth.judgements
    clip_s = shown.analysis.timeline.duration_s
    content = {
        **_player_data(shown),
        "sound": _base64(sound),
        "mime_type": mime_type,
        "picture": _base64(shown.scores.picture),
        "spectrogram": None if shown.drawn is None else _base64(shown.drawn.data),
    }
    page = Template(bundle.read(_FOLDER / "page.html")).substitute(
        title=html.escape(text.shorten(provenance.clip_name)),
        summary=html.escape(shown.findings.summary),
        particulars=html.escape(_particulars(shown.analysis)),
        player=bundle.read(mount.FOLDER / "player.html"),
        style=bundle.join_styles(_FOLDER / "page.css"),
        script=bundle.join_modules(_FOLDER / "page.js"),
        data=json.dumps(content).replace("<", "\\u003c"),
        count=f"{len(events):,}",
        truth="<th>Truth</th>" if judgements else "",
        unit="" if clip_s >= text.MINUTES_FROM_S else " (s)",
        events=_rows(events, judgements, clip_s),
        facts=_facts(provenance),
        date=_today(),
    )
    # Names may contain lone surrogates, which UTF-8 cannot encode.
    return page.encode(errors="replace")


def _sound(shown: ShownClip, settings: Mapping[str, Any]) -> tuple[bytes, str]:
    mime_type = shown.analysis.playable.mime_type
    if len(shown.sound) <= MAX_SOUND_BYTES and mime_type in EVERYWHERE:
        return shown.sound, mime_type
    # The duration was checked by the analysis, but the audio may be too long to hold in memory.
    with open_flow(
        shown.recording.data,
        max_duration_s=math.inf,
        audio_track=settings.get("audio_track"),
        channels=settings.get("channels", "mix"),
    ) as flow:
        return flac_of(flow.blocks(), flow.sample_rate), "audio/flac"


def _player_data(shown: ShownClip) -> dict[str, Any]:
    told, other = (clip_data(shown, palette) for palette in (LIGHT, DARK))
    return {
        **told,
        "scores": _base64(told["scores"].tobytes()),
        "events": _base64(told["events"].tobytes()),
        "dark": {"palette": other["palette"], "colours": other["lanes"]["colours"]},
        "fixed": True,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _particulars(analysis: Analysis) -> str:
    source = analysis.source
    return " · ".join(
        (
            text.duration(analysis.timeline.duration_s),
            text.format_name(source.container, source.codec),
            text.rate(source.sample_rate),
            text.channels(source.channels),
        )
    )


def _rows(events: Sequence[Event], judgements: Sequence[str], clip_s: float) -> str:
    judged: Sequence[str | None] = judgements or [None] * len(events)
    return "\n".join(
        _row(event, judgement, clip_s) for event, judgement in zip(events, judged, strict=True)
    )


def _row(event: Event, judgement: str | None, clip_s: float) -> str:
    label = html.escape(event.label)
    onset, offset = (text.instant(edge_s, clip_s) for edge_s in (event.onset_s, event.offset_s))
    spoken = f"Play {label}, {onset} to {offset}"
    onset, offset = onset.removesuffix(" s"), offset.removesuffix(" s")  # the heading has the unit
    truth = "" if judgement is None else f"<td>{judgement}</td>"
    return (
        f'<tr data-onset="{event.onset_s!r}" data-offset="{event.offset_s!r}">'
        f'<td><button type="button" aria-label="{spoken}">{onset}</button></td><td>{offset}</td>'
        f"<td>{label}</td><td>{event.peak:.2f}</td><td>{event.mean:.2f}</td>{truth}</tr>"
    )


def _facts(provenance: Provenance) -> str:
    facts = {
        "Clip": provenance.clip_name,
        "SHA-256 of the clip": provenance.clip_digest,
        "Model": provenance.model,
        "SHA-256 of the model": provenance.model_digest,
        **in_words(provenance.settings),
    }
    return "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.items()
    )


def _today() -> str:
    """Return the date as ``1 December 2026``."""
    now = time.gmtime()
    return f"{now.tm_mday} {time.strftime('%B %Y', now)}"
