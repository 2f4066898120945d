"""What accounts knows: organizations, members, sessions, tokens, acts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# The one organization and person of a laptop.
LOCAL = "local"
OWNER = "owner"
# The organization of what the platform does for itself; no person can ask for it, for it is no id.
PLATFORM = ""


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    id: str
    display_name: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in an organization."""

    organization: str
    id: str
    display_name: str
    roles: tuple[str, ...]
    create_time: datetime

    @property
    def name(self) -> str:
        """The resource name."""
        return f"organizations/{self.organization}/members/{self.id}"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that renews tokens until it expires or is revoked."""

    id: str
    member: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act. `sequence` counts the acts of an organization from 1, without a gap."""

    sequence: int
    create_time: datetime
    actor: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that is shown once, and until when it works."""

    text: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and until when it is valid."""

    text: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a one-time code and a session work."""

    code: timedelta
    session: timedelta
