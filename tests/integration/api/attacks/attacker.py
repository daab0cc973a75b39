"""What an attacker's script does on a socket: loopback only, each with an end."""

import socket

from tests.integration.api.conftest import TIMEOUT_SECONDS, Server


def connect(server: Server, address: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), TIMEOUT_SECONDS, source_address=(address, 0))


def read_to_the_end(connection: socket.socket) -> bytes:
    """All that the server sends; it closes or resets the connection within TIMEOUT_SECONDS."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except (ConnectionResetError, BrokenPipeError):
        pass
    return received


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1]) if response else 0


def statuses_of(responses: bytes) -> list[int]:
    """Of every response, one after the other; none of their bodies has such a line."""
    return [int(each[:3]) for each in responses.split(b"HTTP/1.1 ")[1:]]


def send_until_ended(connection: socket.socket, data: bytes, at_most: int) -> int:
    """How many bytes the server takes before it ends the connection."""
    sent = 0
    try:
        while sent < at_most:
            connection.sendall(data)
            sent += len(data)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return sent
