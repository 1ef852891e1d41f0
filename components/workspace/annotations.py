"""Annotations of a workspace's recordings: histories, and answers to what players requested."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.workspace.room import Reserve
from models.events.annotation import Annotation, AnnotationHistory

MAX_PLAYERS = 20
"""Maximum number of players per recording whose answers are held: a player is a tab until it is
reloaded. A player that is evicted has been silent while twenty others made requests."""

_NOTHING = AnnotationHistory()


@dataclass(frozen=True)
class Answer:
    """Answer to a request of a player.

    Parameters
    ----------
    player : str
        Identifier of the player, chosen by itself.
    number : int
        Number of the request; those up to it are answered.
    words : str
        What happened, or why nothing did: sentences for the visitor.
    is_refusal : bool
        Whether nothing was changed.
    """

    player: str
    number: int
    words: str
    is_refusal: bool = False


class Annotations:
    """Annotation histories by the recording's digest, and the latest answers. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._histories: dict[str, AnnotationHistory] = {}
        self._answers: dict[str, dict[str, Answer]] = {}  # the latest player last

    @property
    def n_bytes(self) -> int:
        """Approximate size of all histories, in bytes."""
        return sum(one.n_bytes for one in list(self._histories.values()))

    def history(self, digest: str) -> AnnotationHistory:
        """Return the history of a recording's annotation."""
        return self._histories.get(digest, _NOTHING)

    def present(self, digest: str) -> Annotation | None:
        """Return the annotation of a recording; None if it is not annotated."""
        return self.history(digest).present

    def change(
        self,
        digest: str,
        make: Callable[[AnnotationHistory], AnnotationHistory],
        reserve: Reserve,
    ) -> AnnotationHistory:
        """Replace the history of a recording by what `make` returns for it.

        Parameters
        ----------
        digest : str
            Digest of the recording.
        make : callable
            Returns the new history; called again if another tab changed the old one meanwhile.
        reserve : callable
            Context manager that reserves the bytes of the growth, such as `Room.reserving`.

        Raises
        ------
        EarmarkError
            If `make` raises it, or there is no room; then nothing is changed.
        """
        while True:
            before = self.history(digest)
            after = make(before)
            # Reserved without the lock: eviction takes the locks of other workspaces.
            with reserve(max(0, after.n_bytes - before.n_bytes)), self._lock:
                if self.history(digest) is before:
                    self._histories[digest] = after
                    return after

    def set_aside(self, digest: str, words: str) -> bool:
        """End an annotation, because another list takes its place or it was removed.

        Undo restores it.

        Parameters
        ----------
        digest : str
            Digest of the recording.
        words : str
            Description of the change.

        Returns
        -------
        bool
            Whether the recording was annotated.
        """
        with self._lock:
            history = self.history(digest)
            if history.present is None:
                return False
            self._histories[digest] = history.then(words, None)
            return True

    def answers(self, digest: str) -> Sequence[Answer]:
        """Return the latest answer to each player of a recording."""
        with self._lock:
            return tuple(self._answers.get(digest, {}).values())

    def answered(self, digest: str, player: str) -> int:
        """Return the number of a player's latest request that was answered; 0 if there is none."""
        answer = self._answers.get(digest, {}).get(player)
        return 0 if answer is None else answer.number

    def answer(self, digest: str, answer: Answer) -> None:
        """Hold an answer until the player's next one."""
        with self._lock:
            held = self._answers.setdefault(digest, {})
            held.pop(answer.player, None)
            held[answer.player] = answer
            while len(held) > MAX_PLAYERS:
                held.pop(next(iter(held)))

    def forget(self, digest: str) -> None:
        """Drop the annotation of a recording, with its history."""
        with self._lock:
            self._histories.pop(digest, None)
            self._answers.pop(digest, None)
