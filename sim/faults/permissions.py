"""What a change of policies can break: a role that lacks what it needs, until somebody gives it back.

faults.permissions.missing(role="worker", action="s3:GetObject")
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from sim.engines.base.roles import Roles

RoleName = Literal["api", "worker", "relay"]


class PermissionsWorld(Protocol):
    """What this fault needs of a world: its roles."""

    @property
    def roles(self) -> Roles: ...


@dataclass(frozen=True)
class Missing:
    """The action is taken out of the role's policy, and put back in the end. Raises ValueError for no such role."""

    role: RoleName
    action: str

    @property
    def family(self) -> str:
        return "permissions"

    def __post_init__(self) -> None:
        if self.role not in get_args(RoleName):
            raise ValueError(f"a role is {', '.join(get_args(RoleName))}, there is no {self.role!r}")
        if self.action.count(":") != 1 or "*" in self.action:
            raise ValueError(f"an action is one, such as s3:GetObject, not {self.action!r}")

    def describe(self) -> str:
        return f"the {self.role} may not {self.action}"

    def start(self, world: PermissionsWorld) -> "ActiveMissing":
        """Raises ValueError when the role has no such permission."""
        roles = world.roles
        roles.expected.add((self.role, self.action))
        before = roles.times_refused(self.role, self.action)
        return ActiveMissing(
            lambda: roles.times_refused(self.role, self.action) - before, roles.take_away(self.role, self.action)
        )


def missing(role: RoleName, action: str) -> Missing:
    """The role's policy lacks one action."""
    return Missing(role, action)


class ActiveMissing:
    """A permission that is missing."""

    def __init__(self, count: Callable[[], int], give_back: Callable[[], None]) -> None:
        self._count = count
        self._give_back = give_back
        self._final: int | None = None

    @property
    def times_triggered(self) -> int:
        return self._final if self._final is not None else self._count()

    def stop(self) -> None:
        if self._final is None:
            self._give_back()
            self._final = self._count()
