"""Says whether a statement may run against a catalogue, and if not, what is wrong and where."""

from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import DIALECTS
from services.validation.core.guard.guard import guard
from services.validation.core.model import Check, Severity
from services.validation.core.resolve_names import resolve_names


def check_statement(sql: str, catalog: Catalog) -> Check:
    """Applies the SQL guard and resolves every name. A statement that fails is an answer, not an error."""
    guarded = guard(sql, catalog.dialect, catalog)
    if guarded.tree is None:
        return Check(guarded.findings)
    resolved = resolve_names(guarded.text, guarded.tree, catalog)
    findings = (*guarded.findings, *resolved.findings)
    refused = any(finding.severity is Severity.ERROR for finding in findings)
    return Check(findings, "" if refused else guarded.sql, tuple(resolved.tables), tuple(resolved.columns))


def check_text(sql: str, dialect: str) -> Check:
    """Applies the SQL guard to a statement of a dialect, with no catalogue: relations are judged by shape alone.

    Raises:
        InvalidArgument: The guard does not know the dialect.
    """
    if dialect not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
        raise InvalidArgument("INVALID_ARGUMENT", f"The dialect {dialect!r} is not known. Known are {known}.")
    guarded = guard(sql, dialect)
    return Check(guarded.findings, guarded.sql)
