"""Data type and quantization of tensors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FULL_SCALE = {"int8": (1 / 128, 0), "uint8": (1 / 128, 128), "int16": (1 / 32_768, 0)}
"""Scale and zero point of plain PCM, assumed for integer inputs without quantization."""


@dataclass(frozen=True)
class Values:
    """Data type and quantization of a tensor.

    Parameters
    ----------
    dtype : {'float32', 'int16', 'int8', 'uint8'}
        Data type of the stored numbers.
    scale : float
        Quantization step.
    zero_point : int
        Stored number that represents 0.
    """

    dtype: str = "float32"
    scale: float = 1.0
    zero_point: int = 0

    @classmethod
    def of_samples(cls, dtype: str, scale: float, zero_point: int) -> "Values":
        """Return the values of an input: PCM of that type where the file states no scale."""
        if dtype == "float32":
            return cls()
        if scale <= 0:
            return cls(dtype, *_FULL_SCALE[dtype])
        return cls(dtype, scale, zero_point)

    def encode(self, samples: NDArray[np.float32]) -> NDArray[Any]:
        """Quantize samples of any shape, rounded and clipped; float32 is returned unchanged."""
        if self.dtype == "float32":
            return samples
        limits = np.iinfo(self.dtype)
        steps = np.rint(samples / self.scale) + self.zero_point
        stored: NDArray[Any] = steps.clip(limits.min, limits.max).astype(self.dtype)
        return stored

    def decode(self, stored: NDArray[np.float32]) -> None:
        """Dequantize stored numbers, as float32, in place."""
        if (self.scale, self.zero_point) != (1.0, 0):
            stored -= self.zero_point
            stored *= self.scale
