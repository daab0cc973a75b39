"""The simulator as a child process of the harness."""

import signal
import subprocess
import sys

import httpx
import openai
import psutil
import pytest

from sim.localstack.extension.rawk_emulator.time.shared_offset import SharedOffset
from sim.openai_simulator.client import ControlError, OpenAIServer
from sim.openai_simulator.process import OpenAIServerProcess
from tests.integration.openai_simulator.helpers import running_simulator


def test_it_answers_after_start_and_ends_after_stop(tmp_path):
    with OpenAIServerProcess(journal=tmp_path / "openai.jsonl", log_path=tmp_path / "openai.log") as process:
        space = OpenAIServer(process.url).space("a", api_key="sk-sim-chosen")
        assert space.api_key == "sk-sim-chosen"
        port = int(process.url.rpartition(":")[2])

    listening = {each.laddr.port for each in psutil.net_connections("tcp4") if each.status == psutil.CONN_LISTEN}
    assert port not in listening


def test_a_second_start_with_the_same_log_is_distinguished_from_the_first(tmp_path):
    def started():
        return OpenAIServerProcess(journal=tmp_path / "openai.jsonl", log_path=tmp_path / "openai.log")

    with started() as first, started() as second:
        assert second.url != first.url


def test_a_failed_start_reports_the_reason(tmp_path):
    unwritable = tmp_path / "file"
    unwritable.write_text("not a folder")

    with pytest.raises(RuntimeError, match=r"(?s)ended while starting:.*the OpenAI simulator cannot start"):
        OpenAIServerProcess(journal=unwritable / "openai.jsonl", log_path=tmp_path / "openai.log").start()


def test_the_time_of_its_world_is_also_behind_the_machine_s(tmp_path):
    offset = SharedOffset(tmp_path / "clock")
    with OpenAIServerProcess(tmp_path / "openai.jsonl", tmp_path / "openai.log", tmp_path / "clock") as process:
        server = OpenAIServer(process.url)
        for seconds in (-0.25, -60.0, 5.0):  # what holds time sets it back
            offset.write(seconds)
            assert server.set_clock(seconds)["offset_seconds"] == seconds


def test_its_own_time_does_not_go_back(tmp_path):
    with OpenAIServerProcess(journal=tmp_path / "openai.jsonl", log_path=tmp_path / "openai.log") as process:
        for seconds in (-0.25, -60.0):
            with pytest.raises(ControlError, match="time does not go back"):
                OpenAIServer(process.url).set_clock(seconds)


def test_with_a_key_the_control_api_requires_it(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_SIMULATOR_KEY", "open-sesame")
    with running_simulator(tmp_path) as running:
        url = running.server.url
        assert OpenAIServer(url).call("GET", "/health") == {"status": "ok"}
        for key in (None, "open-says-me"):
            with pytest.raises(ControlError, match="the key is missing or wrong"):
                OpenAIServer(url, key).space("a")
        assert OpenAIServer(url, "open-sesame").space("a").api_key == "open-sesame"


def test_a_client_with_the_key_is_answered_before_any_control_request(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_SIMULATOR_KEY", "open-sesame")
    with running_simulator(tmp_path) as running:
        for key, expected in (("open-says-me", openai.NotFoundError), ("open-sesame", None)):
            with openai.OpenAI(api_key=key, base_url=f"{running.server.url}/memo/v1", max_retries=0) as client:
                if expected is None:
                    assert client.models.list().data
                else:
                    with pytest.raises(expected):
                        client.models.list()


def test_an_empty_key_is_refused(monkeypatch):
    monkeypatch.setenv("OPENAI_SIMULATOR_KEY", "")
    refused = subprocess.run(
        [sys.executable, "-m", "sim.openai_simulator"], capture_output=True, text=True, timeout=30, check=False
    )
    assert refused.returncode == 2
    assert "OPENAI_SIMULATOR_KEY is empty" in refused.stderr


@pytest.mark.parametrize("key", [None, "open-sesame"])
def test_the_command_prints_the_settings_with_which_openais_sdk_works(monkeypatch, key):
    monkeypatch.delenv("OPENAI_SIMULATOR_KEY", raising=False)
    if key:
        monkeypatch.setenv("OPENAI_SIMULATOR_KEY", key)
    command = [sys.executable, "-m", "sim", "openai", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            printed = [process.stdout.readline() for _ in range(4)]
            settings = dict(each.strip().removeprefix("export ").split("=", 1) for each in printed[1:3])
            if key:
                assert settings["OPENAI_API_KEY"] == "$OPENAI_SIMULATOR_KEY", "a secret stays out of the terminal"
                settings["OPENAI_API_KEY"] = key
            client = openai.OpenAI(
                api_key=settings["OPENAI_API_KEY"], base_url=settings["OPENAI_BASE_URL"], max_retries=0
            )
            with client:
                assert client.models.list().data
        finally:
            process.send_signal(signal.SIGINT)

    assert process.returncode == 0
    assert printed[0].startswith("ready at http://127.0.0.1:")
    assert printed[3] == "Ctrl-C stops it\n"


@pytest.mark.parametrize("path", ["/a/v1/models", "/a/v1/chat/completions", "/nowhere", "/_sim/health"])
def test_an_answer_to_head_has_no_body(tmp_path, capfd, path):
    with running_simulator(tmp_path) as running:
        OpenAIServer(running.server.url).space("a")
        with httpx.Client(base_url=running.server.url) as client:
            answers = [client.head(path), client.head(path)]
    assert [each.status_code for each in answers] == [404, 404]
    assert [each.content for each in answers] == [b"", b""]
    assert int(answers[0].headers["content-length"]) > 0
    assert capfd.readouterr().err == ""
