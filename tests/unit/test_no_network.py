"""The guard in conftest.py guards."""

import socket
import urllib.request

import pytest


def test_a_connection_fails_the_test() -> None:
    with socket.socket() as connection, pytest.raises(pytest.fail.Exception, match="reached for the network"):
        connection.connect(("127.0.0.1", 9))


def test_a_datagram_fails_the_test() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(pytest.fail.Exception, match="reached for the network"),
    ):
        datagrams.sendto(b"?", ("127.0.0.1", 53))


def test_looking_up_a_name_fails_the_test_through_libraries_that_catch_exceptions() -> None:
    with pytest.raises(pytest.fail.Exception, match="looked up a host name"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://example.test/")
