"""What an export was made of and with: every format that has room for it carries it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.export.values import plain


@dataclass(frozen=True)
class Provenance:
    """Where scores and events come from, so that somebody else can get them again.

    Parameters
    ----------
    clip_name : str
        What the recording was called.
    clip_digest : str
        SHA-256 of the recording as it came in, 64 hexadecimal digits.
    duration_s : float
        Length of the clip, in seconds.
    model : str
        The model's title.
    model_digest : str
        SHA-256 of the model's file, 64 hexadecimal digits.
    settings : mapping of str to Any
        What the scores and events were made with. ``hop_s`` (seconds) and ``threshold`` (a score
        in [0, 1]) also become part of file names.
    summary : str
        What is in the clip, in one sentence (`models.events.summary`); empty where it is not known.
    """

    clip_name: str
    clip_digest: str
    duration_s: float
    model: str
    model_digest: str
    settings: Mapping[str, Any]
    summary: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Fields by name, in their order, as JSON can hold them (see `values.plain`)."""
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
        """Fields as one JSON object.

        Parameters
        ----------
        indent : int, optional
            Spaces per level; by default all stands in one line.
        """
        return json.dumps(self.as_dict(), indent=indent, ensure_ascii=False)
