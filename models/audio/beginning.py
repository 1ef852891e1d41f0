"""The beginning of a recording that a browser made, without decoding it."""

import io
import wave


def beginning(recording: bytes, longest_s: float) -> tuple[bytes, float | None]:
    """Cut a WAV file of whole numbers, as browsers' recordings arrive here, where it is too long.

    Parameters
    ----------
    recording : bytes
        A file. What is no such WAV file comes back as it is: who decodes it says what is wrong.
    longest_s : float
        What is kept, in seconds.

    Returns
    -------
    bytes
        The file, or one with its beginning.
    float or None
        How long the recording was, in seconds; None where nothing was cut off.
    """
    try:
        with wave.open(io.BytesIO(recording)) as file:
            settings = file.getparams()
            frame_bytes = settings.nchannels * settings.sampwidth
            # A header may promise more than there is.
            n_frames = min(settings.nframes, len(recording) // frame_bytes)
            n_kept = round(longest_s * settings.framerate)
            if n_frames <= n_kept:
                return recording, None
            kept = file.readframes(n_kept)
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError):  # RuntimeError: odd chunks
        return recording, None
    cut = io.BytesIO()
    with wave.open(cut, "wb") as file:
        file.setparams(settings)
        file.writeframes(kept)
    return cut.getvalue(), n_frames / settings.framerate
