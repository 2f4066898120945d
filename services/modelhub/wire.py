"""Between modelhub's protobuf messages and its model."""

from candor.catalog.v1 import catalog_pb2
from candor.modelhub.v1 import modelhub_service_pb2 as pb

from services.kit.catalog_wire import catalog_from_proto
from services.kit.ids import resource_name
from services.modelhub.core import model
from services.modelhub.core.ports import Model


def request_from_proto(request: pb.DraftSqlRequest) -> model.DraftRequest:
    """The question with its context."""
    return model.DraftRequest(
        question=request.question,
        context=context_from_proto(request.context),
        max_candidates=request.max_candidates,
        rejections=tuple(model.Rejection(each.sql, each.reason, each.message) for each in request.rejections),
    )


def context_from_proto(context: catalog_pb2.Context) -> model.Context:
    """The context, without any value of a column that is marked sensitive."""
    catalog = catalog_from_proto(context.catalog)
    matches = tuple(
        model.ValueMatch(each.table, each.column, each.value, each.phrase, each.start, each.end, each.score)
        for each in context.value_matches
    )
    return model.without_private(model.Context(catalog.dialect, catalog.tables, catalog.foreign_keys, matches))


def draft_to_proto(draft: model.Draft) -> pb.Draft:
    """The candidates and what was understood."""
    return pb.Draft(
        candidates=[
            pb.Candidate(sql=each.sql, confidence=each.confidence, source=each.source, reading=each.reading)
            for each in draft.candidates
        ],
        links=[
            pb.Link(
                phrase=each.phrase,
                start=each.start,
                end=each.end,
                kind=each.kind,
                target=each.target,
                score=each.score,
            )
            for each in draft.understood
        ],
        unlinked=draft.unlinked,
    )


def part_to_proto(part: str | model.Draft) -> pb.DraftSqlResponse:
    """A piece of text, or the draft."""
    return pb.DraftSqlResponse(text=part) if isinstance(part, str) else pb.DraftSqlResponse(draft=draft_to_proto(part))


def model_to_proto(each: Model, parent: str, *, default: bool) -> pb.Model:
    """A model as a resource of an organization. Its id may hold characters that a name may not."""
    segment = "".join(character if character.isalnum() else "-" for character in each.model_id.lower()).strip("-")
    return pb.Model(
        name=f"{parent}/{resource_name('models', segment[:63])}",
        model_id=each.model_id,
        display_name=each.display_name,
        local=each.is_local,
        default=default,
    )
