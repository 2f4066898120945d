"""Judges expectations: reads the rows once, hands them to the library, and says of each result how far it holds.

Where a limit leaves rows out, aggregates over all rows decide what they can; the rest is said to be of a sample.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.kit.catalog import Column
from services.kit.clock import Clock
from services.kit.errors import CandorError
from services.kit.ids import new_id
from services.validation.core.model import Batch, DataSource, Summary
from services.validation.core.quality.drift import judge_drift
from services.validation.core.quality.exact import decide
from services.validation.core.quality.model import (
    Distribution,
    Expectation,
    Facts,
    Outcome,
    Report,
    Target,
    Verdict,
)
from services.validation.core.quality.ports import Answer, Judges, Judging, Reports, Task
from services.validation.core.quality.questions import in_library_words, question_of, type_by_bounds
from services.validation.core.quality.read_target import Found, ReadTarget
from services.validation.core.quality.vocabulary import check_expectation, refuse, vocabulary
from services.validation.core.steps import Step

LATEST = "latest"
Told = Step | Verdict | Report
_DRIFT = "expect_column_distribution_to_be_stable"
_DIVERGENCE = "expect_column_kl_divergence_to_be_less_than"
_KEYS = "expect_foreign_keys_to_exist"
_UNIQUE = "expect_column_values_to_be_unique"
_NO_READ = frozenset({"schema", "count"})


@dataclass(slots=True)
class _Work:
    """What is known while a check goes on."""

    source: DataSource
    found: Found
    expectations: Sequence[Expectation]
    former: Report | None
    now: datetime
    row_count: int = -1
    judged_rows: int = 0
    sampled: bool = False
    facts: Facts | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    distributions: list[Distribution] = field(default_factory=list)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns whose values are looked at, in the order of the expectations."""
        named = (each for each in self.expectations if vocabulary()[each.type].reads not in _NO_READ | {"own"})
        drifting = (each for each in self.expectations if each.type == _DRIFT)
        return tuple(dict.fromkeys(name for each in (*named, *drifting) for name in each.columns))

    @property
    def references(self) -> Mapping[str, Distribution]:
        """The distributions of the report that is compared with, by column."""
        return {each.column: each for each in self.former.distributions} if self.former else {}


