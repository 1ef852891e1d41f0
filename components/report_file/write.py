"""Writes the report: the page's own player in a file that asks nothing of any network.

Conventions
-----------
Names and labels come from files that anybody may have made. In the document they are escaped; in
its data no ``<`` is left as it is, so that nothing in it can end the element it stands in. The
document forbids itself every connection.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from components import text
from components.findings import Findings
from components.palette import DARK, LIGHT
from components.player import mount
from components.player.data import clip_data
from components.state import Portrait, Recording
from models.analysis import Analysis
from models.events import Event
from models.export import Provenance

MAX_SOUND_BYTES = 64_000_000
"""Largest sound that is put into the file: browsers open a page of 90 MB without trouble."""

_FOLDER = Path(__file__).parent


@cache
def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def report_file(
    recording: Recording,
    analysis: Analysis,
    portrait: Portrait,
    findings: Findings,
    lanes: Sequence[str],
    provenance: Provenance,
) -> bytes:
    """Write the report.

    Parameters
    ----------
    recording, analysis, portrait, findings
        Of the same clip.
    lanes : sequence of str
        Labels that get a lane, from top to bottom.
    provenance : Provenance
        What it was made of and with.

    Returns
    -------
    bytes
        An HTML document, UTF-8. Its sound is left out where it is larger than
        `MAX_SOUND_BYTES`, and the report says so.
    """
    playable = analysis.playable
    sound = recording.data if playable.converted is None else playable.converted
    fits = len(sound) <= MAX_SOUND_BYTES
    content = {
        **_player_data(findings, lanes),
        "clip": recording.digest,
        "sound": _base64(sound) if fits else "",
        "mime_type": playable.mime_type,
        "picture": _base64(portrait.picture),
    }
    page = Template(_part("page.html")).substitute(
        title=html.escape(text.shorten(provenance.clip_name)),
        particulars=html.escape(_particulars(analysis)),
        soundless="" if fits else _part("soundless.html"),
        player=mount.source("player.html"),
        style=mount.source("player.css") + _part("page.css"),
        script=mount.script() + _part("page.js"),
        data=json.dumps(content).replace("<", "\\u003c"),
        count=f"{len(findings.events):,}",
        events=_rows(findings.events),
        facts=_facts(provenance),
    )
    return page.encode()


def _player_data(findings: Findings, lanes: Sequence[str]) -> dict[str, Any]:
    told, other = (
        clip_data(findings.timeline, findings.events, lanes, rules=findings.rules, palette=palette)
        for palette in (LIGHT, DARK)
    )
    return {
        **told,
        "scores": _base64(told["scores"].tobytes()),
        "events": _base64(told["events"].tobytes()),
        "dark": {"palette": other["palette"], "colours": other["lanes"]["colours"]},
        "as_curves": False,
        "wish": None,
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


def _rows(events: Sequence[Event]) -> str:
    return "\n".join(
        f'<tr data-onset="{event.onset_s!r}" data-offset="{event.offset_s!r}">'
        f'<td><button type="button">{event.onset_s:.2f}</button></td><td>{event.offset_s:.2f}</td>'
        f"<td>{html.escape(event.label)}</td>"
        f"<td>{event.peak:.2f}</td><td>{event.mean:.2f}</td></tr>"
        for event in events
    )


def _facts(provenance: Provenance) -> str:
    facts: dict[str, Any] = {
        "Clip": provenance.clip_name,
        "SHA-256 of the clip": provenance.clip_digest,
        "Model": provenance.model,
        "SHA-256 of the model": provenance.model_digest,
        **provenance.settings,
    }
    return "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(_spelled(value))}</dd></div>"
        for name, value in facts.items()
    )


def _spelled(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
