"""Sounds to train on: archives, compositions, synthesis, ESC-50's table and the bank."""

import io
import struct
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.errors import RecordingError
from models.events import taxonomy
from training import augmentation, bank, containers, esc50, music, synthesis
from training.frontend import SAMPLE_RATE, WINDOW_SAMPLES


def wav(n_samples: int = 1600, rate: int = SAMPLE_RATE) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = 8000 * np.sin(np.arange(n_samples) * 2 * np.pi * 440 / rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return written.getvalue()


def test_every_label_of_esc50_is_audiosets() -> None:
    assert len(esc50.AUDIOSET_LABELS) == 50
    used = [label for labels in esc50.AUDIOSET_LABELS.values() for label in labels]
    assert set(used) <= set(taxonomy.labels())
    assert len(used) == len(set(used)), "a label cannot stand for two classes"
    assert set(esc50.AUDIOSET_LABELS) > esc50.WITHOUT_COUNTERPART


def test_both_layouts_of_esc50_are_read(tmp_path: Path) -> None:
    published, shared = tmp_path / "published", tmp_path / "shared"
    (published / "meta").mkdir(parents=True)
    shared.mkdir()
    (published / "meta" / "esc50.csv").write_text("filename,fold,category\n1-2-A-0.wav,1,dog\n")
    (shared / "clips.tsv").write_text("file\tclass\tfold\ndog/1-2-A.ogg\tDog\t1\n")
    for folder in (published, shared):
        (found,) = esc50.read_recordings(folder)
        assert (found.category, found.fold) == ("dog", 1)


def test_a_folder_without_esc50_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="neither"):
        esc50.read_recordings(tmp_path)


def test_sounds_are_found_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "data.pk3"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sound/a.wav", wav())
        archive.writestr("readme.txt", "no sound")
    assert [name for name, _ in containers.sounds_in(path)] == ["sound/a.wav"]


def test_waves_are_found_in_another_file(tmp_path: Path) -> None:
    path = tmp_path / "data.cat"
    path.write_bytes(b"head" + wav(800) + b"between" + wav(1600) + b"tail")
    assert [content for _, content in containers.sounds_in(path)] == [wav(800), wav(1600)]


def test_ogg_streams_are_found_to_their_last_page(tmp_path: Path) -> None:
    def page(flags: int) -> bytes:
        return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, 5]) + b"hello"

    path = tmp_path / "data.rcc"
    path.write_bytes(b"x" * 9 + page(2) + page(4) + b"rest" + page(2))
    found = [content for _, content in containers.sounds_in(path)]
    assert found == [page(2) + page(4), page(2)]


def test_effects_are_found_in_a_wad(tmp_path: Path) -> None:
    lump = struct.pack("<HHI", 3, 11025, 4) + bytes([128, 255, 0, 128])
    directory = struct.pack("<ii8s", 12, len(lump), b"DSPISTOL")
    path = tmp_path / "doom.wad"
    path.write_bytes(struct.pack("<4sii", b"IWAD", 1, 12 + len(lump)) + lump + directory)
    ((name, content),) = containers.sounds_in(path)
    assert name == "DSPISTOL"
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.readframes(4)) == (11025, bytes([128, 255, 0, 128]))


def test_a_piece_is_a_midi_file_of_its_instrument() -> None:
    piece = music.compose(np.random.default_rng(0), program=73)
    assert piece.startswith(b"MThd")
    assert bytes([0xC0, 73]) in piece
    assert piece == music.compose(np.random.default_rng(0), program=73)


@pytest.mark.parametrize("name", synthesis.MAKERS)
def test_every_maker_gives_a_sound(name: str) -> None:
    for seed in range(3):
        sound = synthesis.MAKERS[name](np.random.default_rng(seed))
        assert sound.shape == (64_000,)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() > 0


def test_decoding_gives_mono_at_the_models_rate_and_excerpts_of_what_is_long() -> None:
    assert len(bank.decode(wav(44_100, 44_100), "a.wav")) == pytest.approx(SAMPLE_RATE, abs=2)
    long = bank.decode(wav(20 * SAMPLE_RATE), "a.wav")
    assert len(long) == round(bank.MAX_SOUND_S * SAMPLE_RATE)
    assert np.abs(long).max() == pytest.approx(8000 / 32768, rel=0.01)


def test_what_is_no_sound_decodes_to_nothing() -> None:
    assert len(bank.decode(b"no sound at all", "a.wav")) == 0


def test_a_bank_gives_back_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "bank").mkdir()
    samples = np.linspace(-1, 1, 3000, dtype=np.float32)
    items = [
        ("a", "effect", "", 0, samples),
        ("silent", "effect", "", 0, 0 * samples),
        ("b", "esc50", "dog", 4, samples[::-1]),
    ]
    bank._write(tmp_path / "bank", "test", items)
    opened = bank.open_bank(tmp_path)
    assert [sound.name for sound in opened.sounds] == ["a", "b"]
    np.testing.assert_allclose(opened.read(opened.sounds[1]), samples[::-1], atol=1e-4)
    assert opened.sounds[1].is_held_out  # fold 4


def test_opus_keeps_the_length_and_the_tone() -> None:
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / SAMPLE_RATE)).astype(np.float32)
    coded = augmentation.through_opus(tone)
    assert len(coded) == len(tone)
    peak_hz = np.abs(np.fft.rfft(coded)).argmax() * SAMPLE_RATE / len(coded)
    assert peak_hz == pytest.approx(440, abs=2)


def test_varied_windows_have_the_models_length_and_range() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(9000).astype(np.float32)
    for _ in range(30):
        window = augmentation.vary(rng, lambda: noise)
        assert window.shape == (WINDOW_SAMPLES,)
        assert window.dtype == np.float32
        assert np.abs(window).max() <= 1
