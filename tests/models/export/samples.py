"""What the tests of all formats export, and what may stand in an event."""

import numpy as np
from hypothesis import strategies as st

from models.audio import timing
from models.events import Event
from models.events.timeline import Timeline
from models.export import Provenance

EVENTS = [
    Event(0.0, 1.2075, "Speech", 0.99609375, 0.75),
    Event(0.7275, 2.4, "Bee, wasp, etc.", 0.5, 0.333333333),
    Event(1.2, 2.4, "Motor vehicle (road)", 0.30078125, 0.3),
]

PROVENANCE = Provenance(
    clip_name="rain & <thunder> --> café.wav",
    clip_digest="ab" * 32,
    duration_s=2.4,
    model="YAMNet",
    model_digest="cd" * 32,
    settings={"hop_s": 0.48, "threshold": 0.3, "only": ("Speech", "Bee, wasp, etc.")},
)

# Any line of text, with what each format has to mind: its separators, quotes and arrows.
labels = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1) | (
    st.text(st.sampled_from("ab,;\t\"'<>&- |\\#"), min_size=1)
)

events = st.builds(
    Event,
    onset_s=st.floats(0, 1e4),
    offset_s=st.floats(1e4, 2e4),
    label=labels,
    peak=st.floats(0, 1),
    mean=st.floats(0, 1),
)


def timeline(labels: tuple[str, ...] = ("Speech", "Bee, wasp, etc.", "Dog")) -> Timeline:
    scores = (np.arange(12).reshape(4, 3) / 256).astype(np.float32)
    onsets_s = timing.frame_onsets_s(4, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, labels, 2.4)
