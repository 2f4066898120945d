"""A scale trial from its statement to its result: check, sample, multiply, run on Spark, compare, extrapolate."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from sqlglot import exp

from services.kit.catalog import Column
from services.kit.clock import Clock
from services.kit.errors import CandorError, InvalidArgument
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import require_allowed
from services.validation.core.guard.guard import guard
from services.validation.core.model import Batch, Cell, DataSource, Finding, Limits, Summary
from services.validation.core.read_catalogs import ReadCatalogs
from services.validation.core.run_statement import RunStatement
from services.validation.core.steps import Step
from services.validation.core.trials import extract, findings, to_spark
from services.validation.core.trials.compare import compare
from services.validation.core.trials.growth import growths
from services.validation.core.trials.model import (
    Ask,
    Bounds,
    Comparison,
    Experiment,
    Extraction,
    Measurement,
    OnSample,
    Result,
    Rows,
    Sample,
    Spark,
    Started,
    Told,
    Verdict,
    Written,
)
from services.validation.core.trials.replication import blocks, replicate
from services.validation.core.trials.sample_types import spark_type

# A result of more rows than these is not compared.
MAX_COMPARED_ROWS = 5000


class RunTrial:
    """Tries statements on Spark.

    Args:
        catalogs: Check statements.
        run_statement: The only way to rows of a data source.
        spark: Where statements are tried.
        bounds: The most that a trial may take.
        clock: What time it is.
    """

    def __init__(
        self, catalogs: ReadCatalogs, run_statement: RunStatement, spark: Spark, bounds: Bounds, clock: Clock
    ) -> None:
        self._catalogs = catalogs
        self._run_statement = run_statement
        self._spark = spark
        self._bounds = bounds
        self._clock = clock

    async def __call__(self, source: DataSource, ask: Ask) -> AsyncGenerator[Told, None]:
        """Everything that there is to tell, the result last.

        Raises:
            InvalidArgument: The guard refuses the statement, Spark has no words for it, or a size is too large.
            FailedPrecondition: There is no Spark, or the statement failed there.
            ResourceExhausted: Another trial runs.
        """
        sizes = self._sizes(ask.sizes)
        async with self._spark.reserve():
            steps = _Steps(self._clock)
            yield steps.start("check", "Checking the statement and writing it for Spark")
            case = await self._check(source, ask)
            yield steps.end("The statement passes", [f"reads {', '.join(case.read)}"])
            yield steps.start("extract", "Taking a sample of what it reads")
            prepared = await self._prepare(source, ask, sizes, case)
            yield steps.end("The sample is taken", [_described(each) for each in prepared.samples])
            async with aclosing(self._on_spark(ask, prepared, steps)) as parts:
                async for part in parts:
                    yield part

    async def _check(self, source: DataSource, ask: Ask) -> "_Case":
        require_allowed(await self._catalogs.check(source, ask.sql))
        catalog = await self._catalogs.get(source)
        # As it was written: what a policy puts into a statement is in the rows already, which come by the same door.
        tree = to_spark.read(guard(ask.sql, catalog.dialect, catalog).sql, source.dialect)
        read = to_spark.columns_read(tree, catalog)
        if not read:
            raise InvalidArgument("SQL_NOT_A_READ", "The statement reads no table, so it has no size to try.")
        return _Case(catalog, tree, read)

    async def _prepare(self, source: DataSource, ask: Ask, sizes: Sequence[int], case: "_Case") -> "_Prepared":
        """The sample, how it is multiplied, and the statement over it."""
        catalog, rows = case.catalog, min(self._bounds.sample_rows, sizes[0])
        planned = extract.plan(catalog, case.read, rows, _is_hidden, extract=ask.extract)
        taken = [await self._extract(source, each) for each in planned]
        whole = all(each.complete and each.rows and not each.made_up for each in taken)
        samples, turned = extract.complete(catalog, taken, rows)
        types = _types(catalog, samples, source.dialect)
        views = {each.table: f"t_{number}" for number, each in enumerate(samples)}
        typed = {views[each.table]: {name: types[each.table, name] for name in each.columns} for each in samples}
        written = to_spark.write(ask.sql, case.tree, catalog, views, typed)
        stored = {each.table: table for each in samples if (table := catalog.table(each.table)) is not None}
        replication = replicate(samples, stored, catalog.foreign_keys, written.joins, types)
        growing = [len(each.rows) for each in replication.tables if not each.fixed]
        experiment = Experiment(
            tuple(replication.tables),
            written.spark,
            "" if whole else written.duckdb,
            blocks(sizes, max(growing, default=1)),
            self._bounds.timeout,
        )
        theirs = await self._on_source(source, ask.sql) if whole else None
        said = [*written.findings, *findings.of_sample(samples, replication, written.joins, turned)]
        return _Prepared(samples, written, experiment, theirs, (*said, findings.ansi(source.dialect)))

    async def _on_spark(self, ask: Ask, prepared: "_Prepared", steps: "_Steps") -> AsyncGenerator[Told, None]:
        """What Spark tells, as it tells it, then the result."""
        written, measured, started, ours = prepared.written, list[Measurement](), Started("", ""), None
        yield steps.start("start", "Starting Spark")
        async with aclosing(self._spark.run(prepared.experiment)) as parts:
            async for part in parts:
                match part:
                    case Started():
                        started = part
                        yield steps.end(f"Spark {part.version} runs on {part.master}")
                        yield steps.start("compare", "Running the statement on the sample")
                    case OnSample(engine="spark") if prepared.theirs is None:
                        ours = part
                    case OnSample():
                        spark, theirs = (part, prepared.theirs) if ours is None else (ours, part)
                        assert theirs is not None, "the source's result, or DuckDB's"
                        what = "sample, which is all rows" if ours is None else "sample"
                        compared = _compared(theirs, spark, written.ordered_by, what)
                        yield steps.end(compared.message)
                        yield compared
                        yield steps.start("measure", "Running the statement at each size")
                    case Measurement():
                        measured.append(part)
                        yield part
        yield steps.end(f"{len(measured)} sizes are measured")
        yield Result(
            growths(measured, ask.project_rows, started.master),
            (*prepared.findings, *findings.of_measurements(measured)),
            written.spark,
            f"Spark {started.version}, {started.master}",
            ask.project_rows,
        )

    def _sizes(self, asked: Sequence[int]) -> list[int]:
        sizes = sorted(set(asked))
        if sizes[-1] > self._bounds.max_rows:
            raise InvalidArgument(
                "INVALID_ARGUMENT",
                f"A trial has at most {self._bounds.max_rows:,} rows here. Ask for fewer: the growth is carried on.",
                fields={"sizes": "too large"},
            )
        return sizes

    async def _extract(self, source: DataSource, planned: Extraction) -> Sample:
        if not planned.sql:
            return extract.sample_of(planned, [], complete=False)
        limits = Limits(planned.limit, self._bounds.sample_bytes, self._bounds.timeout)
        rows, limit = await self._rows(source, planned.sql, limits)
        return extract.sample_of(planned, rows, complete=not limit)

    async def _on_source(self, source: DataSource, sql: str) -> OnSample:
        limits = Limits(MAX_COMPARED_ROWS, self._bounds.sample_bytes, self._bounds.timeout)
        try:
            rows, limit = await self._rows(source, sql, limits)
        except CandorError as error:
            return OnSample(source.dialect, None, error.message)
        return OnSample(source.dialect, None if limit else rows)

    async def _rows(self, source: DataSource, sql: str, limits: Limits) -> tuple[Rows, str]:
        """The rows of a statement that passes the door, and the limit that cut them, if one did."""
        rows: list[tuple[Cell, ...]] = []
        limit = ""
        async with aclosing(self._run_statement(source, sql, limits)) as parts:
            async for part in parts:
                if isinstance(part, Batch):
                    rows.extend(zip(*part.columns, strict=True))
                elif isinstance(part, Summary):
                    limit = part.limit
        return tuple(rows), limit


@dataclass(frozen=True, slots=True)
class _Case:
    """A statement that may run, and the columns that it reads of each table."""

    catalog: Catalog
    tree: exp.Expr
    read: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that is known before Spark starts. `theirs` is the source's own result, where the sample is all its rows."""

    samples: Sequence[Sample]
    written: Written
    experiment: Experiment
    theirs: OnSample | None
    findings: tuple[Finding, ...]


