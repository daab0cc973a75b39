"""What no output of a scenario may contain: everything that gives access to its pipeline, and all that users said."""

from typing import TYPE_CHECKING

from sim.app import APP
from sim.invariants.secret_pieces import Sought, password_of
from sim.platform.control_token import control_token

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation


def sought_in(sim: "Simulation") -> Sought:
    """Everything. Raises psycopg.Error while the database is down."""
    return secrets_of(sim) | kept_secrets(sim) | speech_of(sim)


def secrets_of(sim: "Simulation") -> Sought:
    """Those that the harness has made or has been given."""
    pipeline = sim.pipeline
    secrets = {"the OpenAI key": pipeline.credentials.openai_api_key}
    secrets["the password of the database"] = password_of(pipeline.database_url)
    secrets["the token of the control ports"] = control_token()
    secrets |= {f"{tenant}'s API key": key for tenant, key in pipeline.credentials.tenant_keys.items()}
    secrets |= {f"issued API key {number}": key for number, key in enumerate(sim.operator.issued_keys, 1)}
    secrets |= {f"AWS secret key {number}": key for number, key in enumerate(pipeline.identities.secret_keys, 1)}
    whole = {"the database URL": pipeline.database_url.partition("://")[2]}
    whole |= {f"the password of user {number}": each for number, each in enumerate(sim.operator.passwords, 1)}
    return Sought(secrets, whole)


def kept_secrets(sim: "Simulation") -> Sought:
    """Those that the product has made and keeps in its database. Raises psycopg.Error while that is down."""
    return Sought(sim.pipeline.ledger.secrets())


def speech_of(sim: "Simulation") -> Sought:
    """What users said, and what was made of it. Raises psycopg.Error while the database is down."""
    recorded = [*sim.api.accepted, *sim.api.deleted]
    speech = {f"the transcript of {each.memory_id}": each.transcript for each in recorded if each.transcript}
    for memory_id, memory in sim.pipeline.ledger.memories().items():
        speech |= {f"the {part} of {memory_id}": text for part, text in APP.personal_texts(memory).items()}
    return Sought(speech=speech)
