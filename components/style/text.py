"""Formatting of numbers, quantities and names."""

import math
import re


def escape_markdown(text: str) -> str:
    r"""Escape every character that has a meaning in Streamlit's markdown.

    An unescaped image in a file name would make the browser fetch its address.
    """
    plain = without_marks(text).replace("\n", " ")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&^=@/\"'])", r"\\\1", plain)


def without_marks(text: str) -> str:
    """Remove bidirectional control characters, which would also affect the text that follows.

    They are U+202A to U+202E and U+2066 to U+2069 (Unicode Standard Annex 9, 2).
    """
    return re.sub("[\u202a-\u202e\u2066-\u2069]", "", text)


def window(seconds: float) -> str:
    """Format the length of a window as ``0.975 s``, with three significant digits."""
    return f"{seconds:.3g} s"


def duration(seconds: float) -> str:
    """Format a duration as ``0.52 s``, ``13.9 s``, ``4:07`` or ``1:02:03``."""
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


MINUTES_FROM_S = 60.0
"""Length of a clip from which its times are given in minutes, as on the player's ruler."""


def instant(seconds: float, clip_s: float = 0.0) -> str:
    """Format an instant as ``3.12 s``, ``4:07.50`` or ``1:02:03.00``.

    Parameters
    ----------
    seconds : float
        The instant.
    clip_s : float, optional
        Length of its clip, in seconds: from `MINUTES_FROM_S` on, the format always has minutes, as
        in ``0:03.12``.
    """
    minutes, rest = divmod(round(seconds, 2), 60)
    if minutes == 0 and clip_s < MINUTES_FROM_S:
        return f"{rest:.2f} s"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def level(dbfs: float) -> str:
    """Format a level as ``−12.3 dBFS`` or ``+2.1 dBFS``; digital silence is ``−∞ dBFS``."""
    if math.isinf(dbfs):
        return "−∞ dBFS"
    sign = "+" if round(dbfs, 1) > 0 else ""
    return f"{sign}{dbfs:.1f} dBFS".replace("-", "−")


def rate(sample_rate: int) -> str:
    """Format a sample rate as ``44.1 kHz``."""
    return f"{sample_rate / 1000:g} kHz"


def channels(count: int) -> str:
    """Format a channel count as ``mono``, ``stereo`` or ``6 channels``."""
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def format_name(container: str, codec: str) -> str:
    """Return the usual name of a recording's format: ``MP3``, ``WAV, 16 bit``, ``M4A (AAC)``."""
    container = {"matroska": "MKV", "asf": "WMA", "webm": "WebM", "ogg": "Ogg"}.get(
        container, container.upper()
    )
    pcm = re.fullmatch(r"pcm_([suf])(\d+)(le|be)?", codec)
    if pcm is not None:
        return f"{container}, {pcm[2]} bit{' float' if pcm[1] == 'f' else ''}"
    family = codec.upper().removesuffix("FLOAT")
    return (
        container
        if family == container.upper()
        else f"{container} ({family.capitalize() if len(family) > 4 else family})"
    )


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def ordinal(number: int) -> str:
    """Format a position in a queue, from 1, as ``second`` or ``21st``."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    teens = number % 100 in (11, 12, 13)
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def speed(factor: float) -> str:
    """Format a speed relative to real time, with two significant digits."""
    return f"{factor:.1f}×" if factor < 10 else f"{float(f'{factor:.2g}'):.0f}×"


def shorten(name: str, length: int = 80) -> str:
    """Shorten a name to `length` characters: its beginning and its end with the extension."""
    name = without_marks(name)
    if len(name) <= length:
        return name
    return f"{name[: length - 20]}…{name[-19:]}"


def shorten_end(name: str, length: int) -> str:
    """Shorten a name to `length` characters: its beginning."""
    name = without_marks(name)
    return name if len(name) <= length else f"{name[: length - 1].rstrip()}…"


def size(n_bytes: int) -> str:
    """Format a file size as ``812 B``, ``43 kB`` or ``4.1 MB``."""
    if n_bytes < 1000:
        return f"{n_bytes} B"
    if n_bytes < 999_500:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB"
