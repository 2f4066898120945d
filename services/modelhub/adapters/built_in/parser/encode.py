"""A question's items as arrays: word pieces, features of each item, and the relations between every two."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from tokenizers import Tokenizer

from services.kit.catalog import ColumnType
from services.modelhub.adapters.built_in.ir import STAR, ColumnRef
from services.modelhub.adapters.built_in.parser.items import Items, words_of
from services.modelhub.adapters.built_in.schema import Schema
from services.modelhub.adapters.built_in.trained import TRAINED

CLS, SEP, PAD = 101, 102, 0
MAX_PIECES = 384
_PIECES_PER_WORD, _PIECES_PER_NAME = 6, 10

WORD, TABLE, COLUMN, VALUE = range(4)
KINDS = 4
TYPES = 1 + len(ColumnType) + 5
LEVELS = 5
FLAGS = 8
_TYPE = {kind: 1 + number for number, kind in enumerate(ColumnType)}
_VALUE_KIND = {kind: 1 + len(ColumnType) + n for n, kind in enumerate(("stored", "number", "quoted", "date", "words"))}
_STORED_LEVEL = 4


class Relation(IntEnum):
    """How one item stands to another; each has a weight of its own in every attention head."""

    NONE = 0
    SAME = 1
    WORD_BEFORE_2 = 2
    WORD_BEFORE_1 = 3
    WORD_AFTER_1 = 4
    WORD_AFTER_2 = 5
    WORD_FAR = 6
    NAMES_PARTLY = 7
    NAMES_WELL = 8
    NAMES_EXACTLY = 9
    NAMED_PARTLY = 10
    NAMED_WELL = 11
    NAMED_EXACTLY = 12
    SAYS_VALUE = 13
    VALUE_SAID = 14
    SAME_TABLE = 15
    REFERS = 16
    REFERRED = 17
    SAME_NAME = 18
    OF_TABLE = 19
    KEY_OF_TABLE = 20
    HAS_COLUMN = 21
    HAS_KEY = 22
    TABLE_REFERS = 23
    TABLE_REFERRED = 24
    TABLE_BOTH = 25
    IN_VALUE = 26
    HAS_WORD = 27
    STORED_IN = 28
    STORES = 29
    STORED_IN_TABLE = 30
    TABLE_STORES = 31
    COLUMN_FAR = 32
    TABLE_FAR = 33
    VALUE_FAR = 34


RELATIONS = 40


@dataclass(frozen=True, slots=True)
class Encoded:
    """Arrays of one question; items stand in the order words, tables, columns, values.

    `pieces[i]` are the word pieces of item i (none for values, which are read through their words, `spans`);
    `features` is (items, 4): kind, type, level of the best link, flags; `relations` is (items, items).
    """

    pieces: tuple[tuple[int, ...], ...]
    features: np.ndarray
    relations: np.ndarray
    spans: tuple[tuple[int, int], ...]
    owners: np.ndarray
    counts: tuple[int, int, int, int]


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_str((TRAINED / "tokenizer.json").read_text("utf-8"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=65_536)
def pieces_of(text: str) -> tuple[int, ...]:
    """The word pieces of a word or of a few words, without the marks of a sequence."""
    return tuple(_tokenizer().encode(text.lower(), add_special_tokens=False).ids)


def encode(items: Items) -> Encoded:
    """The arrays that the network reads."""
    words, tables, columns, values = len(items.tokens), len(items.tables), len(items.columns), len(items.values)
    pieces = [
        *(pieces_of(token.text)[:_PIECES_PER_WORD] or (PAD,) for token in items.tokens),
        *(pieces_of(" ".join(words_of(table)))[:_PIECES_PER_NAME] or (PAD,) for table in items.tables),
        *(pieces_of(" ".join(words_of(ref.column)))[:_PIECES_PER_NAME] or (PAD,) for ref in items.columns),
        *(() for _ in items.values),
    ]
    table_place = {table: words + n for n, table in enumerate(items.tables)}
    column_place = {ref: words + tables + n for n, ref in enumerate(items.columns)}
    place = {**{ColumnRef(table): at for table, at in table_place.items()}, **column_place}
    owners = np.full(words + tables + columns + values, -1, np.int32)
    for ref, at in column_place.items():
        owners[at] = table_place[ref.table]
    return Encoded(
        pieces=tuple(pieces),
        features=_features(items, place),
        relations=_relations(items, table_place, column_place),
        spans=tuple((value.start, value.end) for value in items.values),
        owners=owners,
        counts=(words, tables, columns, values),
    )


def _features(items: Items, place: dict[ColumnRef, int]) -> np.ndarray:
    words, tables, columns, values = len(items.tokens), len(items.tables), len(items.columns), len(items.values)
    found = np.zeros((words + tables + columns + values, 4), np.int32)
    found[words : words + tables, 0] = TABLE
    found[words + tables : words + tables + columns, 0] = COLUMN
    found[words + tables + columns :, 0] = VALUE
    for n, ref in enumerate(items.columns):
        column = items.schema.columns[ref]
        found[words + tables + n, 1] = _TYPE[column.type]
        found[words + tables + n, 3] = (
            4 * column.is_primary_key
            + 2 * items.schema.is_key(ref)
            + (column.is_unique or items.schema.is_ordered(ref))
        )
    for n, value in enumerate(items.values):
        found[words + tables + columns + n, 1] = _VALUE_KIND[value.kind]
        found[words + tables + columns + n, 3] = min(len(value.stored), 3)
    for (token, ref), level in items.names.items():
        for at in (token, place.get(ref, token)):
            found[at, 2] = max(found[at, 2], level)
    for token, ref in items.stored:
        for at in (token, place.get(ref, token)):
            found[at, 2] = _STORED_LEVEL
    return found


def _relations(items: Items, tables: dict[str, int], columns: dict[ColumnRef, int]) -> np.ndarray:
    words, size = len(items.tokens), len(items.tokens) + len(tables) + len(columns) + len(items.values)
    found = np.zeros((size, size), np.int8)
    apart = np.arange(words)[None, :] - np.arange(words)[:, None]
    near = {0: Relation.SAME, -1: Relation.WORD_BEFORE_1, -2: Relation.WORD_BEFORE_2}
    near |= {1: Relation.WORD_AFTER_1, 2: Relation.WORD_AFTER_2}
    found[:words, :words] = Relation.WORD_FAR
    for distance, relation in near.items():
        found[:words, :words][apart == distance] = relation
    _relate_schema(items.schema, tables, columns, found)
    for (token, ref), level in items.names.items():
        at = tables.get(ref.table) if ref.column == STAR else columns.get(ref)
        if at is not None:
            found[token, at] = Relation.NAMES_PARTLY + level - 1
            found[at, token] = Relation.NAMED_PARTLY + level - 1
    for token, ref in items.stored:
        at = columns.get(ref)
        if at is not None:
            found[token, at], found[at, token] = Relation.SAYS_VALUE, Relation.VALUE_SAID
    _relate_values(items, tables, columns, found)
    np.fill_diagonal(found, Relation.SAME)
    return found


def _relate_schema(schema: Schema, tables: dict[str, int], columns: dict[ColumnRef, int], found: np.ndarray) -> None:
    table_at, column_at = list(tables.values()), list(columns.values())
    if table_at:
        found[table_at[0] : table_at[-1] + 1, table_at[0] : table_at[-1] + 1] = Relation.TABLE_FAR
    if column_at:
        first, last = column_at[0], column_at[-1] + 1
        found[first:last, first:last] = Relation.COLUMN_FAR
        owner = np.array([tables[ref.table] for ref in columns])
        number: dict[str, int] = {}
        names = np.array([number.setdefault(ref.column.lower(), len(number)) for ref in columns])
        same = found[first:last, first:last]
        same[names[:, None] == names[None, :]] = Relation.SAME_NAME
        same[owner[:, None] == owner[None, :]] = Relation.SAME_TABLE
    for ref, at in columns.items():
        table = tables[ref.table]
        is_key = schema.columns[ref].is_primary_key
        found[at, table] = Relation.KEY_OF_TABLE if is_key else Relation.OF_TABLE
        found[table, at] = Relation.HAS_KEY if is_key else Relation.HAS_COLUMN
    for one, at in tables.items():
        for edge in schema.joins.edges_of(one):
            other = tables.get(edge.right)
            if edge.left != one or other is None:
                continue
            both = found[at, other] == Relation.TABLE_REFERRED
            found[at, other] = Relation.TABLE_BOTH if both else Relation.TABLE_REFERS
            found[other, at] = Relation.TABLE_BOTH if both else Relation.TABLE_REFERRED
            for left, right in zip(edge.left_columns, edge.right_columns, strict=True):
                here, there = columns.get(ColumnRef(edge.left, left)), columns.get(ColumnRef(edge.right, right))
                if here is not None and there is not None:
                    found[here, there], found[there, here] = Relation.REFERS, Relation.REFERRED


def _relate_values(items: Items, tables: dict[str, int], columns: dict[ColumnRef, int], found: np.ndarray) -> None:
    first = len(found) - len(items.values)
    found[first:, first:] = Relation.VALUE_FAR
    for n, value in enumerate(items.values):
        at = first + n
        found[at, value.start : value.end] = Relation.HAS_WORD
        found[value.start : value.end, at] = Relation.IN_VALUE
        for match in value.stored:
            column = columns.get(ColumnRef(match.table, match.column))
            if column is not None:
                found[at, column], found[column, at] = Relation.STORED_IN, Relation.STORES
                table = tables[match.table]
                found[at, table], found[table, at] = Relation.STORED_IN_TABLE, Relation.TABLE_STORES


def assemble(encoded: Encoded, order: Sequence[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The sequence of word pieces and the item that each belongs to (-1 for marks), tables in the given order.

    Layout: [CLS] question [SEP] table column column … [SEP] table … [SEP]. `order` lists the tables' and columns' items
    to show, each table before its columns; all of them, table by table, when None. Longer input is cut.
    """
    words, tables, columns, _ = encoded.counts
    ids, owner = [CLS], [-1]
    for item in range(words):
        ids.extend(encoded.pieces[item])
        owner.extend([item] * len(encoded.pieces[item]))
    if order is None:
        order = [
            at
            for table in range(words, words + tables)
            for at in (
                table,
                *(words + tables + n for n in range(columns) if encoded.owners[words + tables + n] == table),
            )
        ]
    for item in order:
        if item < words + tables:
            ids.append(SEP)
            owner.append(-1)
        ids.extend(encoded.pieces[item])
        owner.extend([item] * len(encoded.pieces[item]))
    ids, owner = ids[: MAX_PIECES - 1], owner[: MAX_PIECES - 1]
    return np.array([*ids, SEP], np.int64), np.array([*owner, -1], np.int64)
