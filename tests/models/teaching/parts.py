"""Things to teach with that need no model: examples whose embeddings are drawn by lot."""

import hashlib

import numpy as np

from models.audio import Clip
from models.registry.catalog import CATALOG
from models.teaching.assessment import settle
from models.teaching.examples import TEACHING_HOP_S, Example
from models.teaching.head import ScoreKind, TrainingWindows, fit_head
from models.teaching.learnt import Learnt

STEP = 0.022328350692987442
"""YAMNet's embeddings are whole multiples of this."""


def example(
    label: str,
    number: int,
    *,
    recording: str | None = None,
    n_windows: int = 6,
    with_clip: bool = False,
    **facts: float,
) -> Example:
    """Draw an example: each label prefers features of its own."""
    own = int(hashlib.sha256(label.encode()).hexdigest()[:8], 16)
    liked = np.random.default_rng(own).choice(1024, 200, replace=False)
    generator = np.random.default_rng([own, number])
    steps = generator.poisson(2.0, (n_windows, 1024))
    steps[:, liked] += generator.poisson(6.0, (n_windows, 200))
    samples = generator.uniform(-0.5, 0.5, 16_000)
    return Example(
        label=label,
        recording=f"{label} {number}" if recording is None else recording,
        digest=hashlib.sha256(f"{label} {number}".encode()).hexdigest(),
        duration_s=facts.get("duration_s", 2.0),
        level_dbfs=facts.get("level_dbfs", -20.0),
        clipped=facts.get("clipped", 0.0),
        onsets_s=np.arange(n_windows) * TEACHING_HOP_S,
        embeddings=(steps * STEP).astype(np.float32),
        clip=Clip.from_samples(samples, 16_000) if with_clip else None,
    )


def learnt(examples: list[Example], kind: ScoreKind = "exclusive") -> Learnt:
    """Learn from examples as `teach` does, on behalf of YAMNet."""
    labels = tuple(dict.fromkeys(one.label for one in examples))
    settled = settle(examples, labels, kind, seed=0, progress=lambda _: None)
    head = fit_head(TrainingWindows.of(examples, labels), len(labels), kind, settled.strength)
    return Learnt(
        labels=labels,
        head=head.cooled(settled.temperature),
        examples=tuple(examples),
        base="yamnet",
        base_digest=CATALOG["yamnet"].sha256,
        strength=settled.strength,
        temperature=settled.temperature,
        assessment=settled.assessment,
    )
