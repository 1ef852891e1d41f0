"""Student network: seven dense convolutions over a log-mel patch, an embedding, and 521 logits.

Conventions
-----------
Dense 3x3 convolutions train three times as fast on a CPU as depthwise ones, and run as fast in 8
bits. The embedding is the mean and the maximum of the last layer over the patch, 512 values each.

With a stride of 2, TFLite's padding SAME adds zeros after the patch, PyTorch's before it. So the
network processes patches flipped in time and frequency, and export flips the kernels.
"""

import torch
from torch import Tensor, nn

from training.export import SHIFT
from training.frontend import LOG_OFFSET
from training.teacher import N_CLASSES

WIDTHS = ((24, 3, 2), (64, 3, 2), (112, 3, 2), (112, 3, 1), (176, 3, 2), (176, 3, 1), (512, 1, 1))
"""Channels, kernel and stride of each convolution: 24 million products, 0.74 million weights."""

MEAN, DEVIATION = -SHIFT, 2.5
"""Mean and deviation that normalise log-mel spectra; silence is log(`LOG_OFFSET`), -6.9."""

LIMIT = 8.0
"""Activations are clipped to [0, `LIMIT`], so that 8 bits resolve them."""

FLOOR = float(torch.log(torch.tensor(LOG_OFFSET)))


class Student(nn.Module):
    """The network, from log-mel patches (n, 64, 64) to logits and embeddings."""

    def __init__(self) -> None:
        super().__init__()
        convolutions, norms, channels = [], [], 1
        for width, kernel, stride in WIDTHS:
            convolutions.append(nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False))
            norms.append(nn.BatchNorm2d(width))
            channels = width
        self.convolutions, self.norms = nn.ModuleList(convolutions), nn.ModuleList(norms)
        self.head = nn.Linear(2 * channels, N_CLASSES)
        self.teacher_embedding = nn.Linear(2 * channels, 1024)  # for training only
        self.dropout = nn.Dropout(0.1)
        nn.init.constant_(self.head.bias, -5.0)

    def embed(self, mel: Tensor) -> Tensor:
        """Compute embeddings: (n, 64, 64) to (n, 1024), values of 0 or more."""
        turned = mel.flip((1, 2)).unsqueeze(1)
        seen = ((turned - MEAN) / DEVIATION).contiguous(memory_format=torch.channels_last)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            seen = nn.functional.hardtanh(norm(convolution(seen)), 0.0, LIMIT)
        return torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (n, 521), the predicted teacher's embedding (n, 1024), and the own one."""
        embedding = self.embed(mel)
        dropped = self.dropout(embedding)
        return self.head(dropped), self.teacher_embedding(dropped), embedding
