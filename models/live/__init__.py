"""Live classification of a microphone stream.

`packets` reads packets and queues them for the worker, `intake` joins packets into one continuous
waveform, `audio_buffer` and `waveform` keep the last minutes of audio, `schedule` places the
windows, `frames` and `event_log` store scores and events, `edges` refines the events by the sound.
`worker` runs all of this in a thread, and returns a `snapshot`. `session` is the live session of
one visitor, `playback` plays a clip into it, and `seats` limits the number of concurrent sessions.
"""

from models.live.audio_buffer import MAX_RECORDED_S
from models.live.event_log import HeardEvent
from models.live.frames import Frames
from models.live.intake import Gap
from models.live.packets import Packet
from models.live.playback import MAX_PLAYED_S, Playback
from models.live.seats import Seats
from models.live.session import LiveSession, News, Source, Way
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Health, Meter, Snapshot
from models.live.waveform import Waveform
from models.live.worker import LiveStream

__all__ = [
    "MAX_PLAYED_S",
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
    "Playback",
    "Seats",
    "Snapshot",
    "Source",
    "Waveform",
    "Way",
]
