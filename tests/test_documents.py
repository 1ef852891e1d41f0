"""Documents, metadata and workflows agree with the code and with each other."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from models import export

PROJECT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(PROJECT.glob("*.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
    PROJECT / "models" / "builtin" / "README.md",
    PROJECT / "models" / "weights" / "README.md",
    PROJECT / "training" / "README.md",
]
HISTORY = PROJECT / "CHANGELOG.md"  # names files that are gone
PLAIN = [
    *DOCUMENTS,
    *(PROJECT / one for one in ("NOTICE", "Dockerfile", "compose.yaml")),
    *sorted((PROJECT / "deployment").iterdir()),
]
PYTHONS = ("3.11", "3.12", "3.13")
VAGUE = r"\b(whoever|somebody|anybody|nobody|everybody)\b"


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def text(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """The document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def section(document: str, heading: str) -> str:
    (found,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", document, re.M | re.S)
    return str(found)


def anchor(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def numbers(words: str) -> set[str]:
    return set(re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", words))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if "://" not in target:
            file, _, fragment = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            assert there.exists(), target
            if fragment:
                headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.M)
                assert fragment in map(anchor, headings), target


@pytest.mark.parametrize("path", sorted({*DOCUMENTS} - {HISTORY}), ids=name)
def test_the_paths_that_a_document_names_exist(path: Path) -> None:
    top = "models|components|tests|training|benchmarks|deployment|docs|\\.streamlit|\\.ci"
    for named in re.findall(rf"`((?:{top})/[\w./-]*)`", prose(path)):
        made_later = named.startswith(("models/NAME", "models/weights/", ".streamlit/secrets"))
        assert made_later or (PROJECT / named).exists(), named
    if any(path.parent.glob("*.py")):  # a folder's own document names the modules beside it
        for named in re.findall(r"`(\w+\.py)`", prose(path)):
            assert (path.parent / named).exists() or (PROJECT / named).exists(), named


@pytest.mark.parametrize("path", PLAIN, ids=name)
def test_documents_name_who_they_speak_of(path: Path) -> None:
    """Documents say visitor, operator or process."""
    assert not re.search(VAGUE, path.read_text(encoding="utf-8"), re.I)


def test_the_code_names_who_it_speaks_of() -> None:
    """Likewise its docstrings, comments, errors and page texts."""
    folders = ("models", "components", "training", "benchmarks", "tests")
    files = [file for folder in folders for file in (PROJECT / folder).rglob("*.*")]
    code = [file for file in files if file.suffix in {".py", ".js", ".css", ".html"}]
    vague = {
        name(file): found[0]
        for file in code
        if file != Path(__file__)  # has the words themselves
        and (found := re.search(VAGUE, file.read_text(encoding="utf-8"), re.I))
    }
    assert len(code) > 400
    assert vague == {}


def test_the_readme_gives_no_figure_of_speed_that_was_not_measured() -> None:
    measured = numbers(text("docs/performance.md"))
    given = numbers(section(text("README.md"), "Speed"))
    assert given
    assert given <= measured


def test_the_readme_counts_formats_as_the_code_does() -> None:
    words = {13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen"}
    assert f"{words[len(export.FORMATS)]} formats" in " ".join(text("README.md").split())


def test_the_picture_of_the_page_at_work_loads_quickly() -> None:
    pictures = re.findall(r"\((docs/screenshots/[^)]+)\)", text("README.md"))
    assert pictures
    assert sum((PROJECT / one).stat().st_size for one in pictures) < 4_000_000


def test_one_version_stands_everywhere() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    (released, date), *_ = re.findall(
        r"^## \[(\d[\d.]+)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.M
    )
    citation = yaml.safe_load(text("CITATION.cff"))
    assert released == citation["version"] == version
    assert str(citation["date-released"]) == date
    assert f"| {version.rpartition('.')[0]} | yes |" in text("SECURITY.md")


def asked(file: str) -> Iterator[Requirement]:
    """What a file of requirements asks for, with the files that it includes."""
    for line in text(file).splitlines():
        wanted = line.partition("#")[0].strip()
        if wanted.startswith("-r "):
            yield from asked(wanted.removeprefix("-r "))
        elif wanted:
            yield Requirement(wanted)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", [("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows")])
def test_the_lock_file_has_a_version_of_all_that_is_asked_for(
    python: str, system: tuple[str, str]
) -> None:
    place = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system[0],
        "platform_system": system[1],
    }
    here = [
        {canonicalize_name(one.name): one for one in asked(file) if fits(one, place)}
        for file in ("requirements-dev.txt", "requirements.lock")
    ]
    wanted, locked = here
    for key, one in wanted.items():
        (exactly,) = locked[key].specifier
        assert one.specifier.contains(exactly.version), one


def fits(one: Requirement, place: dict[str, str]) -> bool:
    return one.marker is None or one.marker.evaluate(place)


def test_workflows_run_the_pythons_that_the_readme_names() -> None:
    jobs = yaml.safe_load(text(".github/workflows/tests.yml"))["jobs"]
    assert tuple(jobs["tests"]["strategy"]["matrix"]["python"]) == PYTHONS
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in text("README.md")


def test_actions_are_pinned_to_commits() -> None:
    for file in (PROJECT / ".github").rglob("*.yml"):
        for used in re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8")):
            assert used.startswith("./") or re.search(r"@[0-9a-f]{40}$", used), used


def test_the_notice_names_the_licences_of_data() -> None:
    notice = " ".join(text("NOTICE").split())
    for named in ("AudioSet ontology", "CC BY-SA 4.0", "YAMNet", "ESC-50", "attribution.tsv"):
        assert named in notice
    tracked = subprocess.run(
        ["git", "ls-files", "*.tsv", "*.tflite"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode == 0:  # a checkout, not an unpacked archive
        for file in tracked.stdout.split():
            assert file in notice, f"{file} is data, and NOTICE says nothing of its licence"
