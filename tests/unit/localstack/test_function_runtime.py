"""The harness's own runtime loop: errors, exits and billing as AWS reports them."""

import pytest

from sim.localstack.extension.rawk_emulator.in_function.python_runtime import (
    HandlerLoadError,
    error_document,
    load_handler,
    to_json,
)
from sim.localstack.extension.rawk_emulator.lambda_.execution_environment import _billed_ms, _exit_text
from sim.localstack.extension.rawk_emulator.lambda_.runtime_api import Exited
from sim.platform.egress_guard.sitecustomize import is_local


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (0, "Runtime exited without providing a reason"),
        (137, "Runtime exited with error: exit status 137"),
        (-9, "Runtime exited with error: signal: killed"),
        (-10, "Runtime exited with error: signal: 10"),
    ],
)
def test_an_exit_is_reported_with_awss_text(exit_code: int, words: str) -> None:
    assert _exit_text(Exited(exit_code)) == words


@pytest.mark.parametrize(("seconds", "billed"), [(0.0, 1), (0.0001, 1), (0.001, 1), (0.0011, 2), (1.0, 1000)])
def test_a_started_millisecond_is_billed(seconds: float, billed: int) -> None:
    assert _billed_ms(seconds) == billed


def test_a_handler_name_without_a_module_is_malformed() -> None:
    with pytest.raises(HandlerLoadError, match="Bad handler 'handler'") as caught:
        load_handler("handler")
    assert caught.value.kind == "Runtime.MalformedHandlerName"


def test_a_handler_in_a_folder_is_found() -> None:
    assert load_handler("json/decoder.JSONDecoder").__name__ == "JSONDecoder"


def test_an_error_document_has_no_frames_of_the_runtime() -> None:
    with pytest.raises(Exception, match="Unable to marshal response") as caught:
        to_json(object())

    assert error_document(caught.value, "r-1") == {
        "errorMessage": "Unable to marshal response: Object of type object is not JSON serializable",
        "errorType": "Runtime.MarshalError",
        "requestId": "r-1",
        "stackTrace": [],
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "api.localhost", "0.0.0.0", "::"])
def test_addresses_of_this_machine_are_local(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "api.openai.com", "localhost.example.com"])
def test_other_addresses_are_not_local(host: str) -> None:
    assert not is_local(host)
