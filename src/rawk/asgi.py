"""The API as an ASGI application, for `rawk serve`. Nothing is built at import."""

import logging
import os

from fastapi import FastAPI

from rawk import composition
from rawk.api.app import create_app as build_app


def create_app() -> FastAPI:
    """Build the API from the environment. Raises ConfigurationError, which names what is missing."""
    app = build_app(composition.build_api(os.environ))
    _server_log_as_json_lines()
    return app


def _server_log_as_json_lines() -> None:
    """Uvicorn's log goes to our handlers; its access log is off, because the API writes its own."""
    logging.getLogger("uvicorn").handlers = logging.getLogger("rawk").handlers
    logging.getLogger("uvicorn").propagate = False
    logging.getLogger("uvicorn.access").disabled = True
