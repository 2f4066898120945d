"""Ids and resource names. Names follow https://google.aip.dev/122."""

import re
import secrets
import time

from services.kit.errors import InvalidArgument

# Crockford's base 32 in lower case: no i, l, o, u, so that an id can be read aloud.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def new_id() -> str:
    """A new id of 26 characters that sorts by the time it was made (https://github.com/ulid/spec, in lower case)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def resource_name(*parts: str) -> str:
    """The name made of collections and ids in turn: `resource_name("organizations", "local")`."""
    assert len(parts) % 2 == 0, "a name is pairs of a collection and an id"
    return "/".join(parts)


def parse_name(name: str, *collections: str) -> tuple[str, ...]:
    """The ids in a resource name, in the order of its collections.

    Raises:
        InvalidArgument: The name is not of these collections, or an id is malformed.
    """
    segments = name.split("/")
    ids = tuple(segments[1::2])
    if tuple(segments[::2]) != collections or not all(_SEGMENT.fullmatch(each) for each in ids):
        pattern = "/".join(f"{collection}/*" for collection in collections)
        raise InvalidArgument("INVALID_ARGUMENT", f"{name[:200]!r} is not a name of the form {pattern!r}.")
    return ids


def organization_of(name: str) -> str | None:
    """The organization that a resource name lies in, or None where it lies in none."""
    segments = name.split("/", 2)
    return segments[1] if segments[0] == "organizations" and len(segments) > 1 else None
