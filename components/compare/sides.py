"""Choice of the two models to compare."""

from dataclasses import dataclass, replace

import streamlit as st

from components import model_choice
from components.compare.lanes import DOWN, UP
from components.style import text
from components.style.palette import Palette
from components.view.settings import AnalysisSettings, ModelChoice, SoundChoice
from components.workspace.current import current
from models.events.timeline import Timeline
from models.inference import SoundClassifier
from models.registry.catalog import BUILTIN, CATALOG, CatalogEntry, find_model
from models.registry.local_models import ModelFile
from models.tflite.runtimes import TITLES, available_runtimes

SLOTS = ("-left", "-right")
"""Suffixes of the settings' names of the two choices."""

TITLE_LENGTH = 40
"""Number of characters of a model's title that fit beside another; a file name may have 255."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two compared models.

    Parameters
    ----------
    sign : str
        Sign of the model in tables and figures.
    title : str
        Title that distinguishes it from the other model: untrusted text.
    listener : ModelChoice
        Choice of the model.
    classifier : SoundClassifier
        Opened classifier.
    """

    sign: str
    title: str
    listener: ModelChoice
    classifier: SoundClassifier

    @property
    def file(self) -> CatalogEntry | ModelFile:
        """Description of the model's file."""
        return current().models.known(self.listener.model)

    def own_labels(self, timeline: Timeline) -> Timeline:
        """Add the title to numbered labels, to distinguish them from another model's."""
        if self.classifier.label_list.source != "numbered":
            return timeline
        return replace(
            timeline, labels=tuple(f"{label} of {self.title}" for label in timeline.labels)
        )

    def settings(self, hop_s: float, sound: SoundChoice) -> AnalysisSettings:
        """Return the settings of the analysis, at this hop or the nearest that the model allows."""
        contract = self.classifier.contract
        own_s = contract.usual_hop_s if contract.is_dynamic else min(hop_s, contract.window_s)
        return AnalysisSettings(self.listener, own_s, sound, current().view.unplayable)


def choose(palette: Palette) -> tuple[Side, Side] | None:
    """Draw both choices side by side, and open the chosen models.

    Returns
    -------
    tuple of Side and Side, or None
        None if one of them cannot be opened, which the page shows.
    """
    opened = []
    columns = st.columns(2, gap="medium", border=True)
    parts = zip(columns, SLOTS, (UP, DOWN), palette.sides, defaults(), strict=True)
    for column, slot, sign, colour, default in parts:
        with column:
            place = "First" if sign == UP else "Second"
            st.html(f'<strong><span style="color:{colour}">{sign}</span> {place} model</strong>')
            choice = model_choice.choose(slot, st.container(horizontal=True), default)
            opened.append(model_choice.open_chosen(choice, slot))
    first, second = opened
    if first is None or second is None:
        return None
    names = titles(first[1], second[1])
    return Side(UP, names[0], first[1], first[0]), Side(DOWN, names[1], second[1], second[0])


def defaults() -> tuple[ModelChoice, ModelChoice]:
    """Return YAMNet and the built-in model; without YAMNet the built-in one on two runtimes."""
    if find_model(CATALOG["yamnet"]) is None and "tflite" in available_runtimes():
        return ModelChoice(BUILTIN), ModelChoice(BUILTIN, "tflite")
    return ModelChoice("yamnet"), ModelChoice(BUILTIN)


def titles(first: ModelChoice, second: ModelChoice) -> tuple[str, str]:
    """Return the titles of two models, with their runtimes if those may be the difference."""
    known = (current().models.known(each.model) for each in (first, second))
    names = [text.shorten(each.title, TITLE_LENGTH) for each in known]
    if first.model == second.model or first.runtime != second.runtime:
        names = [
            f"{name} on {TITLES[each.runtime]}"
            for name, each in zip(names, (first, second), strict=True)
        ]
    return names[0], names[1]
