"""Creates the pipelines of scenarios from the Terraform configuration that is deployed.

`provision` creates one from the checked-in rendering of the configuration, in about a second. `TerraformPipeline`
creates the same one by a real apply. Both return a `Pipeline`.
"""

from sim.provisioning.errors import ProvisionError, RenderingError, TerraformError
from sim.provisioning.from_rendering import destroy, provision
from sim.provisioning.from_terraform import TerraformPipeline
from sim.provisioning.function_package import build_api_package, build_package
from sim.provisioning.pipeline import Limits, Pipeline, put_secrets
from sim.provisioning.rendering import Rendering

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
