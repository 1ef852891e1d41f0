"""Provenance of an export: its clip, model and settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.export.values import plain


@dataclass(frozen=True)
class Provenance:
    """The origin of scores and events, sufficient to reproduce them.

    Parameters
    ----------
    clip_name : str
        Name of the recording.
    clip_digest : str
        SHA-256 of the recording's file, 64 hexadecimal digits.
    duration_s : float
        Length of the clip, in seconds.
    model : str
        The model's title.
    model_digest : str
        SHA-256 of the model's file, 64 hexadecimal digits.
    settings : mapping of str to Any
        Settings of the scores and events. ``hop_s`` (seconds) and ``threshold`` (a score in
        [0, 1]) are also part of file names.
    summary : str
        One-sentence summary of the clip (`models.events.summary`); empty if unknown.
    """

    clip_name: str
    clip_digest: str
    duration_s: float
    model: str
    model_digest: str
    settings: Mapping[str, Any]
    summary: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, in their order, as JSON values (see `values.plain`)."""
        return {
            "clip_name": self.clip_name,
            **({"summary": plain(self.summary)} if self.summary else {}),
            "clip_digest": self.clip_digest,
            "duration_s": plain(self.duration_s),
            "model": self.model,
            "model_digest": self.model_digest,
            "settings": plain(self.settings),
        }

    def as_json(self, *, indent: int | None = None) -> str:
        """Return the fields as one JSON object.

        Parameters
        ----------
        indent : int, optional
            Spaces per level; by default a single line.
        """
        return json.dumps(self.as_dict(), indent=indent, ensure_ascii=False)
