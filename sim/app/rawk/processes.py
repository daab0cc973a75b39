"""How RAWK's processes start, and what the fork server imports for them."""

import re

from sim.app.protocol import Processes
from sim.platform.paths import REPOSITORY

LIBRARIES = (
    "alembic.command",
    "anyio._backends._asyncio",
    "boto3",
    "boto3.s3.inject",
    "botocore.auth",
    "botocore.retries.standard",
    "botocore.signers",
    "fastapi",
    "httpcore2",
    "openai.resources.audio.audio",
    "openai.resources.chat.chat",
    "psycopg",
    "pydantic.v1",
    "python_multipart",
    "simplejson",
    "sqlalchemy.dialects.postgresql.psycopg",
    "stringprep",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.h11_impl",
)
"""Without awslambdaric: its compiled half reads the Runtime API's address from the environment when it is loaded."""

MODULES = (
    "rawk.asgi",
    "rawk.cli",
    "rawk.server.serve",
    "rawk.adapters.postgres.store",
    "rawk.adapters.redis.polling",
    "rawk.adapters.sqs.bounded",
    "rawk.adapters.s3.bounded",
)
"""The API with its adapters: each scenario starts it anew from the same sources."""

IN_FUNCTIONS = (
    "rawk.composition",
    "rawk.adapters.openai.client",
    "rawk.adapters.postgres.connection_pool",
    "rawk.adapters.postgres.store",
    "rawk.adapters.s3.store",
    "rawk.adapters.sqs.queue",
    "rawk.use_cases.processing",
    "rawk.use_cases.recovery",
    "rawk.worker.batch",
    "rawk.worker.relay",
)
"""Worker and relay with their adapters. Their handlers build both when they are imported, so each process does that."""

PROCESSES = Processes(
    package="rawk",
    sources=REPOSITORY / "src",
    # Port 0: the kernel chooses a free port, and no other process can take it between choosing and listening.
    api_argv=(*("-m", "rawk", "serve", "--host", "127.0.0.1", "--port", "0"),),
    api_address=re.compile(r"running on (http://127\.0\.0\.1:\d+)"),
    health_path="/api/v1/health",
    liveness_path="/healthz",
    verbose_environment={"LOG_LEVEL": "DEBUG"},
    migrate_argv=("-m", "rawk", "migrate"),
    operator_argv=("-m", "rawk"),
    database_variable="DATABASE_URL",
    openai_variable="OPENAI_BASE_URL",
    preloaded_libraries=LIBRARIES,
    preloaded_modules=MODULES,
    preloaded_in_functions=IN_FUNCTIONS,
)
