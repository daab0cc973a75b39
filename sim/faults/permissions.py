"""Missing IAM permissions: a role lacks an action until the end of the block.

faults.permissions.missing(role="worker", action="s3:GetObject")
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from sim.engines.base.roles import Roles

RoleName = Literal["api", "worker", "relay"]


class PermissionsWorld(Protocol):
    """What this fault needs: the pipeline's roles."""

    @property
    def roles(self) -> Roles: ...


@dataclass(frozen=True)
class Missing:
    """The role's policy lacks the action. Raises ValueError for an unknown role or an action with a wildcard."""

    role: RoleName
    action: str

    @property
    def family(self) -> str:
        return "permissions"

    def __post_init__(self) -> None:
        if self.role not in get_args(RoleName):
            raise ValueError(f"there is no role {self.role!r}; the roles are {', '.join(get_args(RoleName))}")
        if self.action.count(":") != 1 or "*" in self.action:
            raise ValueError(f"exactly one action such as s3:GetObject is needed, not {self.action!r}")

    def describe(self) -> str:
        return f"the role {self.role} lacks {self.action}"

    def start(self, world: PermissionsWorld) -> "ActiveMissing":
        """Remove the action from the policy. Raises ValueError when the role has no such permission."""
        roles = world.roles
        roles.expected.add((self.role, self.action))
        before = roles.times_refused(self.role, self.action)
        return ActiveMissing(
            lambda: roles.times_refused(self.role, self.action) - before, roles.take_away(self.role, self.action)
        )


def missing(role: RoleName, action: str) -> Missing:
    """One action is removed from the role's policy, and restored at the end of the block. Triggered by each denial."""
    return Missing(role, action)


class ActiveMissing:
    """A permission while it is missing."""

    def __init__(self, count: Callable[[], int], restore: Callable[[], None]) -> None:
        self._count = count
        self._restore = restore
        self._final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._final if self._final is not None else self._count()

    def stop(self) -> None:
        if self._final is None:
            self._restore()
            self._final = self._count()
