"""Asks a question over gRPC and prints what happens: `python example.py TOKEN "How many customers are there?"`."""

import sys

import grpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc


def main(token: str, question: str, address: str = "localhost:8080", organization: str = "local") -> None:
    """Creates a generation and follows it to its end."""
    metadata = (("authorization", f"Bearer {token}"),)
    parent = f"organizations/{organization}"
    with grpc.insecure_channel(address) as channel:
        stub = rpc.GenerationServiceStub(channel)
        asked = pb.Generation(data_source=f"{parent}/dataSources/sample", question=question)
        request = pb.CreateGenerationRequest(parent=parent, generation=asked)
        created = stub.CreateGeneration(request, metadata=metadata, timeout=10).generation
        for response in stub.WatchGeneration(pb.WatchGenerationRequest(name=created.name), metadata=metadata):
            for event in response.events:
                kind = event.WhichOneof("event")
                if kind == "step" and event.step.HasField("duration"):
                    print(f"{event.step.id}: {', '.join(event.step.details)}")
                elif kind == "result":
                    print(event.result.sql, event.result.explanation, sep="\n")
                elif kind == "error":
                    print(f"{event.error.message}")


if __name__ == "__main__":
    main(*sys.argv[1:])
