"""Download and unpacking of Debian packages with free recordings.

Conventions
-----------
All packages are in Debian 12's section ``main``, so their licences allow any use (Debian Free
Software Guidelines). They are downloaded and unpacked, never installed. Only sounds, archives
that may contain sounds, and the copyright file of each package are kept.
"""

import logging
import shutil
import subprocess
import tempfile
from pathlib import Path

_log = logging.getLogger(__name__)

EFFECTS = (
    *("tuxpaint-stamps-default", "hedgewars-data", "gcompris-qt-data", "pysiogame", "freedoom"),
    *("openttd-opensfx", "warzone2100-data", "torcs-data", "fillets-ng-data", "wesnoth-1.16-data"),
    *("colobot-common-sounds", "megaglest-data", "supertuxkart-data", "openclonk-data"),
    *("unknown-horizons", "widelands-data", "sound-theme-freedesktop", "sound-icons"),
    *("oxygen-sounds", "frozen-bubble-data", "extremetuxracer-data", "enigma-data"),
    *("lincity-ng-data", "minetest-data", "pokerth-data", "tuxtype-data", "tuxmath-data"),
    *("pingus-data", "xmoto-data", "scorched3d-data", "btanks-data", "warmux-data"),
    *("trigger-rally-data", "supertux-data", "openarena-data", "endless-sky-data"),
    *("ri-li-data", "powermanga-data", "atanks-data", "lbreakouthd-data", "holotz-castle-data"),
    *("simutrans-pak64", "blobby-data"),
    *("khangman", "teeworlds-data"),
)
"""Games and education: animals, vehicles, machines, water, weapons, voices, interface sounds."""

SPEECH = (
    *(f"asterisk-core-sounds-{language}-g722" for language in ("en", "es", "fr", "it", "ru")),
    *("klettres-data", "ktuberling-data", "kanagram"),
)
"""Recorded speech in some forty languages."""

MUSIC = ("wesnoth-1.16-music", "asc-music", "singularity-music", "hyperrogue-music")
"""Whole pieces of music. The effects packages contain more."""

INSTRUMENTS = ("hydrogen-drumkits", "hydrogen-data", "sonic-pi-samples")
"""Single notes and strokes."""

SOUNDFONTS = ("fluid-soundfont-gm",)
"""Soundfonts that `training.music` plays."""

KINDS = {"effect": EFFECTS, "speech": SPEECH, "music": MUSIC, "instrument": INSTRUMENTS}
"""Kind of a package's recordings, unless their name says otherwise."""

SOUND_SUFFIXES = frozenset(
    {".ogg", ".oga", ".wav", ".mp3", ".flac", ".opus", ".au", ".aif", ".aiff", ".g722", ".wv"}
)
ARCHIVE_SUFFIXES = frozenset(
    {".zip", ".wz", ".pk3", ".rcc", ".cat", ".wad", ".bin", ".sf2", ".sf3"}
)


def fetch_packages(folder: Path) -> None:
    """Download and unpack every package that is missing.

    Parameters
    ----------
    folder : Path
        Target, with one folder per package. 4 GB are downloaded, about 3 GB are kept.

    Raises
    ------
    subprocess.CalledProcessError
        If ``apt-get download`` or ``dpkg`` fails.
    """
    for name in (*EFFECTS, *SPEECH, *MUSIC, *INSTRUMENTS, *SOUNDFONTS):
        if not (folder / name).is_dir():
            _log.info("Fetching %s", name)
            _fetch(name, folder)


def _fetch(name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        subprocess.run(["apt-get", "download", "-q", name], cwd=work, check=True)  # noqa: S603, S607
        (package,) = Path(work).glob("*.deb")
        unpack(package, folder / name)


def unpack(package: Path, target: Path) -> None:
    """Unpack the sounds, archives and copyright file of a package into a new folder."""
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        unpacked, kept = Path(work, "unpacked"), Path(work, "kept")
        subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True)  # noqa: S603, S607
        kept.mkdir()
        for path in sorted(unpacked.rglob("*")):
            wanted = path.suffix.lower() in SOUND_SUFFIXES | ARCHIVE_SUFFIXES
            wanted = wanted or path.name == "copyright"
            if wanted and path.is_file() and not path.is_symlink():
                goal = kept / path.relative_to(unpacked)
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, goal)
        kept.rename(target)
