import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import Classifier, Clip, Event, refine_events
from models.demonstration import demonstration_events
from models.events import find_events
from models.events.band_levels import band_levels
from models.events.evaluation import evaluate
from tests.demonstrated import demonstration_clip

SAMPLE_RATE = 16_000


def clip(
    *sounds: tuple[float, float], duration_s: float = 8.0, noise: float = 0.001, hz: float = 1000
) -> Clip:
    """Tones of -9 dBFS from and to the times given, in noise."""
    samples = np.random.default_rng(0).normal(0, noise, round(duration_s * SAMPLE_RATE))
    times_s = np.arange(len(samples)) / SAMPLE_RATE
    for onset_s, offset_s in sounds:
        sounding = (times_s >= onset_s) & (times_s < offset_s)
        samples[sounding] += 0.5 * np.sin(2 * np.pi * hz * times_s[sounding])
    return Clip.from_samples(samples, SAMPLE_RATE)


def event(onset_s: float, offset_s: float, label: str = "Beep, bleep", peak: float = 0.5) -> Event:
    return Event(onset_s, offset_s, label, peak, 0.4)


def edges(events: list[Event]) -> list[tuple[float, float]]:
    return [(round(one.onset_s, 2), round(one.offset_s, 2)) for one in events]


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.05])
def test_edges_move_to_the_sound(noise: float) -> None:
    (moved,) = refine_events([event(1.7, 4.1)], clip((2.0, 3.5), noise=noise))
    assert moved.onset_s == pytest.approx(2.0, abs=0.02)
    assert moved.offset_s == pytest.approx(3.5, abs=0.02)
    assert (moved.label, moved.peak, moved.mean) == ("Beep, bleep", 0.5, 0.4)


def test_edges_move_outwards_too() -> None:
    assert edges(refine_events([event(2.4, 3.1)], clip((2.0, 3.5)))) == [(2.0, 3.5)]


def test_nothing_moves_without_a_cause() -> None:
    given_events = [event(1.7, 4.1), event(5.0, 6.0)]
    assert refine_events(given_events, clip()) == given_events  # noise alone
    assert refine_events(given_events, clip((0.0, 8.0))) == given_events  # a sound throughout
    silent = Clip.from_samples(np.zeros(128_000, np.float32), SAMPLE_RATE)
    assert refine_events(given_events, silent) == given_events


def test_an_edge_far_from_the_sound_is_left_alone() -> None:
    (kept,) = refine_events([event(3.0, 7.0)], clip((0.5, 7.5)))
    assert kept.onset_s == 3.0
    (kept,) = refine_events([event(1.0, 7.0)], clip((1.0, 1.4)))
    assert kept.offset_s == 7.0


def test_a_pause_divides_an_event_if_it_is_longer_than_the_merge_gap() -> None:
    two = clip((1.0, 2.0), (2.8, 3.5))
    assert edges(refine_events([event(0.7, 3.9)], two)) == [(1.0, 2.0), (2.8, 3.5)]
    assert edges(refine_events([event(0.7, 3.9)], two, merge_gap_s=1.0)) == [(1.0, 3.5)]
    assert edges(refine_events([event(0.7, 3.9)], clip((1.0, 2.0), (2.3, 3.5)))) == [(1.0, 3.5)]


def test_events_of_one_label_on_one_sound_become_one() -> None:
    (joined,) = refine_events(
        [event(1.7, 2.6, peak=0.4), event(3.2, 4.1, peak=0.7)], clip((2.0, 3.8))
    )
    assert edges([joined]) == [(2.0, 3.8)]
    assert joined.peak == 0.7


def noise(seed: int, duration_s: float = 8.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.05, round(duration_s * SAMPLE_RATE))


def test_a_sound_throughout_keeps_its_own_quiet_moments() -> None:
    """Noise with another level every 0.8 s, as music has from phrase to phrase."""
    levels_db = np.repeat([0, -9, -3, -8, 0, -10, -2, -6, -9, 0], round(0.8 * SAMPLE_RATE))
    swinging = noise(2) * 10 ** (levels_db / 20)
    (found,) = refine_events([event(0.0, 8.0, "Music")], Clip.from_samples(swinging, SAMPLE_RATE))
    assert found.onset_s < 0.1
    assert found.offset_s > 7.9


def test_a_steady_sound_is_not_cut_to_what_stands_out_from_it() -> None:
    times_s = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    droning = (times_s >= 3.0) & (times_s < 4.0)
    steady = noise(3) + droning * 0.02 * np.sin(2 * np.pi * 60 * times_s)
    given_event = event(0.5, 6.8, "Rain")
    found = refine_events([given_event], Clip.from_samples(steady, SAMPLE_RATE))
    assert found == [given_event]
    (drone,) = refine_events([event(2.7, 4.1)], Clip.from_samples(steady, SAMPLE_RATE))
    assert edges([drone]) == [(pytest.approx(3.0, abs=0.1), pytest.approx(4.0, abs=0.1))]


