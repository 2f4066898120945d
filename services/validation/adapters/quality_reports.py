"""Reports of data quality in PostgreSQL: each organization sees its own alone, and a data source keeps so many."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from services.kit.errors import NotFound
from services.storage.sql import Database
from services.validation.core.model import Severity
from services.validation.core.quality.model import Distribution, Expectation, Outcome, Report, Target, Verdict

_METADATA = sa.MetaData()
REPORTS = sa.Table(
    "quality_reports",
    _METADATA,
    sa.Column("organization", sa.Text, primary_key=True),
    sa.Column("data_source", sa.Text, primary_key=True),
    # Ids sort by the time they were made.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    # A digest of what was judged, to find the newest report of the same.
    sa.Column("target", sa.Text, nullable=False),
    # What a list shows, apart from the rest, which may be large.
    sa.Column("summary", JSONB, nullable=False),
    sa.Column("document", JSONB, nullable=False),
)
_LISTED = (REPORTS.c.organization, REPORTS.c.data_source, REPORTS.c.id, REPORTS.c.create_time, REPORTS.c.summary)


class SqlReports:
    """`core.quality.ports.Reports`.

    Args:
        database: The service's own.
        kept: How many reports a data source keeps.
    """

    def __init__(self, database: Database, kept: int) -> None:
        self._database = database
        self._kept = kept

    async def keep(self, report: Report) -> None:
        """See `core.quality.ports.Reports`."""
        own = (REPORTS.c.organization == report.organization, REPORTS.c.data_source == report.source)
        # Ids of the same millisecond are in no order; the one that was just made is never the oldest.
        newest = sa.select(REPORTS.c.id).where(*own, REPORTS.c.id != report.id).order_by(REPORTS.c.id.desc())
        try:
            async with self._database.transaction(report.organization) as connection:
                await connection.execute(sa.insert(REPORTS).values(_row(report)))
                too_old = newest.offset(self._kept - 1).scalar_subquery()
                await connection.execute(sa.delete(REPORTS).where(*own, REPORTS.c.id.in_(too_old)))
        except IntegrityError as error:
            raise NotFound(
                "DATA_SOURCE_NOT_FOUND",
                f"The data source {report.source!r} was deleted while its data was judged.",
                metadata={"data_source": report.source},
            ) from error

    async def get(self, organization: str, source: str, report: str) -> Report:
        """See `core.quality.ports.Reports`."""
        query = sa.select(*_LISTED, REPORTS.c.document).where(*_own(organization, source), REPORTS.c.id == report)
        async with self._database.transaction(organization) as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(
                "QUALITY_REPORT_NOT_FOUND",
                f"There is no report {report!r}. List the reports to see what there is: old ones make room for new.",
                metadata={"report": report},
            )
        return _report(row, row.document)

    async def latest(self, organization: str, source: str, target: Target) -> Report | None:
        """See `core.quality.ports.Reports`."""
        query = (
            sa.select(*_LISTED, REPORTS.c.document)
            .where(*_own(organization, source), REPORTS.c.target == _digest(target))
            .order_by(REPORTS.c.id.desc())
            .limit(1)
        )
        async with self._database.transaction(organization) as connection:
            row = (await connection.execute(query)).one_or_none()
        return _report(row, row.document) if row else None

    async def list(self, organization: str, source: str, *, before: str, limit: int) -> Sequence[Report]:
        """See `core.quality.ports.Reports`."""
        query = sa.select(*_LISTED).where(*_own(organization, source)).order_by(REPORTS.c.id.desc()).limit(limit)
        if before:
            query = query.where(REPORTS.c.id < before)
        async with self._database.transaction(organization) as connection:
            rows = (await connection.execute(query)).all()
        return [_report(row, {}) for row in rows]


def _own(organization: str, source: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return REPORTS.c.organization == organization, REPORTS.c.data_source == source


def _digest(target: Target) -> str:
    return hashlib.sha256(f"{target.table}\0{target.sql}".encode()).hexdigest()


def _row(report: Report) -> dict[str, Any]:
    return {
        "organization": report.organization,
        "data_source": report.source,
        "id": report.id,
        "create_time": report.create_time,
        "target": _digest(report.target),
        "summary": {
            "target": asdict(report.target),
            "duration_s": report.duration.total_seconds(),
            "row_count": report.row_count,
            "judged_rows": report.judged_rows,
            "sampled": report.sampled,
            "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
            "against": report.against,
            "policy": report.policy,
        },
        "document": {
            "verdicts": [_plain(asdict(each)) for each in report.verdicts],
            "distributions": [_plain(asdict(each)) for each in report.distributions],
        },
    }


def _plain(value: Any) -> Any:
    """What PostgreSQL can keep: its text has no U+0000."""
    if isinstance(value, str):
        return value.replace("\0", "�")
    if isinstance(value, Mapping):
        return {_plain(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _report(row: Any, document: Mapping[str, Any]) -> Report:
    summary = row.summary
    return Report(
        organization=row.organization,
        source=row.data_source,
        id=row.id,
        target=Target(**summary["target"]),
        create_time=row.create_time,
        duration=timedelta(seconds=summary["duration_s"]),
        row_count=summary["row_count"],
        judged_rows=summary["judged_rows"],
        sampled=summary["sampled"],
        verdicts=tuple(_verdict(each) for each in document.get("verdicts", ())),
        distributions=tuple(_distribution(each) for each in document.get("distributions", ())),
        counts={Outcome(name): count for name, count in summary["counts"].items()},
        against=summary["against"],
        policy=summary["policy"],
    )


def _verdict(kept: Mapping[str, Any]) -> Verdict:
    fields = dict(kept)
    said = dict(fields.pop("expectation"))
    said |= {"columns": tuple(said["columns"]), "severity": Severity(said["severity"])}
    examples = tuple(fields.pop("examples"))
    outcome = Outcome(fields.pop("outcome"))
    return Verdict(**fields, expectation=Expectation(**said), outcome=outcome, examples=examples)


def _distribution(kept: Mapping[str, Any]) -> Distribution:
    lists = {name: tuple(kept[name]) for name in ("counts", "edges", "values")}
    return Distribution(**{**kept, **lists})