class _Steps:
    """Says that steps start and end, one after another."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._step: Step | None = None

    def start(self, step: str, message: str) -> Step:
        self._step = Step.started(step, message, self._clock.now())
        return self._step

    def end(self, message: str, details: Sequence[str] = ()) -> Step:
        assert self._step is not None, "a step ends that has started"
        return self._step.ended(self._clock.now(), *details, message=message)


def _is_hidden(_table: str, column: Column) -> bool:
    """Whether a column's values stay in the data source."""
    return column.is_sensitive


def _compared(theirs: OnSample, ours: OnSample, ordered_by: Sequence[int], what: str) -> Comparison:
    wrong = next((each for each in (theirs, ours) if each.error), None)
    if wrong is not None:
        message = f"{wrong.engine} gave no result to compare: {wrong.error}"
        return Comparison(Verdict.NOT_COMPARED, theirs.engine, message)
    return compare(theirs.engine, theirs.rows, ours.rows, ordered_by, what=what)


def _types(catalog: Catalog, samples: Sequence[Sample], dialect: str) -> dict[tuple[str, str], str]:
    found = {}
    for sample in samples:
        table = catalog.table(sample.table)
        assert table is not None, "samples are of tables in the catalogue"
        for column in table.columns:
            if column.name in sample.columns:
                found[sample.table, column.name] = spark_type(column, dialect, sample.values(column.name))
    return found


def _described(sample: Sample) -> str:
    part = "all" if sample.complete else "the first" if sample.made_up != sample.columns else "made up:"
    return f"{sample.table}: {part} {len(sample.rows):,} rows"
