"""moto's server with all additions in place, as a WSGI application."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import os
import re
from typing import Any

from moto import backend_index
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import apprunner, budgets, codedeploy, ec2, ecs, profiles, rds, scaling, xray
from .rights.judge import Judged


def application(identity_url: str | None) -> Any:
    """`identity_url` is the server whose IAM has the callers' policies and the instance profiles.

    When None, the instance profiles are moto's own, and all callers may do everything.
    """
    for addition in (budgets, codedeploy, ec2, ecs, rds, scaling, xray):
        addition.install()
    if identity_url:
        profiles.install(identity_url)
    backend_index.backend_url_patterns.append(("apprunner", re.compile(r"https?://apprunner\.(.+)\.amazonaws\.com")))
    served = DomainDispatcherApplication(create_backend_app)
    served.app_instances["apprunner"] = apprunner.service(os.environ["MOTO_ACCOUNT_ID"])
    return Judged(served, identity_url, os.environ["MOTO_ACCOUNT_ID"]) if identity_url else served
