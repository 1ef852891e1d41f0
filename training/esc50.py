"""ESC-50: its recordings, and its classes as AudioSet labels.

Conventions
-----------
Two layouts are supported:

- ESC-50 as published (https://github.com/karolpiczak/ESC-50): ``meta/esc50.csv`` with the columns
  ``filename``, ``fold`` and ``category``, and the folder ``audio``.
- A folder for each class, with a table ``clips.tsv`` of the columns ``file``, ``class`` and
  ``fold``.

Fold 4 is for validation, fold 5 for testing; neither is used for training. Clips of one original
recording are all in the same fold.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import RecordingError

TRAINING_FOLDS = (1, 2, 3)
VALIDATION_FOLD = 4

AUDIOSET_LABELS: Mapping[str, tuple[str, ...]] = {
    "airplane": ("Fixed-wing aircraft, airplane", "Jet engine"),
    "breathing": ("Breathing", "Gasp", "Wheeze", "Pant"),
    "brushing_teeth": ("Toothbrush",),
    "can_opening": ("Burst, pop",),
    "car_horn": ("Vehicle horn, car horn, honking", "Toot", "Air horn, truck horn"),
    "cat": ("Cat", "Meow", "Purr", "Caterwaul", "Hiss"),
    "chainsaw": ("Chainsaw",),
    "chirping_birds": ("Chirp, tweet", "Bird vocalization, bird call, bird song", "Bird"),
    "church_bells": ("Church bell", "Bell"),
    "clapping": ("Clapping", "Applause"),
    "clock_alarm": ("Alarm clock", "Beep, bleep"),
    "clock_tick": ("Tick-tock", "Tick", "Clock", "Mechanisms"),
    "coughing": ("Cough", "Throat clearing"),
    "cow": ("Moo", "Cattle, bovinae"),
    "crackling_fire": ("Fire", "Crackle"),
    "crickets": ("Cricket",),
    "crow": ("Crow", "Caw"),
    "crying_baby": ("Baby cry, infant cry", "Crying, sobbing", "Whimper"),
    "dog": ("Dog", "Bark", "Bow-wow", "Yip", "Howl", "Growling"),
    "door_knock": ("Knock", "Door"),
    "door_wood_creaks": ("Squeak", "Creak", "Sliding door"),
    "drinking_sipping": ("Gargling", "Burping, eructation", "Chewing, mastication"),
    "engine": (
        "Engine",
        "Idling",
        "Engine starting",
        "Engine knocking",
        "Medium engine (mid frequency)",
    ),
    "fireworks": ("Fireworks", "Firecracker"),
    "footsteps": ("Walk, footsteps", "Run"),
    "frog": ("Frog", "Croak"),
    "glass_breaking": ("Shatter", "Glass", "Breaking"),
    "hand_saw": ("Sawing",),
    "helicopter": ("Helicopter",),
    "hen": ("Cluck",),
    "insects": ("Bee, wasp, etc.", "Mosquito", "Fly, housefly", "Buzz"),
    "keyboard_typing": ("Computer keyboard", "Typing", "Typewriter"),
    "laughing": (
        "Laughter",
        "Giggle",
        "Belly laugh",
        "Chuckle, chortle",
        "Snicker",
        "Baby laughter",
    ),
    "mouse_click": ("Clicking", "Mouse"),
    "pig": ("Oink", "Pig"),
    "pouring_water": ("Pour", "Fill (with liquid)", "Trickle, dribble"),
    "rain": ("Rain", "Raindrop", "Rain on surface"),
    "rooster": ("Crowing, cock-a-doodle-doo",),
    "sea_waves": ("Waves, surf", "Ocean"),
    "sheep": ("Bleat", "Sheep", "Goat"),
    "siren": (
        "Siren",
        "Civil defense siren",
        "Ambulance (siren)",
        "Police car (siren)",
        "Fire engine, fire truck (siren)",
        "Emergency vehicle",
    ),
    "sneezing": ("Sneeze",),
    "snoring": ("Snoring", "Snort"),
    "thunderstorm": ("Thunderstorm", "Thunder"),
    "toilet_flush": ("Toilet flush",),
    "train": (
        "Train",
        "Rail transport",
        "Railroad car, train wagon",
        "Train horn",
        "Train whistle",
        "Train wheels squealing",
        "Clickety-clack",
    ),
    "vacuum_cleaner": ("Vacuum cleaner",),
    "washing_machine": ("Mechanical fan", "Air conditioning"),
    "water_drops": ("Drip",),
    "wind": ("Wind", "Wind noise (microphone)", "Rustling leaves"),
}
"""AudioSet's labels for each class of ESC-50, for the zero-shot accuracy of any model with
AudioSet's classes: a class's score is the highest of its labels' mean scores over the clip."""

CATEGORIES = tuple(sorted(AUDIOSET_LABELS))
"""ESC-50's classes, in the order of their indices."""

WITHOUT_COUNTERPART = frozenset(
    {"can_opening", "drinking_sipping", "mouse_click", "washing_machine"}
)
"""Classes for which AudioSet has no exact label: they never correct the teacher."""


@dataclass(frozen=True)
class Recording:
    """One clip of ESC-50.

    Parameters
    ----------
    path : Path
        Its file.
    category : str
        Its class, one of ESC-50's fifty.
    fold : int
        1 to 5.
    """

    path: Path
    category: str
    fold: int


def read_recordings(folder: Path) -> list[Recording]:
    """List the clips of ESC-50 in a folder, in the order of their paths.

    Raises
    ------
    RecordingError
        If the folder has neither layout.
    """
    published, table = folder / "meta" / "esc50.csv", folder / "clips.tsv"
    if published.is_file():
        rows, audio = _rows(published, ","), folder / "audio"
        found = [Recording(audio / r["filename"], r["category"], int(r["fold"])) for r in rows]
    elif table.is_file():
        rows = _rows(table, "\t")
        found = [
            Recording(folder / r["file"], r["file"].partition("/")[0], int(r["fold"])) for r in rows
        ]
    else:
        raise RecordingError(
            f"{folder} has neither meta/esc50.csv nor clips.tsv.",
            allowed="ESC-50 as published, or a folder for each class with a table clips.tsv.",
            remedy="Give the folder into which ESC-50 was unpacked.",
        )
    return sorted(found, key=lambda recording: recording.path)


def _rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))
