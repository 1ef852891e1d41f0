"""Downmix to mono: the mean of the channels, or one of them.

Conventions
-----------
Channels in antiphase cancel out in their mean (a stereo microphone with a wiring error, mono to
stereo effects). Where the mean has less than 15 % of the power that uncorrelated channels of these
levels would have, the loudest channel replaces it, until the mean has 40 %. For two channels of
equal level these are correlations of -0.85 and -0.6.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.audio.resampling import Float32, mix_channels
from models.errors import SettingError

Channels = Literal["mix", "left", "right"] | int
"""The mean of all channels, or one of them: the first, the second, or by index from 0."""

_CANCELLING, _SOUND_AGAIN = 0.15, 0.4
_SUSPICIOUS = 0.75
"""Power share of the mean below which a block is examined in pieces: it may cancel out
partially."""

_PIECE_S = 0.25
_FADE_S = 0.01
_SILENT_POWER = 1e-9  # mean square of -90 dBFS
_STICKY = 2.0
"""Power ratio at which another channel replaces the selected one: 3 dB."""


def check_channels(channels: object) -> None:
    """Check that a selection of channels is valid.

    Raises
    ------
    SettingError
        If it is not.
    """
    is_index = isinstance(channels, int) and not isinstance(channels, bool) and channels >= 0
    if not is_index and channels not in ("mix", "left", "right"):
        raise SettingError(
            f"channels is {channels!r}.",
            allowed='It is "mix", "left", "right", "each", or the index of a channel, from 0.',
            remedy='Leave it out for "mix", the mean of all channels.',
        )


class Downmix:
    """Converts several channels to one, block by block.

    Parameters
    ----------
    channels : {'mix', 'left', 'right'} or int
        The mean, or one channel.

    Attributes
    ----------
    cancelled_s : float
        Duration, in seconds, in which a single channel replaced a mean that would have cancelled
        out.
    taken : list of int
        Indices of the channels that replaced it.
    """

    def __init__(self, channels: Channels = "mix") -> None:
        names = {"mix": None, "left": 0, "right": 1}
        self._chosen = names[channels] if isinstance(channels, str) else channels
        self._single: int | None = None
        self._has_begun = False
        self.cancelled_s = 0.0
        self.taken: list[int] = []

    def process(self, block: NDArray[Any], sample_rate: int) -> tuple[Float32, int]:
        """Mix the next block.

        Parameters
        ----------
        block : ndarray, shape (n_channels, n_samples)
            In the codec's type; see `models.audio.resampling`.
        sample_rate : int
            In Hz.

        Returns
        -------
        mono : ndarray of float32, shape (n_samples,)
            Nominally in [-1, 1], see `models.audio.resampling`.
        n_non_finite : int
            Number of the block's samples that were NaN or infinite.

        Raises
        ------
        SettingError
            If there is no such channel.
        """
        if self._chosen is not None:
            return mix_channels(block, _only(self._chosen, len(block)))
        if self._single is not None and self._single >= len(block):
            self._single = None  # the recording goes on with fewer channels
        powers = np.zeros(len(block))
        mono, n_non_finite = mix_channels(block, powers=powers)
        if len(block) < 2:
            return mono, n_non_finite
        if self._single is not None or _share(mono, powers) < _SUSPICIOUS:
            mono = self._by_pieces(block, sample_rate)
        self._has_begun = True
        return mono, n_non_finite

    def notices(self, decoded_s: float) -> list[str]:
        """Return notices for the user, in sentences."""
        if not self.taken:
            return []
        names = " and ".join(str(index + 1) for index in self.taken)
        which = "Channel" if len(self.taken) == 1 else "The louder of the channels"
        everywhere = self.cancelled_s > 0.9 * decoded_s
        where = "" if everywhere else f" for {self.cancelled_s:.3g} s"
        return [
            f"Its channels cancel each other out{where}: mixed, next to nothing would be left. "
            f"{which} {names} is analysed there instead of the mix."
        ]

    def _by_pieces(self, block: NDArray[Any], sample_rate: int) -> Float32:
        n_piece = max(1, round(_PIECE_S * sample_rate))
        starts = range(0, block.shape[1], n_piece)
        pieces = [self._piece(block[:, start : start + n_piece], sample_rate) for start in starts]
        return np.concatenate(pieces)

    def _piece(self, piece: NDArray[Any], sample_rate: int) -> Float32:
        powers = np.zeros(len(piece))
        mono, _ = mix_channels(piece, powers=powers)
        before, self._single = self._single, self._choice(mono, powers)
        if self._single is not None:
            self.cancelled_s += piece.shape[1] / sample_rate
            if self._single not in self.taken:
                self.taken.append(self._single)
            mono, _ = mix_channels(piece, _only(self._single, len(piece)))
        is_first, self._has_begun = not self._has_begun, True
        if before != self._single and not is_first:
            n_fade = min(round(_FADE_S * sample_rate), piece.shape[1])
            was, _ = mix_channels(piece[:, :n_fade], _only(before, len(piece)))
            mono[:n_fade] += np.linspace(1, 0, n_fade, dtype=np.float32) * (was - mono[:n_fade])
        return mono

    def _choice(self, mono: Float32, powers: NDArray[np.float64]) -> int | None:
        """Select a channel; None for the mean."""
        if not powers.sum() > _SILENT_POWER * len(mono):  # False for an overflow, too
            return self._single
        single, share = self._single, _share(mono, powers)
        if share > (_CANCELLING if single is None else _SOUND_AGAIN):
            return None
        loudest = int(powers.argmax())
        if single is None:
            return loudest
        return loudest if powers[loudest] > _STICKY * powers[single] else single


def _share(mono: Float32, powers: NDArray[np.float64]) -> float:
    """Return the power of the mean relative to that of uncorrelated channels."""
    total = float(powers.sum())
    if not 0 < total < np.inf:
        return 1.0
    return float(np.dot(mono, mono)) * len(powers) ** 2 / total


def _only(index: int | None, n_channels: int) -> NDArray[np.float64] | None:
    """Return the weights that select one channel; None for the mean."""
    if index is None:
        return None
    if n_channels == 1 and index <= 1:  # left and right of mono are the same
        index = 0
    if index >= n_channels:
        raise SettingError(
            f"Channel {index} is chosen, and the recording has {n_channels}"
            f" channel{'s' * (n_channels != 1)}.",
            allowed=f"Channels are counted from 0 to {n_channels - 1}.",
            remedy='Choose one of these, or "mix".',
        )
    shares = np.zeros(n_channels)
    shares[index] = 1
    return shares
