"""A wide schema cut down to the tables a question may be about, so that work stays bounded."""

from collections import Counter
from collections.abc import Sequence

from services.kit.catalog import ForeignKey, Table
from services.modelhub.adapters.built_in.lexicon import LEXICON
from services.modelhub.adapters.built_in.tokens import Token, identifier_words, stem
from services.modelhub.core.model import Context

WIDE_COLUMNS = 1_200
KEPT_TABLES = 24
KEPT_WITH_NEIGHBOURS = 40
_TABLE_WORD, _COLUMN_WORD, _VALUE = 4, 1, 6


def narrow(context: Context, tokens: Sequence[Token]) -> tuple[tuple[Table, ...], tuple[ForeignKey, ...]]:
    """All tables and keys of an ordinary schema; of a wide one those named in the question, and their neighbours."""
    if sum(len(table.columns) for table in context.tables) <= WIDE_COLUMNS:
        return context.tables, context.foreign_keys
    said = {token.stem for token in tokens if token.lower not in LEXICON.function_words}
    points = Counter(match.table for match in context.value_matches for _ in range(_VALUE))
    for table in context.tables:
        points[table.qualified_name] += _TABLE_WORD * len(said.intersection(map(stem, identifier_words(table.name))))
        named = {stem(word) for column in table.columns for word in identifier_words(column.name)}
        points[table.qualified_name] += _COLUMN_WORD * len(said & named)
    ranked = sorted(
        context.tables, key=lambda table: (-points[table.qualified_name], len(table.columns), table.qualified_name)
    )
    kept = {table.qualified_name for table in ranked[:KEPT_TABLES] if points[table.qualified_name]}
    for key in context.foreign_keys:
        if len(kept) < KEPT_WITH_NEIGHBOURS and (key.table in kept) != (key.referred_table in kept):
            kept |= {key.table, key.referred_table}
    tables = tuple(table for table in context.tables if table.qualified_name in kept)
    return tables, tuple(key for key in context.foreign_keys if key.table in kept and key.referred_table in kept)