class CheckQuality:
    """Judges expectations on a table or a result, and keeps the report.

    Args:
        target: Reads what is judged.
        judges: The library.
        reports: Where reports are kept.
        clock: What time it is.
    """

    def __init__(self, target: ReadTarget, judges: Judges, reports: Reports, clock: Clock) -> None:
        self._target = target
        self._judges = judges
        self._reports = reports
        self._clock = clock

    async def __call__(
        self, source: DataSource, target: Target, expectations: Sequence[Expectation], against: str
    ) -> AsyncGenerator[Told, None]:
        """Steps, verdicts as they are known, and the report, which is kept by then.

        Args:
            source: The data source.
            target: What is judged.
            expectations: What is expected of it.
            against: The id of a former report to measure drift against; "latest" for the target's newest.

        Raises:
            InvalidArgument: An expectation is not known or not well-formed, or the guard refuses the statement.
            NotFound: There is no such table, or no such report.
            DeadlineExceeded: Reading or judging took too long.
            ResourceExhausted: Judging took too much memory.
        """
        for expectation in expectations:
            check_expectation(expectation)
        found = await self._target.find(source, target)
        if target.table:
            self._require(found, expectations)
        former = await self._former(source, found.target, against)
        work = _Work(source, found, expectations, former, self._clock.now())
        async with self._judges.open(self._target.limits.timeout) as judging:
            async with aclosing(self._read(work, judging)) as steps:
                async for step in steps:
                    yield step
            step = self._started("judge", f"Judging {len(expectations)} expectations")
            yield step
            async with aclosing(self._verdicts(work, judging)) as verdicts:
                async for verdict in verdicts:
                    work.verdicts.append(verdict)
                    yield verdict
        report = self._report(work)
        failed = report.count(Outcome.FAILED)
        yield step.ended(self._clock.now(), f"{report.count(Outcome.PASSED)} passed, {failed} failed")
        await self._reports.keep(report)
        yield report

    async def _former(self, source: DataSource, target: Target, against: str) -> Report | None:
        if against == LATEST:
            return await self._reports.latest(source.organization, source.id, target)
        return await self._reports.get(source.organization, source.id, against) if against else None

    def _require(self, found: Found, expectations: Sequence[Expectation]) -> None:
        for expectation in expectations:
            found.require(expectation)
            if expectation.type == _KEYS:
                if not found.target.table:
                    refuse(expectation, "is judged on tables alone")
                self._target.referred(found, expectation)

    async def _read(self, work: _Work, judging: Judging) -> AsyncGenerator[Step, None]:
        """Reads the rows, if any column is looked at, and aggregates where not all rows were read."""
        step = self._started("read", f"Reading {work.found.title}")
        yield step
        if work.needed or not work.found.target.table:
            await self._feed(work, judging)
        else:
            await judging.begin(self._task(work))
        if work.sampled or work.row_count < 0:
            work.facts = await self._facts(work)
            work.row_count = work.facts.rows if work.facts else -1
        told = [f"{work.judged_rows:,} rows judged one by one"] if work.needed else []
        if work.sampled:
            told.append("a limit left the others out" if work.row_count < 0 else f"of {work.row_count:,}")
        yield step.ended(self._clock.now(), *told)

    async def _feed(self, work: _Work, judging: Judging) -> None:
        async with aclosing(self._target.rows(work.source, work.found, work.needed)) as parts:
            async for part in parts:
                match part:
                    case Batch():
                        await judging.feed(part)
                        work.judged_rows += part.row_count
                    case Summary():
                        work.sampled = bool(part.limit)
                        work.row_count = -1 if part.limit else part.row_count
                    case tuple():
                        if not work.found.target.table:
                            columns = [Column(each.name, each.type, each.native_type) for each in part]
                            work.found = work.found.with_result(columns)
                            self._require(work.found, work.expectations)
                        await judging.begin(self._task(work))

    def _task(self, work: _Work) -> Task:
        library = [in_library_words(each, work.now) for each in work.expectations]
        before = work.references
        questions = [
            question_of(
                position,
                expectation,
                before.get(expectation.columns[0]) if expectation.columns else None,
                show=not work.found.hidden.intersection(expectation.columns),
            )
            for position, expectation in enumerate(library)
        ]
        read = work.needed if work.found.target.table else tuple(column.name for column in work.found.columns)
        declared = {column.name: column.type for column in work.found.columns}
        return Task(
            columns=tuple((name, type_by_bounds(declared[name], name, work.expectations)) for name in read),
            questions=tuple(each for each in questions if each is not None),
            schema=tuple(declared),
            count=tuple(name for name in work.needed if name not in work.found.hidden),
            references={name: known for name, known in before.items() if name in work.needed},
        )

    async def _facts(self, work: _Work) -> Facts | None:
        """Aggregates over all rows; None where even they take too long."""
        columns = [column for column in work.found.columns if column.name in work.needed]
        try:
            facts = await self._target.facts(work.source, work.found, columns, work.found.hidden)
            known = dict(facts.columns)
            for name in {each.columns[0] for each in work.expectations if each.type == _UNIQUE}:
                if 0 <= known[name].distinct < known[name].non_null:
                    counted = await self._target.duplicates(work.source, work.found, name)
                    known[name] = replace(known[name], duplicates=counted)
        except CandorError:
            if not work.judged_rows:
                raise
            return None
        return Facts(facts.rows, known)

    async def _verdicts(self, work: _Work, judging: Judging) -> AsyncGenerator[Verdict, None]:
        async with aclosing(judging.answers(max(work.row_count, work.judged_rows))) as answers:
            async for answer in answers:
                if isinstance(answer, Distribution):
                    work.distributions.append(answer)
                else:
                    yield self._verdict(work, answer)
        after = {each.column: each for each in work.distributions}
        for position, expectation in enumerate(work.expectations):
            if expectation.type in {_DRIFT, _DIVERGENCE}:
                column = expectation.columns[0]
                before = work.references.get(column)
                if expectation.type == _DRIFT or before is None:
                    drift = judge_drift(position, expectation, before, after.get(column))
                    yield decide(drift, None, work.judged_rows) if work.sampled else drift
            elif expectation.type == _KEYS:
                yield await self._keys(work, position, expectation)

    def _verdict(self, work: _Work, answer: Answer) -> Verdict:
        fields = dict(answer.fields)
        fields["outcome"] = Outcome(fields["outcome"])
        fields["examples"] = tuple(fields.get("examples", ()))
        asked = work.expectations[answer.position]
        verdict = Verdict(answer.position, in_library_words(asked, work.now), **fields)
        reads = vocabulary()[asked.type].reads
        if work.sampled and reads == "count" and work.row_count < 0:
            told = "How many rows there are could not be counted in time."
            verdict = replace(verdict, outcome=Outcome.NOT_JUDGED, observed="", message=told)
        elif work.sampled and reads not in _NO_READ:
            verdict = decide(verdict, work.facts, work.judged_rows)
        if work.found.hidden.intersection(asked.columns) and reads not in {"raw", "schema"}:
            told = "It could not be judged." if verdict.outcome is Outcome.NOT_JUDGED else verdict.message
            verdict = replace(verdict, observed="", examples=(), message=told)
        return replace(verdict, expectation=asked)

    async def _keys(self, work: _Work, position: int, expectation: Expectation) -> Verdict:
        rows, missing, lost = await self._target.orphans(work.source, work.found, expectation)
        present = rows - missing
        good = not present or (present - lost) / present >= expectation.mostly
        examples: list[str] = []
        if lost and not work.found.hidden.intersection(expectation.columns):
            examples = await self._target.orphan_examples(work.source, work.found, expectation)
        outcome = Outcome.PASSED if good else Outcome.FAILED
        return Verdict(position, expectation, outcome, rows, lost, missing, examples=tuple(examples))

    def _report(self, work: _Work) -> Report:
        return Report(
            organization=work.source.organization,
            source=work.source.id,
            id=new_id(),
            target=work.found.target,
            create_time=work.now,
            duration=self._clock.now() - work.now,
            row_count=work.row_count,
            judged_rows=work.judged_rows,
            sampled=work.sampled,
            verdicts=tuple(sorted(work.verdicts, key=lambda each: each.position)),
            distributions=tuple(work.distributions),
            against=work.former.id if work.former else "",
            policy=work.source.policy.etag,
        )

    def _started(self, step: str, message: str) -> Step:
        return Step.started(step, message, self._clock.now())
