"""What the image, the proxy and the relay are told agrees, and the image's command serves."""

import ipaddress
import json
import math
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from streamlit import config

from components.live import ice
from components.server import request_bounds, websocket_memory
from components.teach import example_intake, lesson_upload
from components.workspace import room, shared
from components.workspace.operator import UPLOAD_VARIABLE, Limits, variable
from components.workspace.own_models import MAX_BROUGHT
from models.audio.decoder.pool import DecoderLimits
from models.registry.local_models import MAX_MODEL_BYTES
from models.teaching import lesson

PROJECT = Path(__file__).parents[1]
DIGEST = r"(@sha256:[0-9a-f]{64})?"
START_UP_S = 60  # five seconds, but for a machine that is busy with other work
CADDYFILE = (PROJECT / "deployment" / "Caddyfile").read_text()
TURN = (PROJECT / "deployment" / "turnserver.conf").read_text()
DOCUMENT = (PROJECT / "docs" / "deployment.md").read_text()
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
APP = COMPOSE["services"]["app"]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, each with what follows it."""
    joined = re.sub(r"\\\n\s*", "", (PROJECT / "Dockerfile").read_text())
    lines = [line.strip() for line in joined.splitlines()]
    parted = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(name, rest.strip()) for name, _, rest in parted]


def told(name: str) -> str:
    """What follows the one instruction of a name."""
    (rest,) = [rest for found, rest in instructions() if found == name]
    return rest


def environment() -> dict[str, str]:
    return dict(item.split("=", 1) for item in shlex.split(told("ENV")))


def copied() -> list[str]:
    return [rest.split()[0] for name, rest in instructions() if name == "COPY"]


@dataclass(frozen=True)
class Container:
    """The image's command, running on what the image holds."""

    process: subprocess.Popen[bytes]
    port: int


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """Copy what the Dockerfile copies, and run its command with its environment."""
    folder = tmp_path_factory.mktemp("image")
    for name in copied():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target)
        else:
            shutil.copy(PROJECT / name, target)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *json.loads(told("CMD"))],
        cwd=folder,
        env={**os.environ, **environment(), **here},
    )
    yield Container(process, port)
    process.kill()
    process.wait(60)


def is_healthy(container: Container) -> bool:
    """Ask as the image's health check does."""
    command = json.loads(told("HEALTHCHECK").partition("CMD ")[2])
    own_port = environment()["STREAMLIT_SERVER_PORT"]
    assert own_port in command[-1]
    asked = [sys.executable, *command[1:-1], command[-1].replace(own_port, str(container.port))]
    return subprocess.run(asked, stderr=subprocess.DEVNULL, check=False).returncode == 0


def refused(request: urllib.request.Request) -> int:
    """Send a request that must not succeed; return the status."""
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)  # noqa: S310  # to this machine
    return refusal.value.code


def test_the_image_serves_protects_and_stops(container: Container) -> None:
    assert not is_healthy(container), "nothing listens yet"
    deadline = time.monotonic() + START_UP_S
    while not is_healthy(container):
        assert time.monotonic() < deadline
        assert container.process.poll() is None
    core = f"http://127.0.0.1:{container.port}/_stcore"
    upload = urllib.request.Request(f"{core}/upload_file/a/b", b"x", method="PUT")  # noqa: S310
    assert refused(upload) == 403, "an upload that does not say which page sends it"
    agent = urllib.request.Request(f"{core}/agent/interact", b"{}", method="POST")  # noqa: S310
    assert refused(agent) == 403, "a way around the page"
    container.process.send_signal(signal.SIGTERM)
    # Within ten seconds, after which Docker kills. uvicorn closes everything, and then ends by the
    # signal itself.
    assert container.process.wait(60) in (0, -signal.SIGTERM)


