"""Which columns' values are indexed, how many of them, and the form in which values and questions are compared.

Values help to see that "left-handed" means `hand = 'L'` or that "Boston" is a city; they are never taken from a
column that is, or sounds, sensitive.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from services.documents.core.model import IndexedValue
from services.kit.catalog import Catalog, Column, ColumnType, Table

VALUES_PER_COLUMN = 5_000
VALUES_PER_SOURCE = 200_000
# Longer values are prose: nobody quotes them in a question, and they would fill the index.
VALUE_CHARACTERS = 100

_TEXT_LIKE = frozenset({ColumnType.TEXT, ColumnType.BOOLEAN, ColumnType.OTHER})

# Words that, as one word or as neighbouring words of a column's name, say that its values concern one person or
# open a door. A name is cut at underscores, capitals and digits first: `ssn` is not in `session`.
SENSITIVE_NAMES: tuple[tuple[str, ...], ...] = tuple(
    tuple(words.split())
    for words in """
    password|passwd|passphrase|passcode|pwd|pin|pin code|secret|token|api key|apikey|private key|access key|salt|hash
    password hash|credential|credentials|otp|cvv|cvc|ssn|social security|national id|national insurance|nino|tax id|tin
    passport|passport number|driver license|drivers license|driving licence|license number|licence number
    card number|card no|credit card|creditcard|cardnumber|debit card|iban|bic|swift|account number|account no
    routing number|bank account
    email|e mail|mail address|emailaddress|phone|telephone|mobile|cell|fax|phonenumber|tel|ip address|mac address
    birth date|date of birth|dob|birthdate|birthday|street|street address|address line|home address
    medical record|mrn|biometric|fingerprint|signature|latitude|longitude|geo location
    """.replace("\n", "|").split("|")
    if words.strip()
)

_WORD = re.compile(
    # A word with its combining accents; a possessive 's is consumed and dropped; writing systems without spaces go
    # character by character.
    r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"(?:[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[\u0300-\u036f])*)(?:['\u2019]s\b)?"
)
_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def name_words(identifier: str) -> list[str]:
    """The lower-case words of an identifier: `custEmailAddr_2` is cust, email, addr, 2."""
    return [part.casefold() for part in _NAME_PART.findall(identifier)]


def is_sensitive(column: Column) -> bool:
    """Whether a column is marked sensitive or its name says that it is (`SENSITIVE_NAMES`)."""
    if column.is_sensitive:
        return True
    words = tuple(word.removesuffix("s") if len(word) > 4 else word for word in name_words(column.name))
    return any(
        words[at : at + len(name)] == tuple(part.removesuffix("s") if len(part) > 4 else part for part in name)
        for name in SENSITIVE_NAMES
        for at in range(len(words) - len(name) + 1)
    )


def without_secrets(catalog: Catalog) -> Catalog:
    """The catalogue with every sensitive column marked as such, and without samples of them."""
    return replace(
        catalog,
        tables=tuple(
            replace(
                table,
                columns=tuple(
                    replace(column, is_sensitive=True, samples=()) if is_sensitive(column) else column
                    for column in table.columns
                ),
            )
            for table in catalog.tables
        ),
    )


def is_indexed(column: Column) -> bool:
    """Whether a column's values are worth indexing and may be: short texts or a 0/1 flag, and not sensitive."""
    if is_sensitive(column):
        return False
    if column.samples and all(len(sample) >= VALUE_CHARACTERS for sample in column.samples):
        return False
    if column.type is ColumnType.INTEGER:
        return not column.is_primary_key and bool(column.samples) and set(column.samples) <= {"0", "1"}
    return column.type in _TEXT_LIKE


def indexed_columns(catalog: Catalog) -> Iterator[tuple[Table, Column]]:
    """The columns to read values from, in the catalogue's order."""
    return ((table, column) for table in catalog.tables for column in table.columns if is_indexed(column))


def index_values(read: Iterable[tuple[Table, Column, Iterable[str]]]) -> Iterator[IndexedValue]:
    """The values to index, from columns and their distinct values as text, within the caps.

    A column that may not be indexed is passed over without its values being looked at: read those of
    `indexed_columns` only.
    """
    indexed = (value for table, column, values in read for value in column_values(table, column, values))
    return islice(indexed, VALUES_PER_SOURCE)


def column_values(table: Table, column: Column, values: Iterable[str]) -> Iterator[IndexedValue]:
    """The values of one column in their indexed form: capped, without the blank, the long and the repeated."""
    if not is_indexed(column):
        return
    seen: set[str] = set()
    for value in values:
        if len(seen) >= VALUES_PER_COLUMN:
            return
        if len(value) > VALUE_CHARACTERS or value in seen or not (normalized := normalize(value)):
            continue
        seen.add(value)
        yield IndexedValue(table.qualified_name, column.name, value, normalized)


def normalize(text: str) -> str:
    """The words of a text without case, accents, width, punctuation and possessives, joined by single spaces."""
    joined = _folded_words(text)
    # A compatibility form may fall apart into words once it is folded.
    return joined if joined.isascii() else _folded_words(joined)


def _folded_words(text: str) -> str:
    return " ".join(filter(None, (fold(word.group(1)) for word in _WORD.finditer(text))))


def words(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of a text folded, with its start and end in the text as written."""
    for match in _WORD.finditer(text):
        if folded := fold(match.group(1)):
            yield folded, match.start(1), match.end(1)


def fold(word: str) -> str:
    """One word without case, accents and compatibility forms: `Café` and `CAFE` are the same."""
    if word.isascii():
        return word.lower()
    # Compatibility forms may be capitals, and folding case may compose: hence twice.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(character for character in decomposed if character.isalnum())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A folded word without English plural and verb endings.

    Light on purpose: it runs over every word of an index (1 µs; Snowball takes 50), and what it conflates wrongly costs
    a weak match at worst.
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, replacement, kept in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= kept:
            word = word[: len(word) - len(ending)] + replacement
            if ending in {"ing", "ed"} and len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word.removesuffix("e") if len(word) > 3 else word


# Ending, what replaces it, and how many letters must remain; the first that fits is taken.
_ENDINGS: tuple[tuple[str, str, int], ...] = (
    ("sses", "ss", 2),
    ("ies", "y", 2),
    ("ches", "ch", 2),
    ("shes", "sh", 2),
    ("xes", "x", 2),
    ("zes", "z", 2),
    ("ss", "ss", 1),
    ("us", "us", 1),
    ("is", "is", 1),
    ("s", "", 3),
    ("ying", "y", 2),
    ("ing", "", 3),
    ("ied", "y", 2),
    ("ed", "", 3),
)
