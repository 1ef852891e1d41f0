"""Truncation of browsers' recordings without decoding."""

import io
import wave


def truncate(recording: bytes, longest_s: float) -> tuple[bytes, float | None]:
    """Truncate a WAV file of integer samples, the format of browsers' recordings.

    Parameters
    ----------
    recording : bytes
        A file. Other files are returned unchanged: the decoder reports the error.
    longest_s : float
        Duration that is kept, in seconds.

    Returns
    -------
    bytes
        The file, or one with its beginning.
    float or None
        Duration of the recording, in seconds; None if nothing was removed.
    """
    try:
        with wave.open(io.BytesIO(recording)) as file:
            settings = file.getparams()
            frame_bytes = settings.nchannels * settings.sampwidth
            # A header may state more frames than the file has.
            n_frames = min(settings.nframes, len(recording) // frame_bytes)
            n_kept = round(longest_s * settings.framerate)
            if n_frames <= n_kept:
                return recording, None
            kept = file.readframes(n_kept)
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):  # RuntimeError: bad chunks
        return recording, None
    cut = io.BytesIO()
    with wave.open(cut, "wb") as file:
        file.setparams(settings)
        file.writeframes(kept)
    return cut.getvalue(), n_frames / settings.framerate
