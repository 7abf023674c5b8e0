"""Who may do what: sponsors with their own advertisers, operators everything."""

from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId


def owner_of(actor: Actor, scope: str) -> UserId | None:
    """Whose advertisers the actor may touch; None for an operator, who may touch all. Raises for anybody else."""
    actor.require(Role.SPONSOR, scope=scope)
    return None if actor.has(Role.OPERATOR) else actor.id


def require_operator(actor: Actor, scope: str = "advertising:write") -> None:
    actor.require(Role.OPERATOR, scope=scope)
