"""Command line of archives.

Results are written to the standard output, one a line: as a table for people, or as JSON Lines with
``--json``. Progress and errors are written to the standard error. Exit codes: 0 if all went well, 1
if some files could not be analysed or ``verify`` found faults, 2 for an error, 130 after Ctrl+C.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from models.archive.archive import Archive, open_archive
from models.archive.demonstration import demonstrate
from models.archive.export import json_lines, write_hits
from models.archive.hits import Addition, Fault, Hit
from models.audio import Clip, load_clip
from models.errors import EarmarkError, SettingError

OK, INCOMPLETE, FAILED, INTERRUPTED = 0, 1, 2, 130

_BAR_CHARACTERS = 30
_REPORTED_S = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(open_archive(options.archive), options)
    except EarmarkError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted; what was committed is kept.", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:  # such as by head
        sys.stderr.close()
        return OK
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.archive", description="Find sounds in an archive of recordings."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _command(commands, "add", _add, "analyse recordings and store their features")
    add.add_argument("recordings", nargs="+", help="files, folders, and patterns with * and **")
    add.add_argument("--model", help="a model with embeddings (yamnet for a new archive)")
    add.add_argument("--hop", type=float, metavar="SECONDS", help="step between two windows")
    add.add_argument("--workers", type=int, help="local processes (one per core); 0 for none")
    add.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, tcp://host:8786")
    _command(commands, "summary", _summary, "count recordings, hours and events")
    find = _command(commands, "find", _find, "find the events of a class")
    find.add_argument("label", help="the class, as the model spells it")
    _among(find)
    similar = _command(commands, "similar", _similar, "find what sounds like a recording")
    similar.add_argument("examples", nargs="+", metavar="FILE[@START-END]", help="in seconds")
    similar.add_argument("--not", dest="negative", nargs="+", default=[], metavar="FILE")
    _among(similar, scored=False)
    export = _command(commands, "export", _export, "write events to a file")
    export.add_argument("target", type=Path, help="a .csv, .jsonl or .parquet file")
    export.add_argument("--label", help="one class; all by default")
    _among(export, limited=False)
    demonstrate = _command(commands, "demonstrate", _demonstrate, "make an archive to try it on")
    demonstrate.add_argument("--model", default="builtin", help="a model with embeddings")
    verify = _command(commands, "verify", _verify, "check the tables, and that files are there")
    verify.add_argument("--contents", action="store_true", help="read every file completely")
    return parser


def _command(commands: Any, name: str, run: object, text: str) -> argparse.ArgumentParser:  # noqa: ANN401
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("archive", help="a folder, or the URL of object storage")
    parser.add_argument("--json", action="store_true", help="write JSON Lines")
    parser.set_defaults(command=run)
    return parser


def _among(parser: argparse.ArgumentParser, *, scored: bool = True, limited: bool = True) -> None:
    if scored:
        parser.add_argument("--min-score", type=float, default=0.4, help="0.2 to 1")
    parser.add_argument("--after", metavar="TIME", help="such as 2023-05-01T05:30")
    parser.add_argument("--before", metavar="TIME")
    parser.add_argument(
        "--time-of-day", nargs=2, metavar=("FROM", "TO"), help="such as 22:00 04:30"
    )
    parser.add_argument("--path", metavar="PATTERN", help="such as '*/night/*'")
    if limited:
        parser.add_argument("--limit", type=int, default=50)


def _add(archive: Archive, options: argparse.Namespace) -> int:
    with _Bar("Adding", sys.stderr) as bar:
        addition = archive.add(
            options.recordings,
            model=options.model,
            hop_s=options.hop,
            workers=options.workers,
            client=options.cluster,
            progress=bar.tell,
            on_dashboard=lambda address: bar.write(f"Dask's dashboard: {address}"),
        )
    _write(_added(addition) if not options.json else json.dumps(asdict(addition)))
    for fault in addition.failed:
        print(f"{fault.path}: {fault.reason}", file=sys.stderr)  # noqa: T201
    return INCOMPLETE if addition.failed else OK


def _summary(archive: Archive, options: argparse.Namespace) -> int:
    summary = archive.summary()
    by_day = {str(day): round(hours, 3) for day, hours in summary.hours_by_day.items()}
    if options.json:
        _write(json.dumps({**asdict(summary), "hours_by_day": by_day}, ensure_ascii=False))
        return OK
    _write(f"{summary.recordings:,} recordings, {summary.hours:,.1f} h; {summary.failed:,} failed")
    _write(f"{summary.windows:,} windows, {summary.events:,} events; model {summary.model or '-'}")
    if summary.size_bytes is not None:
        _write(f"{summary.size_bytes / 1e6:,.1f} MB")
    for label, count in list(summary.classes.items())[:20]:
        _write(f"{count:>9,}  {label}")
    for day, hours in by_day.items():
        _write(f"{hours:>9.2f} h  {day}")
    return OK


def _find(archive: Archive, options: argparse.Namespace) -> int:
    found = archive.events(
        options.label, min_score=options.min_score, limit=options.limit, **_within(options)
    )
    return _write_hits(found, options)


def _similar(archive: Archive, options: argparse.Namespace) -> int:
    model = archive.model
    sample_rate = 16_000 if model is None else model.sample_rate
    examples, negative = (
        [_example(each, sample_rate) for each in listed]
        for listed in (options.examples, options.negative)
    )
    found = archive.similar(examples, negative=negative, limit=options.limit, **_within(options))
    return _write_hits(found, options)


def _export(archive: Archive, options: argparse.Namespace) -> int:
    found = archive.events(
        options.label, min_score=options.min_score, limit=None, **_within(options)
    )
    count = write_hits(found, options.target)
    _write(json.dumps({"events": count}) if options.json else f"{count:,} events")
    return OK


def _demonstrate(archive: Archive, options: argparse.Namespace) -> int:
    folder = Path(options.archive)
    with _Bar("Adding", sys.stderr) as bar:
        addition = demonstrate(
            archive,
            folder.with_name(f"{folder.name}-recordings"),
            model=options.model,
            progress=bar.tell,
        )
    _write(_added(addition) if not options.json else json.dumps(asdict(addition)))
    return OK


def _verify(archive: Archive, options: argparse.Namespace) -> int:
    with _Bar("Verifying", sys.stderr) as bar:
        faults = archive.verify(contents=options.contents, progress=bar.tell)
    _write_faults(faults, as_json=options.json)
    return INCOMPLETE if faults else OK


_WITHIN = ("after", "before", "time_of_day", "path")


def _within(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in _WITHIN}


def _example(text: str, sample_rate: int) -> Clip:
    """Load a recording, or the stretch of it that ``@START-END`` names."""
    path, _, stretch = text.rpartition("@")
    if not path or Path(text).exists():
        return load_clip(text, sample_rate=sample_rate)
    start, _, end = stretch.partition("-")
    clip = load_clip(path, sample_rate=sample_rate)
    try:
        first, last = (round(float(each) * sample_rate) for each in (start, end))
    except ValueError:
        first, last = 0, 0
    if not 0 <= first < min(last, len(clip.samples)):
        raise SettingError(
            f"The stretch {stretch!r} is not in {path}.",
            allowed=f"It is START-END in seconds, up to {clip.duration_s:.2f}.",
            remedy="Write it like bell.wav@1.5-3.",
        )
    return Clip.from_samples(clip.samples[first:last], sample_rate)


def _write_hits(hits: Iterable[Hit], options: argparse.Namespace) -> int:
    if options.json:
        sys.stdout.writelines(json_lines(hits))
        return OK
    for hit in hits:
        at = "" if hit.at is None else f"  {hit.at:%Y-%m-%d %H:%M:%S}"
        label = f"  {hit.label}" if hit.label else ""
        _write(f"{hit.score:.3f}  {hit.onset_s:10.2f} s  {hit.path}{at}{label}")
    return OK


def _write_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    for fault in faults:
        _write(json.dumps(asdict(fault)) if as_json else f"{fault.path}: {fault.reason}")
    if not faults and not as_json:
        _write("No faults.")


def _added(addition: Addition) -> str:
    return (
        f"{addition.found:,} files: {addition.added:,} added, {addition.replaced:,} replaced,"
        f" {addition.moved:,} moved, {addition.skipped:,} skipped, {len(addition.failed):,} failed;"
        f" {addition.hours:,.2f} h analysed"
    )


def _write(line: str) -> None:
    print(line)  # noqa: T201


class _Bar:
    """Progress bar on a terminal; nothing elsewhere."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = title
        self._stream = stream
        self._is_shown = stream.isatty()
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._show("\r\033[K")

    def tell(self, fraction: float) -> None:
        """Draw the bar."""
        now = time.monotonic()
        if now - self._told < _REPORTED_S:
            return
        self._told = now
        filled = round(fraction * _BAR_CHARACTERS)
        bar = "#" * filled + "." * (_BAR_CHARACTERS - filled)
        left = f", {_spoken((now - self._begun) * (1 / fraction - 1))} left" if fraction else ""
        self._show(f"\r{self._title} [{bar}] {fraction:6.1%}{left}\033[K")

    def write(self, line: str) -> None:
        """Write a line above the bar."""
        self._show(f"\r\033[K{line}\n")

    def _show(self, text: str) -> None:
        if self._is_shown:
            self._stream.write(text)
            self._stream.flush()


def _spoken(seconds: float) -> str:
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_minutes = divmod(minutes, 60)
    return f"{hours} h {rest_minutes} min" if hours else f"{minutes} min {rest_s} s"
