"""From the channels of a recording to one: their mean, or one of them.

Conventions
-----------
Channels that are each other's opposite vanish in their mean (a stereo microphone wired wrongly,
stereo made of mono by some effects). Where the mean has less than 15 % of the power that unrelated
channels of these levels would have, the loudest channel is taken in its place, until it has 40 %.
For two channels of one level these are correlations of -0.85 and -0.6.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.audio.resampling import Float32, mix_channels
from models.errors import SettingError

Channels = Literal["mix", "left", "right"] | int
"""The mean of all channels, or one of them: the first, the second, or by its index from 0."""

_CANCELLING, _SOUND_AGAIN = 0.15, 0.4
_SUSPICIOUS = 0.75
"""Below this share a block is looked at piece by piece: it may cancel in part."""

_PIECE_S = 0.25
_FADE_S = 0.01
_SILENT_POWER = 1e-9  # mean square of -90 dBFS
_STICKY = 2.0
"""How much more power another channel needs to be taken instead: 3 dB."""


def check_channels(channels: object) -> None:
    """See that a choice of channels is one.

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
    """Makes one channel of several, block by block.

    Parameters
    ----------
    channels : {'mix', 'left', 'right'} or int
        What is taken.

    Attributes
    ----------
    cancelled_s : float
        Seconds in which a single channel was taken because the mean would have been next to
        nothing.
    taken : list of int
        Channels that were taken then, by their index.
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
            How many of the block's samples were NaN or infinite.

        Raises
        ------
        SettingError
            If there is no such channel.
        """
        if self._chosen is not None:
            return mix_channels(block, _only(self._chosen, len(block)))
        powers = np.zeros(len(block))
        mono, n_non_finite = mix_channels(block, powers=powers)
        if len(block) < 2:
            return mono, n_non_finite
        if self._single is not None or _share(mono, powers) < _SUSPICIOUS:
            mono = self._by_pieces(block, sample_rate)
        self._has_begun = True
        return mono, n_non_finite

    def notices(self, decoded_s: float) -> list[str]:
        """Tell what a user should know."""
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
        """Choose a channel, or None for the mean."""
        if not powers.sum() > _SILENT_POWER * len(mono):  # also where it overflowed
            return self._single
        single, share = self._single, _share(mono, powers)
        if share > (_CANCELLING if single is None else _SOUND_AGAIN):
            return None
        loudest = int(powers.argmax())
        if single is None or single >= len(powers):
            return loudest
        return loudest if powers[loudest] > _STICKY * powers[single] else single


def _share(mono: Float32, powers: NDArray[np.float64]) -> float:
    """Power of the mean, as a share of what it were if the channels were unrelated."""
    total = float(powers.sum())
    if not 0 < total < np.inf:
        return 1.0
    return float(np.dot(mono, mono)) * len(powers) ** 2 / total


def _only(index: int | None, n_channels: int) -> NDArray[np.float64] | None:
    """Return the shares of channels in a mix of one of them; None for the mean."""
    if index is None:
        return None
    if n_channels == 1 and index <= 1:  # of mono, left and right are the same
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
