"""Sidebar settings of the page "Live"."""

from collections.abc import Sequence

import streamlit as st

from components.live import transport
from components.ui import settings
from components.view.settings import LiveViewSettings


def read_live_settings(labels: Sequence[str], heard: Sequence[str] = ()) -> LiveViewSettings:
    """Draw the sidebar settings of the page and return their values.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model, as options.
    heard : sequence of str
        Those that were heard, which are offered first.
    """
    with st.sidebar:
        st.header("Listening")
        interval_s = settings.slider(
            "Classification interval (s)",
            *(0.1, 1.0, LiveViewSettings.interval_s, 0.05),
            name="interval",
            help="How often the last second of sound is classified.",
        )
        n_results = settings.slider(
            "Results shown",
            *(1, 12, LiveViewSettings.n_results),
            name="results",
            help="How many of the best classes are drawn.",
        )
        threshold = settings.slider(
            "Score threshold",
            *(0.0, 1.0, LiveViewSettings.threshold, 0.01),
            name="live_threshold",
            help="A class counts as heard while its score is at least this.",
        )
        refine = settings.toggle(
            "Edges from the sound",
            default=LiveViewSettings.refine,
            name="edges",
            help="Moves the edges of each event in the log to where its sound begins and ends, as "
            "far as it has come. The page Clip has the same setting.",
        )
        gate_dbfs = _read_gate()
        watched = settings.classes(
            "Watch for",
            labels,
            name="watch",
            placeholder="None",
            help="Raises an alert when one of these is heard, and counts it. Type to search, or "
            "browse.",
            first={"Heard": heard},
        )
        clean = settings.toggle(
            "Clean the sound for speech",
            name="clean",
            help="Lets the browser cancel echo, suppress noise and control the gain, as in calls. "
            "It takes claps, barks and music for noise, so it is off. Takes effect at the next "
            "Start.",
        )
        transport.choose(_read_way(), clean=clean)
    return LiveViewSettings(interval_s, n_results, threshold, gate_dbfs, watched, clean, refine)


def _read_way() -> transport.Choice:
    """Draw the choice of the audio transport, which applies from the next Start on."""
    return settings.selectbox(
        "Connection",
        list(transport.CHOICES),
        "automatic",
        format_func=transport.CHOICES.__getitem__,
        name="connection",
        help="How sound comes from this browser to the server. WebRTC is made for it; where "
        "firewalls stop it, the WebSocket of this page carries uncompressed sound instead. "
        "Automatic tries WebRTC first. Takes effect at the next Start.",
    )


def _read_gate() -> float | None:
    on = settings.toggle(
        "Ignore quiet windows (level gate)",
        name="gated",
        help="Ignores everything that is quieter than the gate.",
    )
    level_dbfs = settings.level_slider(
        "Quietest level that counts (dBFS)", -80, 0, -50, name="gate", disabled=not on
    )
    return float(level_dbfs) if on else None
