"""Sounds for the benchmarks: the demonstration clip, in any length and format."""

import io
import wave

import av
import numpy as np

from models.audio import Clip, load_clip
from models.demonstration import demonstration_recording


def clip_of(duration_s: float, sample_rate: int = 16_000) -> Clip:
    """Repeat the demonstration clip to a length."""
    clip = load_clip(demonstration_recording(), sample_rate=sample_rate)
    samples = np.resize(clip.samples, round(duration_s * sample_rate))
    return Clip.from_samples(samples, sample_rate)


def wav_of(clip: Clip, channels: int = 1) -> bytes:
    """Encode a clip as a WAV file of 16 bits, the same in all channels."""
    file = io.BytesIO()
    samples = np.repeat((clip.samples * 32_767).astype("<i2"), channels)
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(clip.sample_rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def mp3_of(clip: Clip, bit_rate: int = 128_000) -> bytes:
    """Encode a clip as a stereo MP3 of constant bit rate, without a header.

    Concatenated files of this kind form one recording.
    """
    file = io.BytesIO()
    plain = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(file, "w", format="mp3", options=plain) as out:
        stream = out.add_stream("libmp3lame", rate=clip.sample_rate, layout="stereo")
        stream.bit_rate = bit_rate
        for start in range(0, len(clip.samples), 4_096):
            packed = np.repeat(clip.samples[start : start + 4_096], 2).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="stereo")
            frame.sample_rate, frame.pts = clip.sample_rate, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()
