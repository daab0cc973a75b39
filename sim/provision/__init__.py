"""Pipelines to run scenarios in, made from the very configuration that is deployed.

`provision` makes one from the checked-in rendering of the Terraform configuration, in about a
second; `TerraformPipeline` makes the same one by a real apply. Both give a `Pipeline`.
"""

from sim.provision.errors import ProvisionError, RenderingError, TerraformError
from sim.provision.from_rendering import destroy, provision
from sim.provision.from_terraform import TerraformPipeline
from sim.provision.package import build_api_package, build_package
from sim.provision.pipeline import Limits, Pipeline, put_secrets
from sim.provision.rendering import Rendering

__all__ = [
    "Limits",
    "Pipeline",
    "ProvisionError",
    "Rendering",
    "RenderingError",
    "TerraformError",
    "TerraformPipeline",
    "build_api_package",
    "build_package",
    "destroy",
    "provision",
    "put_secrets",
]
