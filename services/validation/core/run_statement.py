"""Runs what passes the guard: checked again at the moment of running, within the smaller of all limits."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.kit.errors import InvalidArgument
from services.validation.core.model import Check, DataSource, Limits, Part, Plan, Severity
from services.validation.core.ports import Engines
from services.validation.core.read_catalogs import ReadCatalogs


class RunStatement:
    """Runs reads, and asks for their plans.

    Args:
        catalogs: Check statements.
        engines: Reach the databases.
        limits: The most that a run may take, whatever is asked for.
    """

    def __init__(self, catalogs: ReadCatalogs, engines: Engines, limits: Limits) -> None:
        self._catalogs = catalogs
        self._engines = engines
        self._limits = limits

    async def __call__(self, source: DataSource, sql: str, asked: Limits) -> AsyncGenerator[str | Part, None]:
        """The text that runs, then the parts of its result.

        Raises:
            InvalidArgument: The guard refuses the statement; the reason is that of its first finding.
            DeadlineExceeded: It took longer than its limit.
        """
        checked = await self._require(source, sql)
        yield checked
        engine = self._engines.open(source.connection, own=source.own)
        async with aclosing(engine.run(checked, self._limits.within(asked))) as parts:
            async for part in parts:
                yield part

    async def explain(self, source: DataSource, sql: str) -> Plan:
        """The plan of a statement that the guard lets through.

        Raises:
            InvalidArgument: It does not.
        """
        checked = await self._require(source, sql)
        return await self._engines.open(source.connection, own=source.own).explain(checked)

    async def _require(self, source: DataSource, sql: str) -> str:
        check: Check = await self._catalogs.check(source, sql)
        for finding in check.findings:
            if finding.severity is Severity.ERROR:
                place = {"line": str(finding.span.line), "column": str(finding.span.column)} if finding.span else {}
                raise InvalidArgument(finding.reason, finding.message, metadata={**finding.metadata, **place})
        return check.sql
