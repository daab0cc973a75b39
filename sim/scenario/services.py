"""The services that a scenario may take down, as the harness's own requests notice it."""

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from sim.openai_simulator.client import ControlError
from sim.platform.json_connection import NoAnswer

MAY_BE_DOWN = (psycopg.Error, ControlError, NoAnswer, BotoCoreError, ClientError)
"""What the harness's own requests raise while a service is down."""
