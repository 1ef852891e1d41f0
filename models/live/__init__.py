"""From packets of a microphone to events, while they sound.

`packets` buffers what arrives until the worker takes it, `pcm` reads packets that come over a
WebSocket, `intake` makes one continuous waveform of them, `audio_buffer` and `waveform` keep the
last minutes, `schedule` says where windows lie, `frames` and `event_log` keep scores and events;
`worker` does all of this in a thread of its own, and `stream` is its handle, which gives a
`snapshot`. `session` is one visitor's listening, and `seats` bounds how many listen.
"""

from models.live.audio_buffer import MAX_RECORDED_S
from models.live.event_log import HeardEvent
from models.live.frames import Frames
from models.live.intake import Gap
from models.live.packets import Packet
from models.live.seats import Seats
from models.live.session import LiveSession, News, Source, Way
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Health, Meter, Snapshot
from models.live.stream import LiveStream
from models.live.waveform import Waveform

__all__ = [
    "MAX_RECORDED_S",
    "Cursor",
    "Excerpt",
    "Frames",
    "Gap",
    "Health",
    "HeardEvent",
    "LiveSession",
    "LiveSettings",
    "LiveStream",
    "Meter",
    "News",
    "Packet",
    "Seats",
    "Snapshot",
    "Source",
    "Waveform",
    "Way",
]
