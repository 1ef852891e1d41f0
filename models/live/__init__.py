"""From packets of a microphone to events, as they sound.

`packets` keeps what arrives until the worker takes it, `intake` makes one continuous waveform of
it, `tape` and `waveform` keep the last minutes, `schedule` says where windows lie, `frames` and
`log` keep what was heard; `listener` is the worker that does all of this in its own thread, and
`stream` the handle that a page holds, which reads a `snapshot`. `seats` bounds how many listen.
"""

from models.live.frames import Frames
from models.live.intake import Gap
from models.live.log import HeardEvent
from models.live.packets import Packet
from models.live.seats import Seats
from models.live.session import LiveSession
from models.live.settings import LiveSettings
from models.live.snapshot import Excerpt, Health, Meter, Snapshot
from models.live.stream import LiveStream
from models.live.tape import MAX_RECORDED_S
from models.live.waveform import Waveform

__all__ = [
    "MAX_RECORDED_S",
    "Excerpt",
    "Frames",
    "Gap",
    "Health",
    "HeardEvent",
    "LiveSession",
    "LiveSettings",
    "LiveStream",
    "Meter",
    "Packet",
    "Seats",
    "Snapshot",
    "Waveform",
]
