"""What an operator allows: the limits of visitors, work and memory."""

from dataclasses import dataclass, field

from models.analysis import MAX_SCORES
from models.audio import MAX_DURATION_S
from models.inference.worker_pool import usable_cores
from models.live import MAX_RECORDED_S

MB = 1_000_000


def _from(least: float, most: float) -> dict[str, float]:
    """Range that a limit allows, both ends included."""
    return {"least": least, "most": most}


@dataclass(frozen=True)
class Limits:
    """What this server does for its visitors, at most.

    Parameters
    ----------
    max_duration_s : float
        Longest clip, in seconds. Beside its scores it takes no more memory than a short one.
    max_recorded_s : float
        What is kept of a recording from the microphone, in seconds.
    max_scores : int
        Scores of one timeline, windows times classes, each of 4 bytes. YAMNet makes 75 million of
        four hours at the finest hop, 0.1 s: 300 MB.
    max_clips : int
        Clips in one workspace.
    max_clips_mb : int
        What their files may take together, in MB of a million bytes. The largest that the page
        accepts, 500 MiB, takes 524.
    max_results : int
        Analyses kept for whoever asks for the same again.
    max_results_mb : int
        What these may take together, in MB of a million bytes, and what one visitor's may. Ten
        minutes at a hop of 0.1 s take 13 MB.
    max_analyses : int
        Analyses, comparisons and trainings at once; the others wait in a fair queue. Twice the
        cores: so that one is decoded while another is classified.
    max_listeners : int
        Visitors who listen live at once. Two cores serve twenty (docs/performance.md).
    max_export_mb : int
        Largest file that is written for download, in MB, and what the finished ones of a workspace
        may take. All scores of four hours at the finest hop take 500 MB in the largest of the
        formats and 300 MB in the ZIP.
    max_workspace_mb : int
        What one workspace may take in all, in MB: clips, examples, models, live sound, lists of
        true events, results and exports.
    max_workspaces_mb : int
        What all visitors may take together, in MB: their workspaces, results kept for all, scores
        under way, and uploads. Results that no workspace holds go first, then workspaces without a
        connection. With the app itself, the decoders and an upload's copy the default fits in
        the memory that compose.yaml gives (docs/deployment.md, "Memory").
    workspace_minutes : float
        How long a workspace is kept after its last connection, in minutes.
    max_connections : int
        Open WebSockets in all: one for each tab, and one more where the page Live is open. Each
        costs four open files, and a thread while the script runs.
    max_connections_per_address : int
        Of these, from one address: an IPv4 address, or 64 bits of an IPv6 address.
    max_uploads_mb : int
        What uploads may take together while they are under way, or wait for the page to take them,
        in MB of a million bytes.
    max_uploads_mb_per_address : int
        Of these, what one address may have. The largest file that the page accepts, 500 MiB, takes
        524.
    max_workspaces : int
        Workspaces in all. Those without a connection go first.
    max_workspaces_per_address : int
        Of these, from one address. Its own without a connection go first.
    allow_model_upload : bool
        Whether visitors may bring models, which are input to native code. Unless it is set they
        may only where the server is bound to localhost.
    """

    max_duration_s: float = field(default=MAX_DURATION_S, metadata=_from(1, 86_400))
    max_recorded_s: float = field(default=MAX_RECORDED_S, metadata=_from(10, 14_400))
    max_scores: int = field(default=MAX_SCORES, metadata=_from(1_000, 2_000_000_000))
    max_clips: int = field(default=100, metadata=_from(1, 1_000))
    max_clips_mb: int = field(default=1_000, metadata=_from(1, 100_000))
    max_results: int = field(default=32, metadata=_from(1, 10_000))
    max_results_mb: int = field(default=500, metadata=_from(1, 100_000))
    max_analyses: int = field(
        default_factory=lambda: 2 * usable_cores(),
        metadata={**_from(1, 1_000), "unset": "twice the cores"},
    )
    max_listeners: int = field(default=20, metadata=_from(1, 1_000))
    max_export_mb: int = field(default=600, metadata=_from(1, 100_000))
    max_workspace_mb: int = field(default=1_200, metadata=_from(1, 100_000))
    max_workspaces_mb: int = field(default=1_600, metadata=_from(1, 1_000_000))
    workspace_minutes: float = field(default=30.0, metadata=_from(0, 10_080))
    max_connections: int = field(default=200, metadata=_from(1, 100_000))
    max_connections_per_address: int = field(default=100, metadata=_from(1, 100_000))
    max_uploads_mb: int = field(default=1_200, metadata=_from(1, 100_000))
    max_uploads_mb_per_address: int = field(default=800, metadata=_from(1, 100_000))
    max_workspaces: int = field(default=1_000, metadata=_from(1, 1_000_000))
    max_workspaces_per_address: int = field(default=100, metadata=_from(1, 1_000_000))
    allow_model_upload: bool = field(
        default=False, metadata={"unset": "only where `server.address` is localhost"}
    )

    @property
    def max_clips_bytes(self) -> int:
        """`max_clips_mb` in bytes."""
        return self.max_clips_mb * MB

    @property
    def max_results_bytes(self) -> int:
        """`max_results_mb` in bytes."""
        return self.max_results_mb * MB
