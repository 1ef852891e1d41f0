"""Configurable limits on visitors, work and memory."""

from dataclasses import dataclass, field

from models.analysis import MAX_SCORES
from models.audio import MAX_DURATION_S
from models.inference.worker_pool import usable_cores
from models.live import MAX_RECORDED_S

MB = 1_000_000


def _from(least: float, most: float) -> dict[str, float]:
    """Return the metadata of a limit's valid range, both ends inclusive."""
    return {"least": least, "most": most}


@dataclass(frozen=True)
class Limits:
    """Limits of this server.

    Parameters
    ----------
    max_duration_s : float
        Maximum duration of a clip, in seconds. Apart from its scores, a long clip takes no more
        memory than a short one.
    max_recorded_s : float
        Maximum duration kept of a recording from the microphone, in seconds.
    max_scores : int
        Maximum number of scores of one timeline, windows times classes, of 4 bytes each. YAMNet
        gives 75 million (300 MB) for four hours at the shortest hop, 0.1 s.
    max_clips : int
        Maximum number of clips in one workspace.
    max_clips_mb : int
        Maximum total size of their files, in MB (10^6 bytes). The largest file that the page
        accepts, 500 MiB, takes 524 MB.
    max_results : int
        Maximum number of cached analyses.
    max_results_mb : int
        Maximum total size of these, and of one visitor's, in MB (10^6 bytes). Ten minutes at a hop
        of 0.1 s take 13 MB.
    max_analyses : int
        Maximum number of concurrent analyses, comparisons and trainings; the others wait in a fair
        queue. The default is twice the number of cores, so that one clip is decoded while another
        is classified.
    max_listeners : int
        Maximum number of concurrent live sessions. Two cores serve twenty (docs/performance.md).
    max_export_mb : int
        Maximum size of an exported file, and of all finished ones of a workspace, in MB. All scores
        of four hours at the shortest hop take 500 MB in the largest format and 300 MB in the ZIP.
    max_workspace_mb : int
        Maximum total size of one workspace, in MB: clips, examples, models, live audio, lists of
        true events, results and exports.
    max_workspaces_mb : int
        Maximum total size for all visitors, in MB: workspaces, cached results, scores being
        computed, and uploads. Results that no workspace holds are evicted first, then workspaces
        without a connection. With the application itself, the decoders and a copy of an upload, the
        default fits into the memory limit of compose.yaml (docs/deployment.md, "Memory").
    workspace_minutes : float
        Time for which a workspace is kept after its last connection, in minutes.
    max_connections : int
        Maximum number of open WebSockets: one per tab, and a second one if the page Live is open.
        Each takes four open files, and a thread while the script runs.
    max_connections_per_address : int
        Maximum number of these per address: an IPv4 address, or a 64-bit IPv6 network.
    max_uploads_mb : int
        Maximum total size of uploads that are being received or wait to be read by the page, in MB
        (10^6 bytes).
    max_uploads_mb_per_address : int
        Maximum of these per address, in MB. The largest file that the page accepts, 500 MiB, takes
        524 MB.
    max_workspaces : int
        Maximum number of workspaces. Those without a connection are closed first.
    max_workspaces_per_address : int
        Maximum number of these per address. Its own without a connection are closed first.
    allow_model_upload : bool
        Whether visitors may upload models, which are input to native code. By default only if the
        server is bound to localhost.
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
