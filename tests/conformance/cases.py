"""The table of cases: what a client prints for each, and what the server must have seen of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge_stand import Seen
from waiting import wait_for

from conformance.generations import EVENTS, LARGE, LEGS, PARENT, QUESTION, REFUSALS, left
from conformance.languages import Language

Json = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """What the stand saw of one program: its calls by the generation they named, and in which order."""

    language: Language
    token: str
    calls: Callable[[str], list[Seen]]
    story: list[str]


@dataclass(frozen=True)
class Case:
    """A promise that every client keeps."""

    name: str
    promise: str
    prints: Json
    """The line, but for `case`."""
    saw: Callable[[Heard], None] = lambda _: None


def broken_thrice(heard: Heard) -> None:
    *legs, last = [call.request.after_sequence for call in heard.calls("resume")]
    assert legs == list(LEGS)
    # The event before the cut may be lost with the connection.
    assert last in {5, 6}


def once(heard: Heard) -> None:
    assert len(heard.calls("unavailable")) == 1


def short_deadline(heard: Heard) -> None:
    (call,) = heard.calls("slow")
    assert call.time_remaining_s is not None
    assert 0 < call.time_remaining_s < 0.6, call
    wait_for(lambda: left("slow") in heard.story, "the call's work ends with its deadline")


def own_deadline(heard: Heard) -> None:
    (call,) = heard.calls("deadline")
    assert call.time_remaining_s is not None
    assert 10 < call.time_remaining_s < 15.2, call


def left_at_once(heard: Heard) -> None:
    assert heard.story.count("endless") == 1
    # Not only when the program ends.
    assert left("endless") in heard.story[: heard.story.index("large")]


def known(heard: Heard) -> None:
    for call in heard.calls("metadata"):
        assert call.metadata["authorization"] == f"Bearer {heard.token}"
        assert heard.language.agent in call.metadata["user-agent"]


def asked_again(heard: Heard) -> None:
    assert len(heard.calls("metadata")) >= 2
    known(heard)


def refusal(name: str) -> Json:
    error = REFUSALS[name]
    return {"code": error.code, "reason": error.reason, "retry_after_s": error.retry_after_s}


CASES = {
    case.name: case
    for case in (
        Case("unary", "text comes as it was sent", {"name": f"{PARENT}/unary", "question": QUESTION}),
        Case(
            "stream",
            "a long stream comes whole and in order",
            {"sequences": list(range(1, EVENTS + 1)), "kind": "result"},
        ),
        Case(
            "resume",
            "a watch that is refused, ended or cut off goes on after its last event, each event once",
            {"sequences": list(range(1, 8)), "kind": "result"},
            broken_thrice,
        ),
        Case(
            "error_details",
            "a refusal's reason and metadata are read",
            {**refusal("missing"), "message": REFUSALS["missing"].message, "metadata": REFUSALS["missing"].metadata},
        ),
        Case("no_retry", "a failed call is not repeated; when to come again is read", refusal("unavailable"), once),
        Case("deadline", "a call's own deadline stands", {"code": "DEADLINE_EXCEEDED"}, short_deadline),
        Case("default_deadline", "a call without a deadline gets one of 15 s", {"question": QUESTION}, own_deadline),
        Case("cancel", "a stream that is left ends at the server", {"received": 1}, left_at_once),
        Case("metadata", "every call carries the token and the client's name", {"question": QUESTION}, known),
        Case(
            "large",
            "an answer of 8 MiB is received",
            {"characters": len(LARGE), "sha256": hashlib.sha256(LARGE.encode()).hexdigest()},
        ),
        Case("token_refresh", "a token is asked for before every call", {"asked": 2}, asked_again),
    )
}
