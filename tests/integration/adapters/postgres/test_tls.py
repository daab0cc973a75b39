"""Who may answer as the database: with `verify-full` only a server with a certificate of a trusted authority."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from rawk.adapters.postgres.connection_pool import psycopg_url

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate")

SSL_REQUEST_BYTES = 8


class Impostor:
    """Answers as Postgres up to the end of the TLS handshake, with a certificate of its own; then it hangs up."""

    def __init__(self, folder: Path) -> None:
        self.certificate, key = folder / "certificate.pem", folder / "key.pem"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
        names = ["-addext", "subjectAltName=DNS:localhost"]
        subprocess.run([*made, *names, "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.startup_packets: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                client.recv(SSL_REQUEST_BYTES)
                client.sendall(b"S")
                try:
                    with self._context.wrap_socket(client, server_side=True) as trusted:
                        self.startup_packets.append(trusted.recv(1000))
                except OSError:
                    continue  # the client refuses the certificate


@pytest.fixture(scope="module")
def impostor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Impostor]:
    server = Impostor(tmp_path_factory.mktemp("impostor"))
    yield server
    server.close()


def refusal(impostor: Impostor, query: str, host: str = "localhost") -> str:
    engine = create_engine(psycopg_url(f"postgresql://rawk:p@{host}:{impostor.port}/rawk?{query}&connect_timeout=5"))
    impostor.startup_packets.clear()
    with pytest.raises(OperationalError) as raised:
        engine.connect()
    return str(raised.value)


def test_an_impostor_is_refused_before_it_hears_user_or_password(impostor: Impostor) -> None:
    assert "certificate verify failed" in refusal(impostor, "sslmode=verify-full")
    assert impostor.startup_packets == []


def test_with_require_an_impostor_is_believed(impostor: Impostor) -> None:
    refusal(impostor, "sslmode=require")
    assert any(b"rawk" in packet for packet in impostor.startup_packets)


def test_an_authority_that_is_named_in_the_url_is_trusted_for_its_own_names_alone(impostor: Impostor) -> None:
    own = f"sslmode=verify-full&sslrootcert={impostor.certificate}"
    assert "certificate" not in refusal(impostor, own)
    assert any(b"rawk" in packet for packet in impostor.startup_packets)
    assert "does not match host name" in refusal(impostor, own, host="127.0.0.1")
