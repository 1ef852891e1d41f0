"""Teacher: YAMNet's scores and embeddings of windows."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.inference.contract import EMBEDDING_SIZE
from models.inference.embeddings import find_embedding
from models.registry.catalog import CATALOG
from models.registry.download import obtain_model
from models.tflite.runtimes import open_interpreter

N_CLASSES = CATALOG["yamnet"].n_classes


class Teacher:
    """YAMNet/classification, with scores and embeddings from one run.

    Parameters
    ----------
    path : Path, optional
        The model's file; by default the catalog's, downloaded if necessary.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = obtain_model(CATALOG["yamnet"]) if path is None else path
        self._interpreter = open_interpreter(path, "litert", keep_tensors=True)
        self._embedding = find_embedding(path, self._interpreter, N_CLASSES)
        tensor = self._interpreter.tensor
        self._input = tensor(self._interpreter.get_input_details()[0]["index"])
        self._scores = tensor(self._interpreter.get_output_details()[0]["index"])
        self._embedded = tensor(self._embedding.index)

    def hear(self, windows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute scores and embeddings of windows.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, 15600)
            In [-1, 1], at 16 kHz.

        Returns
        -------
        scores : ndarray of float32, shape (n_windows, 521)
            Each in [0, 1].
        embeddings : ndarray of float32, shape (n_windows, 1024)
            Values of 0 or more.
        """
        scores = np.empty((len(windows), N_CLASSES), np.float32)
        embeddings = np.empty((len(windows), EMBEDDING_SIZE), np.float32)
        for window, score, embedding in zip(windows, scores, embeddings, strict=True):
            self._input()[:] = window
            self._interpreter.invoke()
            score[:] = self._scores().reshape(-1)
            embedding[:] = self._embedded().reshape(-1)
        self._embedding.values.decode(embeddings)
        return scores, embeddings
