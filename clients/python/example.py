"""Asks a question over gRPC and prints the answer: `python example.py "How many customers are there?" [DATA_SOURCE]`.

Takes the platform's CANDOR_ADDRESS and a CANDOR_TOKEN from the environment. The stream of events is left after the
first one and taken up again where it was, as a program does that was started anew.
"""

import os
import sys

import grpc
from candor.client import failure, open_channel, watch
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc

SAMPLE = "organizations/local/dataSources/sample"


def ask(channel: grpc.Channel, question: str, data_source: str) -> list[pb.GenerationEvent]:
    """Creates a generation and follows it to its last event: a result or an error."""
    parent = data_source.partition("/dataSources/")[0]
    asked = pb.Generation(data_source=data_source, question=question)
    stub = rpc.GenerationServiceStub(channel)
    name = stub.CreateGeneration(pb.CreateGenerationRequest(parent=parent, generation=asked)).generation.name
    events = watch(channel, name)
    first = next(events)
    events.close()
    print(f"Cut after event {first.sequence}.")
    return [first, *watch(channel, name, after_sequence=first.sequence)]


def show(rows: pb.Rows) -> None:
    """Prints a part of the rows, which come column by column."""
    if rows.columns:
        print(*(column.name for column in rows.columns), sep="\t")
    columns = []
    for column in rows.batch.columns:
        items = getattr(column, column.WhichOneof("values")).items
        columns.append([None if row in column.null_rows else item for row, item in enumerate(items)])
    for row in zip(*columns, strict=True):
        print(*row, sep="\t")


def main(question: str, data_source: str = SAMPLE) -> None:
    """Asks, and prints the SQL, the confidence and the rows; or why there is no answer."""
    with open_channel(os.environ.get("CANDOR_ADDRESS", "localhost:8080"), os.environ["CANDOR_TOKEN"]) as channel:
        try:
            events = ask(channel, question, data_source)
        except grpc.RpcError as error:
            sys.exit(str(failure(error)))
    last = events[-1]
    if last.WhichOneof("event") == "error":
        sys.exit(last.error.message)
    if last.result.outcome != pb.Result.OUTCOME_ANSWERED:
        sys.exit(last.result.abstention.message or "The question has several readings: ask more precisely.")
    print(f"SQL: {last.result.sql}", f"Confidence: {last.result.confidence:.0%}", sep="\n")
    for event in events:
        if event.WhichOneof("event") == "rows":
            show(event.rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
