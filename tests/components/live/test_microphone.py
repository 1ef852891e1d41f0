import json

import pytest

from components import microphone
from models.errors import SettingError


def test_no_server_is_asked_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(microphone.ICE_VARIABLE, raising=False)
    assert microphone.ice_servers() == []


def test_servers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [{"urls": "turn:turn.example.org", "username": "a", "credential": "b"}]
    monkeypatch.setenv(microphone.ICE_VARIABLE, json.dumps(servers))
    assert microphone.ice_servers() == servers


@pytest.mark.parametrize("text", ["{", '{"urls": "x"}', '["stun:x"]', '[{"url": "stun:x"}]'])
def test_what_is_no_list_of_servers_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(microphone.ICE_VARIABLE, text)
    with pytest.raises(SettingError, match=microphone.ICE_VARIABLE):
        microphone.ice_servers()
