"""Says whether a statement may run against a catalogue, and if not, what is wrong and where."""

from dataclasses import dataclass

from services.kit.errors import InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.dialects import require_dialect
from services.validation.core.guard.guard import Guarded, guard
from services.validation.core.model import Check, Finding, Severity
from services.validation.core.policies.apply import apply_policy
from services.validation.core.policies.restrict import RestrictedCatalog
from services.validation.core.resolve_names import Resolved, resolve_names
from services.validation.core.semantics.review import review


@dataclass(frozen=True, slots=True)
class Read:
    """A statement as it was read against a catalogue, and what there is to say of its safety and its names."""

    guarded: Guarded
    resolved: Resolved
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def read_statement(sql: str, catalog: Catalog) -> Read:
    """Applies the SQL guard and resolves every name."""
    guarded = guard(sql, catalog.dialect, catalog)
    if guarded.tree is None:
        return Read(guarded, Resolved(), guarded.findings)
    resolved = resolve_names(guarded.text, guarded.tree, catalog)
    return Read(guarded, resolved, (*guarded.findings, *resolved.findings))


def check_statement(sql: str, catalog: Catalog) -> Check:
    """Whether a statement may run, and what it means. A statement that fails is an answer, not an error."""
    read = read_statement(sql, catalog)
    guarded, resolved, findings = read.guarded, read.resolved, read.findings
    written = ""
    if not read.refused:
        assert guarded.tree is not None, "what is not refused was read"
        findings = (*findings, *review(guarded.text, guarded.tree, catalog, resolved))
        written = "" if any(each.severity is Severity.ERROR for each in findings) else guarded.sql
    if written and isinstance(catalog, RestrictedCatalog):
        refusals, written = apply_policy(guarded, catalog)
        findings = (*findings, *refusals)
    return Check(findings, written, tuple(resolved.tables), tuple(resolved.columns))


def check_text(sql: str, dialect: str) -> Check:
    """Applies the SQL guard to a statement of a dialect, with no catalogue: relations are judged by shape alone.

    Raises:
        InvalidArgument: The guard does not know the dialect.
    """
    guarded = guard(sql, require_dialect(dialect))
    return Check(guarded.findings, guarded.sql)


def require_allowed(check: Check) -> str:
    """The text that may run.

    Raises:
        InvalidArgument: The statement may not run; the reason and the place are those of its first error.
    """
    for finding in check.findings:
        if finding.severity is Severity.ERROR:
            place = {"line": str(finding.span.line), "column": str(finding.span.column)} if finding.span else {}
            raise InvalidArgument(finding.reason, finding.message, metadata={**finding.metadata, **place})
    return check.sql