def test_a_brief_event_beside_its_sound_moves_onto_it() -> None:
    (found,) = refine_events([event(1.4, 1.88)], clip((2.0, 3.5)))
    assert edges([found]) == [(2.0, 3.5)]
    far = [event(0.5, 0.98)]
    assert refine_events(far, clip((2.0, 3.5))) == far


def test_a_sound_goes_on_while_a_louder_one_hides_it() -> None:
    hidden = clip((1.0, 7.0))
    burst = np.zeros(len(hidden.samples), np.float32)
    burst[round(3.4 * SAMPLE_RATE) : 4 * SAMPLE_RATE] = noise(4, 0.6) * 8
    both = Clip.from_samples(hidden.samples + burst, SAMPLE_RATE)
    parts = [event(0.8, 3.0), event(4.5, 7.2)]
    assert edges(refine_events(parts, both)) == [(1.0, 7.0)]
    apart = clip((1.0, 3.0), (4.6, 7.0))
    assert edges(refine_events(parts, apart)) == [(1.0, 3.0), (4.6, 7.0)]


def test_nested_labels_have_the_same_edges() -> None:
    found = refine_events(
        [event(1.2, 4.1, "Animal"), event(1.7, 4.1, "Dog", 0.8), event(1.7, 3.6, "Bark")],
        clip((2.0, 3.5), noise=0.02),
    )
    assert len({(one.onset_s, one.offset_s) for one in found}) == 1


def test_silence_is_where_nothing_sounds() -> None:
    found = refine_events([event(2.6, 5.4, "Silence")], clip((0.0, 2.2), (6.0, 8.0)))
    assert edges(found) == [(2.2, 6.0)]


def test_a_sound_in_a_loud_background_is_found_in_its_own_bands() -> None:
    """Brown noise 8 dB louder than a tone, whose band it leaves alone."""
    rng = np.random.default_rng(1)
    rumble = np.cumsum(rng.normal(0, 1, 8 * SAMPLE_RATE))
    spectrum = np.fft.rfft(rumble)
    spectrum[: 40 * 8] = 0
    rumble = np.fft.irfft(spectrum, 8 * SAMPLE_RATE)
    tone = clip((3.0, 4.5), noise=0.0, hz=4_000).samples * 0.2
    rumble *= 2.5 * np.sqrt(np.mean(tone[48_000:72_000] ** 2)) / rumble.std()
    (found,) = refine_events([event(2.6, 5.0)], Clip.from_samples(rumble + tone, SAMPLE_RATE))
    assert found.onset_s == pytest.approx(3.0, abs=0.03)
    assert found.offset_s == pytest.approx(4.5, abs=0.03)


spans = st.tuples(st.floats(0, 8), st.floats(0.02, 4)).map(lambda two: (two[0], sum(two)))


@given(
    st.lists(st.tuples(spans, st.sampled_from(["Dog", "Bark", "Silence"])), max_size=8),
    st.sampled_from([0.0, 0.05, 0.5]),
)
@example([((0.02, 3.02), "Dog"), ((0.9, 3.2), "Bark")], 0.0)
def test_what_comes_out_is_in_order_and_apart(
    given_events: list[tuple], merge_gap_s: float
) -> None:
    found = refine_events(
        [
            event(onset_s, min(offset_s, 8.0), label)
            for (onset_s, offset_s), label in given_events
            if onset_s < min(offset_s, 8.0)
        ],
        LEVELS,
        merge_gap_s=merge_gap_s,
    )
    assert found == sorted(found)
    for label in ("Dog", "Bark", "Silence"):
        same = [one for one in found if one.label == label]
        for one, later in itertools.pairwise(same):
            assert one.offset_s <= later.onset_s + 1e-9
    assert {one.label for one in found} == {
        label for (onset_s, offset_s), label in given_events if onset_s < min(offset_s, 8.0)
    }
    for one in found:
        assert 0 <= one.onset_s < one.offset_s <= 8.02
        assert math.isfinite(one.mean)
        assert 0 <= one.mean <= one.peak <= 1


LEVELS = band_levels(clip((1.0, 2.0), (3.0, 3.1), (5.0, 7.0), noise=0.01).samples, SAMPLE_RATE)


def test_a_sound_that_lasts_to_the_end_of_the_clip() -> None:
    (found,) = refine_events([event(5.1, 7.0)], clip((5.0, 8.0)))
    assert found.onset_s == pytest.approx(5.0, abs=0.02)
    assert 7.97 <= found.offset_s <= 8.0


def test_no_events_stay_none() -> None:
    assert refine_events([], clip((1.0, 2.0))) == []


@pytest.mark.model
def test_the_demonstration_is_found_as_it_was_made(yamnet: Classifier) -> None:
    """At the page's defaults, by sed_eval's definition with a collar of 0.2 s."""
    recording = demonstration_clip()
    timeline = yamnet.classify(recording, 0.48)
    coarse = find_events(timeline, 0.3, merge_gap_s=0.5)
    found = refine_events(coarse, recording)
    truth = demonstration_events()
    assert evaluate(truth, found, timeline.labels).events.overall.f1 >= 0.9
