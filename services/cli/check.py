"""Passes a file of statements through the SQL guard and writes what it says of each."""

import json
from pathlib import Path

from services.cli.dataset import DatasetError, read_lines
from services.kit.errors import InvalidArgument
from services.validation.core.check_statement import check_text
from services.validation.core.model import Severity

ALLOW, REFUSE = "allow", "refuse"


def check_cases(cases: Path, out: Path) -> tuple[int, int]:
    """Writes one verdict for each case, in their order, and returns how many were allowed and refused.

    Raises:
        DatasetError: The cases cannot be read, or one has no dialect or no statement.
        OSError: The verdicts cannot be written.
    """
    verdicts = []
    for number, case in enumerate(read_lines(cases), start=1):
        dialect, sql = case.get("dialect"), case.get("sql")
        if not isinstance(dialect, str) or not isinstance(sql, str):
            raise DatasetError(f'Case {number} of {cases} has no text under "dialect" or "sql".')
        verdicts.append(_verdict(sql, dialect))
    written = out.with_name(f"{out.name}.partial")
    written.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in verdicts), encoding="utf-8")
    written.replace(out)
    allowed = sum(each["verdict"] == ALLOW for each in verdicts)
    return allowed, len(verdicts) - allowed


def _verdict(sql: str, dialect: str) -> dict[str, str]:
    try:
        check = check_text(sql, dialect)
    except InvalidArgument as error:
        # A dialect without rules of its own is refused like everything else that cannot be judged.
        return {"verdict": REFUSE, "reason": error.reason, "message": error.message}
    if check.allowed:
        return {"verdict": ALLOW, "reason": "", "message": ""}
    worst = next(finding for finding in check.findings if finding.severity is Severity.ERROR)
    return {"verdict": REFUSE, "reason": worst.reason, "message": worst.message}