def test_the_image_holds_the_app_and_nothing_else() -> None:
    installed = {"requirements.txt", "requirements.lock"}
    licences = {"LICENSE", "NOTICE"}
    app = installed | licences | {"app.py", ".streamlit/config.toml", "components", "models"}
    assert set(copied()) == app
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    first, *patterns = [line for line in lines if line and not line.startswith("#")]
    assert first == "**"
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == app


def test_what_runs_is_pinned_and_not_root() -> None:
    assert re.fullmatch(rf"python:3\.11\.\d+-slim-bookworm{DIGEST}", told("FROM"))
    order = [name for name, _ in instructions()]
    assert "RUN" not in order[order.index("USER") :]
    assert int(told("USER")) >= 1000, "numbers below are the system's"
    assert any(f"useradd --uid {told('USER')} " in rest for _, rest in instructions())
    for service in COMPOSE["services"].values():
        name, _, tag = service["image"].partition(":")
        assert name == "earmark" or re.fullmatch(rf"\d+\.\d+\.\d+-alpine{DIGEST}", tag)


def requirements(name: str) -> list[Requirement]:
    """What a file asks for where the image runs."""
    lines = (line.partition("#")[0].strip() for line in (PROJECT / name).read_text().splitlines())
    found = [Requirement(line) for line in lines if line]
    image = {
        "python_version": "3.11",
        "python_full_version": "3.11.14",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
    return [one for one in found if one.marker is None or one.marker.evaluate(image)]


def test_every_package_of_the_image_is_pinned_within_its_bounds() -> None:
    install = "pip install --requirement requirements.txt --constraint requirements.lock"
    assert ("RUN", install) in instructions()
    pinned = {}
    for one in requirements("requirements.lock"):
        (exactly,) = one.specifier
        assert exactly.operator == "==", one
        pinned[canonicalize_name(one.name)] = exactly.version
    for one in requirements("requirements.txt"):
        assert one.specifier.contains(pinned[canonicalize_name(one.name)]), one


def test_streamlit_knows_what_it_is_told() -> None:
    names = {*environment(), *APP["environment"]}
    own = {name for name in names if name.startswith("STREAMLIT_")}
    variables = {
        "STREAMLIT_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", option).replace(".", "_").upper()
        for option in config.get_config_options()
    }
    assert own <= variables


def test_the_proxy_takes_bodies_as_large_as_the_app() -> None:
    settings = (PROJECT / ".streamlit" / "config.toml").read_text()
    (largest_mb,) = re.findall(r"^maxUploadSize = (\d+)$", settings, re.MULTILINE)
    (limit_mib,) = re.findall(r"max_size (\d+)MiB", CADDYFILE)
    assert int(limit_mib) == int(largest_mb) + 1  # Streamlit's own margin for the form around it
    assert f"More than the {largest_mb} MB" in CADDYFILE
    assert f"| {largest_mb} | largest file, in MiB |" in DOCUMENT


def test_the_proxy_sets_what_concerns_the_host_and_leaves_the_rest_to_the_app() -> None:
    """A header that both set would be there twice, and a second policy would only restrict."""
    (block,) = re.findall(r"\theader \{(.*?)\n\t\}", CADDYFILE, re.DOTALL)
    assert re.findall(r"^\s+([\w-]+)", block, re.MULTILINE) == [
        "Strict-Transport-Security",
        "-Server",
    ]


def test_the_app_believes_the_proxy_of_compose_alone() -> None:
    """A trusted proxy may state the address that a connection comes from."""
    trusted = ipaddress.ip_network(APP["environment"]["FORWARDED_ALLOW_IPS"])
    (web,) = COMPOSE["networks"]["web"]["ipam"]["config"]
    assert trusted == ipaddress.ip_network(web["subnet"])
    (sound,) = COMPOSE["networks"]["sound"]["ipam"]["config"]
    assert not trusted.overlaps(ipaddress.ip_network(sound["subnet"]))
    within = {name for name, one in COMPOSE["services"].items() if "web" in one["networks"]}
    assert within == {"app", "caddy"}


