"""The first start of a laptop: one organization, and its owner."""

from services.accounts.core.model import LOCAL, OWNER, Member, Organization
from services.accounts.core.ports import Accounts
from services.kit.clock import Clock

_ACTOR = "services/accounts"


async def set_up(accounts: Accounts, clock: Clock, *, organization_name: str, owner_name: str) -> None:
    """Makes the local organization and its owner where they do not exist."""
    now = clock.now()
    owner = Member(LOCAL, OWNER, owner_name, ("owner",), now)
    async with accounts.open(LOCAL) as books:
        if await books.add_organization(Organization(LOCAL, organization_name, now)):
            await books.record(_ACTOR, "organization.created", f"organizations/{LOCAL}")
            if await books.add_member(owner):
                await books.record(_ACTOR, "member.created", owner.name)
