"""The conformance program of no client at all: the cases by REST and curl, one line of JSON for each."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from google.rpc import code_pb2

Json = dict[str, Any]
BASE = f"http://{os.environ['CANDOR_ADDRESS']}/v1/organizations/local/generations"
# The token goes by standard input: arguments are for every process of the machine to read.
TOKEN = f'header = "authorization: Bearer {os.environ["CANDOR_TOKEN"]}"'
TYPES = "type.googleapis.com/google.rpc."


def curl(path: str, *options: str) -> "subprocess.Popen[str]":
    command = ["curl", "--silent", "--no-buffer", "--noproxy", "*", "--config", "-", *options, f"{BASE}/{path}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdin is not None
    process.stdin.write(TOKEN)
    process.stdin.close()
    return process


def lines(path: str, *options: str) -> list[Json]:
    """What is answered, one object a line, to the end."""
    process = curl(path, *options)
    assert process.stdout is not None
    read = [json.loads(line) for line in process.stdout]
    assert process.wait() == 0
    return read


def generation(name: str) -> Json:
    found: Json = lines(name)[0]["generation"]
    return found


def refused(name: str, *options: str) -> Json:
    (status,) = lines(name, *options)
    details = {detail.pop("@type").removeprefix(TYPES): detail for detail in status["details"]}
    info, delay = details.get("ErrorInfo", {}), details.get("RetryInfo", {}).get("retryDelay")
    return {
        "code": code_pb2.Code.Name(status["code"]),
        "message": status["message"],
        "reason": info.get("reason", ""),
        "metadata": info.get("metadata", {}),
        "retry_after_s": float(delay.removesuffix("s")) if delay else None,
    }


def unary() -> Json:
    found = generation("unary")
    return {"name": found["name"], "question": found["question"]}


def stream() -> Json:
    events = [event for line in lines("stream:watch") for event in line["events"] if "heartbeat" not in event]
    kind = (events[-1].keys() - {"sequence", "createTime"}).pop()
    return {"sequences": [int(event["sequence"]) for event in events], "kind": kind}


def no_retry() -> Json:
    said = refused("unavailable")
    return {key: said[key] for key in ("code", "reason", "retry_after_s")}


def cancel() -> Json:
    process = curl("endless:watch")
    assert process.stdout is not None
    received = len(json.loads(process.stdout.readline())["events"])
    process.terminate()
    process.wait()
    return {"received": received}


def large() -> Json:
    question = generation("large")["question"]
    return {"characters": len(question), "sha256": hashlib.sha256(question.encode()).hexdigest()}


CASES: dict[str, Callable[[], Json]] = {
    "unary": unary,
    "stream": stream,
    "error_details": lambda: refused("missing"),
    "no_retry": no_retry,
    "deadline": lambda: {"code": refused("slow", "--header", "grpc-timeout: 500m")["code"]},
    "cancel": cancel,
    "metadata": lambda: {"question": generation("metadata")["question"]},
    "large": large,
}


def main(names: list[str]) -> None:
    for name in names:
        sys.stdout.write(json.dumps({"case": name, **CASES[name]()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
