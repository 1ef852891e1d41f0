"""Which ICE servers each side is given, and credentials that expire."""

import json
import shutil
import subprocess

import pytest

from components.live import ice
from models.errors import SettingError

NOW_S = 1_800_000_000.0


def configure(monkeypatch: pytest.MonkeyPatch, *servers: dict[str, object]) -> None:
    monkeypatch.setenv(ice.SERVERS_VARIABLE, json.dumps(servers))


def test_no_server_is_asked_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ice.SERVERS_VARIABLE, raising=False)
    assert ice.for_browser() == ice.for_server() == []


def test_servers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    server = {"urls": "turn:turn.example.org", "username": "a", "credential": "b"}
    configure(monkeypatch, server)
    assert ice.for_browser() == ice.for_server() == [server]


@pytest.mark.parametrize(
    "text", ["{", '{"urls": "x"}', '["stun:x"]', '[{"url": "x"}]', '[{"urls": "x", "only": "us"}]']
)
def test_what_is_no_list_of_servers_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(ice.SERVERS_VARIABLE, text)
    with pytest.raises(SettingError, match=ice.SERVERS_VARIABLE):
        ice.for_browser()


def test_a_server_may_be_for_the_browser_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stun, turn = {"urls": "stun:a"}, {"urls": "turn:b"}
    configure(monkeypatch, stun, turn | {"only": "browser"})
    assert ice.for_browser() == [stun, turn]
    assert ice.for_server() == [stun]


def test_the_secret_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, {"urls": "turn:b", "secret": "between us"})
    (server,) = ice.for_browser(NOW_S)
    assert server == {"urls": "turn:b", **ice.expiring_credentials("between us", NOW_S)}
    assert "between us" not in json.dumps(server)


@pytest.mark.parametrize("later_s", [0, 1, ice.VALID_S - 1, ice.VALID_S, 5 * ice.VALID_S + 7])
def test_credentials_hold_for_one_to_two_spans(later_s: int) -> None:
    now_s = NOW_S + later_s
    expires_s = int(ice.expiring_credentials("s", now_s)["username"].partition(":")[0])
    assert ice.VALID_S < expires_s - now_s <= 2 * ice.VALID_S


def test_credentials_stay_as_they_are_for_a_span() -> None:
    first_s = NOW_S // ice.VALID_S * ice.VALID_S
    within, after = first_s + ice.VALID_S - 1, first_s + ice.VALID_S
    made = [ice.expiring_credentials("s", now_s) for now_s in (first_s, within, after)]
    assert made[0] == made[1] != made[2]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to compare with")
def test_the_password_is_what_openssl_makes_of_the_name() -> None:
    made = ice.expiring_credentials("between us", NOW_S)
    command = ["openssl", "dgst", "-sha1", "-hmac", "between us", "-binary"]
    digest = subprocess.run(
        command, input=made["username"].encode(), capture_output=True, check=True
    ).stdout
    encoded = subprocess.run(["openssl", "base64"], input=digest, capture_output=True, check=True)
    assert made["credential"] == encoded.stdout.decode().strip()
