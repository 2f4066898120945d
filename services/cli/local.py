"""The way of a question in one process: the services' own use cases, joined without servers.

`ask`, `predict` and `eval` all answer through here, so that what is measured is what people get.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from services.cli.catalogs import context_for_modelhub
from services.documents.core import model as documents
from services.documents.core.find_values import ValueIndex
from services.documents.core.index_values import VALUES_PER_COLUMN, index_values, indexed_columns, without_secrets
from services.documents.core.retrieve_context import Retriever
from services.generation.core import model as generation
from services.generation.core.answer_question import AnswerQuestion
from services.generation.core.decide import Policy
from services.kit import catalog
from services.kit.clock import SystemClock
from services.kit.errors import FailedPrecondition, InvalidArgument, Unavailable
from services.modelhub.adapters.built_in_drafter import BuiltInDrafter
from services.modelhub.core import model as modelhub
from services.modelhub.core.draft_sql import DraftSql
from services.modelhub.core.ports import Drafter, Model
from services.modelhub.settings import Settings as ModelhubSettings
from services.validation.core import model as validation
from services.validation.core.catalog import Catalog
from services.validation.core.check_statement import check_statement
from services.validation.core.dialects import DIALECTS
from services.validation.core.ports import Engine

# How long reading the values of a database may take.
SAMPLING = timedelta(seconds=60)
# What the first rows of an answer may take, here as in the service.
LIMITS = validation.Limits()

RunPart = tuple[generation.ResultColumn, ...] | generation.Batch | generation.Summary


@dataclass(frozen=True, slots=True)
class Source:
    """One database, read once and made ready for questions."""

    engine: Engine
    catalog: Catalog
    retriever: Retriever


async def read_source(engine: Engine, dialect: str) -> Source:
    """Reads a database's schema and values, as a sync of the documents service does.

    Raises:
        Unavailable: The database does not answer.
        FailedPrecondition: What is there is no database, or the login fails.
    """
    tables, foreign_keys = await engine.introspect()
    known = without_secrets(catalog.Catalog(dialect, tables, foreign_keys))
    wanted = {
        validation.ColumnRef(table.qualified_name, column.name): (table, column)
        for table, column in indexed_columns(known)
    }
    read = await engine.sample_values(tuple(wanted), VALUES_PER_COLUMN, SAMPLING)
    values = ValueIndex(index_values((*wanted[each.column], each.values) for each in read))
    return Source(engine, Catalog(DIALECTS[dialect], tables, foreign_keys), Retriever(known, values))


@asynccontextmanager
async def open_models(on_fallback: Callable[[Model, Unavailable], None]) -> AsyncIterator[DraftSql]:
    """The models that the environment sets up, as the modelhub service would choose them.

    Args:
        on_fallback: Told of a model that another had to stand in for, and why.

    Raises:
        NotFound: The default model is not one of them.
    """
    settings = ModelhubSettings()
    async with AsyncExitStack() as stack:
        built_in = BuiltInDrafter(settings.built_in_workers, settings.built_in_weights)
        stack.callback(built_in.close)
        drafters: list[Drafter] = [built_in]
        if settings.has_openai:
            # Imported where it is wanted: it brings the client's own helpers with it.
            from services.modelhub.adapters.openai import OpenAIDrafter  # noqa: PLC0415

            provider = OpenAIDrafter(
                settings.openai_api_key.get_secret_value(),
                settings.openai_base_url,
                settings.openai_model,
                timeout=settings.openai_timeout,
                send_samples=settings.openai_send_samples,
            )
            stack.push_async_callback(provider.close)
            drafters.insert(0, provider)
        yield DraftSql(drafters, on_fallback, settings.default_model)


def answerer(source: Source, models: DraftSql, policy: Policy | None = None) -> AnswerQuestion:
    """The use case of the generation service over one database, with everything in this process."""
    return AnswerQuestion(_Documents(source), _Modelhub(models), _Validation(source), SystemClock(), policy or Policy())


@dataclass(frozen=True, slots=True)
class _Documents:
    source: Source

    async def retrieve(self, question: generation.Question) -> generation.Context:
        """See `services.generation.core.ports.Documents`."""
        found = self.source.retriever.retrieve(question.text)
        return generation.Context(
            dialect=found.dialect,
            tables=tuple(table.qualified_name for table in found.tables),
            values=tuple(f"{match.table}.{match.column} = {match.value}" for match in found.value_matches),
            schema_version="",
            content=found,
        )


@dataclass(frozen=True, slots=True)
class _Modelhub:
    models: DraftSql

    async def draft(
        self,
        question: generation.Question,
        context: generation.Context,
        rejections: Sequence[generation.Rejection],
    ) -> AsyncGenerator[str | generation.Draft, None]:
        """See `services.generation.core.ports.Modelhub`."""
        assert isinstance(context.content, documents.Context)
        request = modelhub.DraftRequest(
            question.text,
            context_for_modelhub(context.content),
            rejections=tuple(modelhub.Rejection(each.sql, each.reason, each.message) for each in rejections),
        )
        async with aclosing(self.models.draft(request, question.model)) as parts:
            async for part in parts:
                yield part if isinstance(part, str) else _draft(part)


@dataclass(frozen=True, slots=True)
class _Validation:
    source: Source

    async def check(
        self, question: generation.Question, sql: str, context: generation.Context | None
    ) -> generation.Verdict:
        """See `services.generation.core.ports.Validation`: the one database here says what is in it."""
        del question, context
        check = check_statement(sql, self.source.catalog)
        return generation.Verdict(check.allowed, tuple(map(_finding, check.findings)), check.sql, check.tables)

    async def run(self, question: generation.Question, sql: str) -> AsyncGenerator[RunPart, None]:
        """See `services.generation.core.ports.Validation`."""
        del question
        try:
            async with aclosing(self.source.engine.run(sql, LIMITS)) as parts:
                async for part in parts:
                    yield _part(part)
        except FailedPrecondition as error:
            if error.reason != "SQL_REFUSED_BY_DATABASE":
                raise
            raise InvalidArgument(error.reason, error.message, metadata=error.metadata) from error


def _part(part: validation.Part) -> RunPart:
    match part:
        case validation.Batch():
            return generation.Batch(part.row_count, tuple(map(tuple, part.columns)))
        case validation.Summary():
            return generation.Summary(part.row_count, part.limit)
        case _:
            return tuple(generation.ResultColumn(each.name, each.type.value, each.native_type) for each in part)


def _draft(draft: modelhub.Draft) -> generation.Draft:
    return generation.Draft(
        tuple(generation.Candidate(c.sql, c.confidence, c.source, c.reading) for c in draft.candidates),
        tuple(generation.Link(u.phrase, u.start, u.end, u.kind, u.target, u.score) for u in draft.understood),
        draft.unlinked,
    )


def _finding(finding: validation.Finding) -> generation.Finding:
    place = finding.span or validation.Span(0, 0, 0, 0)
    return generation.Finding(
        reason=finding.reason,
        severity=finding.severity.value,
        message=finding.message,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
        suggestion=finding.suggestion,
        metadata=finding.metadata,
    )
