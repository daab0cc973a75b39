"""How Lambda is held to its own service model.

AWS checks a request against its model before it looks at anything else. LocalStack 4.14 has the model, and checks a few
parameters itself; those are left to it, because its messages were recorded on AWS.
"""

from ...constraints.install import HeldToModel
from ...constraints.model import Rules

LAMBDA = HeldToModel(
    "ValidationException",
    Rules(
        not_judged=frozenset(
            {
                *("Architectures", "Arn", "CompatibleArchitecture", "CompatibleArchitectures", "CompatibleRuntime"),
                *("CompatibleRuntimes", "Destination", "FunctionName", "FunctionVersion", "InvokeMode", "LayerName"),
                *("Layers", "PublishTo", "Qualifier", "RecursiveLoop", "Resource", "Role", "RoutingConfig", "Runtime"),
                *("StartingPosition", "TagKeys"),
            }
        ),
        members_not_judged=frozenset({"SecurityGroupIds", "SubnetIds"}),
        maxima={"Timeout": 900, "MemorySize": 10_240},  # the model has them for managed instances only, or not at all
        most_quoted=1024,
    ),
)
