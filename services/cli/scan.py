"""Scans a file of SQL for danger, as lines for a person or as JSON lines for a program."""

import json
from pathlib import Path

from services.validation.core.model import Finding, Severity
from services.validation.core.scan.scan import MAX_BYTES, scan_text


def scan_file(path: Path, dialect: str, *, as_json: bool) -> tuple[list[str], bool]:
    """What to print of a file's scan, and whether there is an error among it.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no text in UTF-8.
        InvalidArgument: The dialect is not known, or the file is larger than 1 MiB.
    """
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1).decode()
    scan = scan_text(text, dialect)
    shown = [_as_json(each) if as_json else f"{path}:{_line(each)}" for each in scan.findings]
    if not as_json:
        shown.append(f"{path}: {scan.statement_count} statements, {len(scan.findings)} findings")
    return shown, any(each.severity is Severity.ERROR for each in scan.findings)


def _line(finding: Finding) -> str:
    """A finding as compilers write theirs: the place first, so that an editor can go there."""
    place = f"{finding.span.line}:{finding.span.column}: " if finding.span else " "
    return f"{place}{finding.severity.value}: {finding.message} [{finding.reason}]"


def _as_json(finding: Finding) -> str:
    place = {"line": finding.span.line, "column": finding.span.column} if finding.span else {}
    document = {"reason": finding.reason, "severity": finding.severity.value, "message": finding.message, **place}
    return json.dumps(document, ensure_ascii=False)
