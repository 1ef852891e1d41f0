"""The table of recordings in docs/formats.md, made of what the tests read.

python -m tests.models.audio.formats_table
"""

import sys
from collections import defaultdict

from tests.models.audio.recording_files import RECIPES

BY_HAND = {
    "amr": ("amr_nb", "amr_wb"),
    "ape": ("ape",),
    "mpc8": ("musepack8",),
    "dsf": ("dsd_lsbf_planar",),
    "nistsphere": ("pcm_s16le",),
}
"""Containers that no encoder at hand writes, which the tests put together themselves."""

NAMES = {
    "aac": "AAC (ADTS)",
    "ape": "Monkey's Audio",
    "asf": "Windows Media (WMA, ASF)",
    "matroska": "Matroska (MKV, MKA)",
    "mov": "QuickTime (MOV)",
    "mp3": "MPEG audio (MP3, MP2)",
    "mpc8": "Musepack (SV8)",
    "mpeg": "MPEG program stream (MPG, VOB)",
    "mpegts": "MPEG transport stream (TS, MTS)",
    "nistsphere": "NIST SPHERE",
    "ogg": "Ogg (OGG, OPUS)",
    "voc": "Creative Voice (VOC)",
    "w64": "Wave64",
    "wav": "WAV, RF64",
    "webm": "WebM",
    "wv": "WavPack",
}


def table() -> str:
    """Draw up containers and the codecs that tests read in them, as Markdown."""
    codecs: dict[str, set[str]] = defaultdict(set)
    for _, container, codec in RECIPES.values():
        codecs[container].add(codec)
    for container, written in BY_HAND.items():
        codecs[container].update(written)
    named = {NAMES.get(each, each.upper()): sorted(codecs[each]) for each in codecs}
    rows = [f"| {name} | {', '.join(named[name])} |" for name in sorted(named, key=str.casefold)]
    return "\n".join(["| container | codecs, by FFmpeg's names |", "| --- | --- |", *rows]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
