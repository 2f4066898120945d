"""What a column is, by its declared type and its name: the normal type, and whether its values are private."""

import re

from services.kit.catalog import ColumnType

# Tried in order: the first that is found in the type's name decides.
_TYPES: tuple[tuple[re.Pattern[str], ColumnType], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"\[\]|^array|^list|^struct|^map|^union|range$", ColumnType.OTHER),
        (r"json|^variant", ColumnType.JSON),
        (r"^bool", ColumnType.BOOLEAN),
        (r"interval", ColumnType.OTHER),
        (r"^timestamp|^datetime", ColumnType.TIMESTAMP),
        (r"^date", ColumnType.DATE),
        (r"^time", ColumnType.TIME),
        (r"char|text|clob|^string|^uuid|^enum|^name$|^citext|^bpchar", ColumnType.TEXT),
        (r"^point|^geo|^inet|^cidr|^macaddr|^oid", ColumnType.OTHER),
        (r"int|serial", ColumnType.INTEGER),
        (r"real|floa|doub|num|dec|money|^number", ColumnType.NUMBER),
        (r"blob|binary|bytea|^bit", ColumnType.BINARY),
    )
)
# Names of columns whose values are secrets or identify a person's papers or accounts.
_SENSITIVE = re.compile(
    r"passw(or)?d|passphrase|(^|_)pwd|pin_?code|secret|api_?key|private_?key|(access|auth|refresh|session)_?token|salt$"
    r"|(^|_)(ssn|iban|bic|cvv|cvc|nin)(_|$)|social_security|credit_?card|card_?num|account_?num|passport|tax_?id"
    r"|driver_?licen|medical|diagnos",
    re.IGNORECASE,
)


def column_type(native: str) -> ColumnType:
    """The normal type of a type as the database writes it."""
    name = native.strip().lower()
    return next((kind for pattern, kind in _TYPES if pattern.search(name)), ColumnType.OTHER)


def is_sensitive(column: str) -> bool:
    """Whether a column's values are private by the look of its name: they are never sampled."""
    return _SENSITIVE.search(column) is not None
