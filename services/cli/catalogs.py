"""What retrieval found, in the words that modelhub drafts from: between processes protobuf does this."""

from services.documents.core.model import Context
from services.modelhub.core import model as modelhub


def context_for_modelhub(context: Context) -> modelhub.Context:
    """What retrieval found, for drafting: without the values of columns that are marked sensitive."""
    matches = tuple(
        modelhub.ValueMatch(match.table, match.column, match.value, match.phrase, match.start, match.end, match.score)
        for match in context.value_matches
    )
    return modelhub.without_private(modelhub.Context(context.dialect, context.tables, context.foreign_keys, matches))