def test_the_apps_port_is_one() -> None:
    port = environment()["STREAMLIT_SERVER_PORT"]
    assert told("EXPOSE") == port
    proxied = COMPOSE["services"]["caddy"]["environment"]["EARMARK_APP"]
    assert proxied == f"${{EARMARK_APP:-app:{port}}}"
    assert set(re.findall(r"\bapp(?:-\d)?:(\d+)", DOCUMENT)) == {port}
    assert "ports" not in APP, "the app is reached through the proxy alone"


def test_the_relay_leads_to_the_app_and_nowhere_else() -> None:
    (port,) = re.findall(r"^listening-port=(\d+)$", TURN, re.MULTILINE)
    published = COMPOSE["services"]["turn"]["ports"]
    assert published == [f"{port}:{port}/udp", f"{port}:{port}/tcp"]
    assert f"TCP and UDP {port}, have to be reachable" in DOCUMENT
    address = APP["networks"]["sound"]["ipv4_address"]
    assert re.findall(r"^allowed-peer-ip=(.+)$", TURN, re.MULTILINE) == [address]
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in TURN
    (pool,) = COMPOSE["networks"]["sound"]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(pool["subnet"])


def test_a_second_app_has_a_place_of_its_own() -> None:
    """What the document tells to copy for several replicas fits what is there."""
    (override,) = re.findall(r"```yaml\n(.+?)```", DOCUMENT, re.DOTALL)
    services = yaml.safe_load(override)["services"]
    (name,) = set(services) - set(COMPOSE["services"])
    assert services[name]["extends"] == {"file": "compose.yaml", "service": "app"}
    assert set(services["caddy"]["depends_on"]) == {name}
    assert f"EARMARK_APP=app:8501 {name}:8501`" in DOCUMENT
    address = services[name]["networks"]["sound"]["ipv4_address"]
    assert f"allowed-peer-ip={address}\n" in DOCUMENT
    (pool,) = COMPOSE["networks"]["sound"]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(pool["subnet"])
    assert address != APP["networks"]["sound"]["ipv4_address"]


def filled_in(setting: str, values: dict[str, str]) -> str:
    """Replace variables as Compose does."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: values[found[1]], setting)


def test_the_browser_is_told_of_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"EARMARK_HOST": "earmark.example.org", "TURN_SECRET": "between us"}
    setting = filled_in(APP["environment"][ice.SERVERS_VARIABLE], values)
    monkeypatch.setenv(ice.SERVERS_VARIABLE, setting)
    (server,) = ice.for_browser()
    assert set(server) == {"urls", "username", "credential"}
    (port,) = re.findall(r"^listening-port=(\d+)$", TURN, re.MULTILINE)
    assert all(url.startswith(f"turn:earmark.example.org:{port}") for url in server["urls"])
    assert ice.for_server() == []
    assert "use-auth-secret" in TURN.splitlines()


def passed_on() -> set[str]:
    """Variables that the app's container has from .env, or not at all."""
    return {name for name, value in APP["environment"].items() if value is None}


def test_the_example_names_what_has_to_be_filled_in() -> None:
    example = (PROJECT / "deployment" / "env.example").read_text()
    named = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    compose = (PROJECT / "compose.yaml").read_text()
    assert named == set(re.findall(r"\$\{(\w+):\?", compose))
    optional = set(re.findall(r"^# (\w+)=", example, re.MULTILINE))
    assert optional <= {*re.findall(r"\$\{(\w+):-", compose), *passed_on()}


