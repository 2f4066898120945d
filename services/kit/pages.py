"""Pages of a list: sizes, and tokens that carry a position and no authority (https://google.aip.dev/158)."""

import base64
import hashlib
import json
import re

from services.kit.errors import InvalidArgument

DEFAULT_SIZE = 50
MAX_SIZE = 200
# What fits a bigint.
_NUMBER = re.compile(r"[0-9]{1,18}")


def page_size(asked: int) -> int:
    """How many items to return when `asked` were asked for; 0 means no preference."""
    assert asked >= 0, "the contract refuses negative sizes"
    return min(asked, MAX_SIZE) if asked else DEFAULT_SIZE


def encode_token(position: str, *, scope: str) -> str:
    """A token for the page that starts after `position` in the list that `scope` describes."""
    return base64.urlsafe_b64encode(json.dumps([_digest(scope), position]).encode()).decode().rstrip("=")


def decode_token(token: str, *, scope: str) -> str | None:
    """The position in a token; None for the empty token, which means the first page.

    Raises:
        InvalidArgument: The token is malformed, or was made for another list.
    """
    if not token:
        return None
    try:
        digest, position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError) as error:
        raise _invalid() from error
    # PostgreSQL's text cannot hold U+0000, and no position does.
    if digest != _digest(scope) or not isinstance(position, str) or "\0" in position:
        raise _invalid()
    return position


def decode_number(token: str, *, scope: str) -> int | None:
    """The position in a token where positions are whole numbers from 0; None for the empty token.

    Raises:
        InvalidArgument: The token is malformed, or was made for another list.
    """
    position = decode_token(token, scope=scope)
    if position is None:
        return None
    if not _NUMBER.fullmatch(position):
        raise _invalid()
    return int(position)


def _digest(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:16]


def _invalid() -> InvalidArgument:
    return InvalidArgument(
        "PAGE_TOKEN_INVALID",
        "The page token is not of this list. Ask for the first page again, without a token.",
        fields={"page_token": "is not a token of this list"},
    )
