"""Runs what passes the guard: checked again at the moment of running, within the smaller of all limits."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from services.validation.core.check_statement import require_allowed
from services.validation.core.explain_plan import require_affordable
from services.validation.core.model import DataSource, Limits, Part
from services.validation.core.ports import Engines
from services.validation.core.read_catalogs import ReadCatalogs


class RunStatement:
    """Runs reads.

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
            InvalidArgument: The guard refuses the statement, or its plan is above the data source's limits; the reason
                is that of the first finding.
            DeadlineExceeded: It took longer than its limit.
        """
        checked = await self._require(source, sql)
        engine = self._engines.of(source)
        await require_affordable(engine, source, await self._catalogs.get(source), checked)
        yield checked
        async with aclosing(engine.run(checked, self._within(source, asked))) as parts:
            async for part in parts:
                yield part

    def _within(self, source: DataSource, asked: Limits) -> Limits:
        """The smallest of the installation's limits, the policy's and what is asked for."""
        policy = source.policy.limits
        return (self._limits.within(policy) if policy is not None else self._limits).within(asked)

    async def _require(self, source: DataSource, sql: str) -> str:
        return require_allowed(await self._catalogs.check(source, sql))