def test_what_is_fixed_in_code_is_told_as_it_is() -> None:
    told_of, model_mib = " ".join(DOCUMENT.split()), MAX_MODEL_BYTES >> 20
    for words in (
        f"At most {model_mib} MiB each, and {spelt(MAX_BROUGHT)} in a workspace",
        f"{example_intake.MAX_UPLOAD_S:.0f} s of a recording",
        f"{lesson.MAX_CLASSES} classes, {lesson.MAX_PIECES:,} examples and "
        f"{spelt(lesson.MAX_TAUGHT_S / 3600)} hour of sound",
        f"an `.earmark` file has at most {lesson_upload.MAX_FILE_MB} MiB",
    ):
        assert words in told_of


def spelt(number: float) -> str:
    return {1: "one", 8: "eight", 10: "ten"}[round(number)]


READ_BYTES = 256 * 1024
"""What asyncio reads at once (`selector_events._SelectorSocketTransport.max_size`)."""


def test_the_defaults_fit_into_the_memory_of_the_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the table under "Memory" adds up, and what each row is."""
    (at_once,) = re.findall(r":-(\d+)\}", APP["environment"][variable("max_analyses")])
    (gib,) = re.findall(r":-(\d+)g\}", APP["mem_limit"])
    limits = Limits(max_analyses=int(at_once))
    started: list[int] = []
    monkeypatch.setattr(
        shared, "isolate_decoding", lambda at_once, **_more: started.append(at_once)
    )
    shared.Shared(limits).close()
    (rows,) = re.findall(r"\| what \| MB at most \|\n\| --- .+\n((?:\|.+\n)+)", DOCUMENT)
    cells = [row.strip("|").split("|")[-1] for row in rows.splitlines()]
    app, visitors, upload, template, decoders, received_mb, unread_mb, total = (
        int(cell.strip(" *").replace(",", "")) for cell in cells
    )
    assert visitors == limits.max_workspaces_mb
    largest_bytes = config.get_option("server.maxUploadSize") << 20
    assert upload == math.ceil(largest_bytes / 1e6)
    assert decoders == math.ceil(started[0] * DecoderLimits().memory_bytes / 1e6)
    # What is not counted, and what is read but not processed.
    most_of_each = websocket_memory.LEAST_BYTES + READ_BYTES
    received_bytes = websocket_memory.MAX_HELD_BYTES + limits.max_connections * most_of_each
    assert received_mb == math.ceil(received_bytes / 1e6)
    assert unread_mb == request_bounds.MAX_REQUESTS // 10
    assert total == app + visitors + upload + template + decoders + received_mb + unread_mb
    assert total < int(gib) * 2**30 / 1e6
    assert limits.max_workspace_mb <= limits.max_workspaces_mb
    for kind in ("max_clips_mb", "max_results_mb", "max_export_mb"):
        assert getattr(limits, kind) <= limits.max_workspace_mb
    assert largest_bytes / 1e6 < limits.max_uploads_mb_per_address <= limits.max_uploads_mb
    assert limits.max_uploads_mb <= limits.max_workspaces_mb


def test_the_shares_of_addresses_are_told_as_they_are() -> None:
    whole, shares = Limits().max_workspaces_mb, []
    for _ in range(3):
        left = whole - sum(shares) - room.KEPT_FREE * whole
        shares.append(room.SHARE * left / (1 + room.SHARE))
    told = "alone {:,.0f} MB, a second one then up to {:.0f} MB, a third {:.0f} MB".format(*shares)
    assert told in " ".join(DOCUMENT.split())
    assert f"{room.KEPT_FREE:.0%}".replace("%", " %") in DOCUMENT
    largest_mb = config.get_option("server.maxUploadSize") * 2**20 / 1e6
    assert largest_mb < shares[0]
    assert 2 * largest_mb + room.KEPT_FREE * whole < whole, "with its copy for the decoder"


def test_every_limit_can_be_set_in_the_environment_file() -> None:
    limits = {variable(one.name) for one in fields(Limits)}
    assert passed_on() == limits - {UPLOAD_VARIABLE, variable("max_analyses")}
    assert APP["environment"][UPLOAD_VARIABLE] == f"${{{UPLOAD_VARIABLE}:-false}}"
