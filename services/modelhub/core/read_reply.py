"""Reads what a language model replied: JSON as it was asked to write, or SQL in a fence, or bare SQL."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from services.kit.errors import Unavailable
from services.modelhub.core.model import Candidate, Draft, DraftRequest

MAX_REPLY_CHARACTERS = 200_000
MAX_SQL_CHARACTERS = 65_536
# What a statement is believed that came without a number of its own.
UNSTATED_CONFIDENCE = 0.5
STATED = "the confidence is the model's own estimate and is not calibrated"
UNSTATED = "the model stated no confidence"

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```[ \t]*(\w*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_STATEMENT = re.compile(r"^\s*((?:select|with)\b[^;]*)", re.IGNORECASE | re.MULTILINE)


def read_reply(text: str, request: DraftRequest, source: str) -> Draft:
    """The candidates in a model's reply, surest first; none where the model says that it has none.

    Raises:
        Unavailable: The reply holds neither candidates nor the word that there are none (MODEL_REPLY_UNREADABLE).
    """
    said = _THOUGHTS.sub("", text[:MAX_REPLY_CHARACTERS])
    found = _from_json(said, source)
    if found is None:
        found = [_candidate(sql, None, "", source) for sql in _statements(said)]
        if not found:
            raise Unavailable(
                "MODEL_REPLY_UNREADABLE",
                "The model's reply holds no SQL that can be read. Ask again, or use another model.",
                metadata={"model": source},
            )
    refused = {_folded(rejection.sql) for rejection in request.rejections}
    offered = {
        _folded(each.sql): each
        for each in sorted(found, key=lambda each: each.confidence)
        if each.sql and len(each.sql) <= MAX_SQL_CHARACTERS and _folded(each.sql) not in refused
    }
    ranked = sorted(offered.values(), key=lambda each: -each.confidence)
    return Draft(tuple(ranked[: request.max_candidates]))


def _from_json(said: str, source: str) -> list[Candidate] | None:
    for document in _documents(said):
        if isinstance(document, dict) and isinstance(document.get("sql"), str):
            document = {"candidates": [document]}  # noqa: PLW2901  One candidate without its list is as clear.
        if isinstance(document, dict) and isinstance(document.get("candidates"), list):
            return [
                _candidate(each["sql"], each.get("confidence"), each.get("reading"), source)
                for each in document["candidates"]
                if isinstance(each, dict) and isinstance(each.get("sql"), str)
            ]
    return None


def _documents(said: str) -> Iterator[Any]:
    opens, closes = said.find("{"), said.rfind("}")
    for text in (said, *(body for _, body in _FENCED.findall(said)), said[opens : closes + 1] if opens >= 0 else ""):
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            # Not JSON: the next reading may be.
            continue


def _statements(said: str) -> list[str]:
    fenced = [
        body for language, body in _FENCED.findall(said) if language.lower() in {"", "sql", "sqlite", "postgresql"}
    ]
    return [match.group(1) for text in fenced or [said] if (match := _STATEMENT.search(text))]


def _candidate(sql: str, confidence: Any, reading: Any, source: str) -> Candidate:
    stated = _stated(confidence)
    return Candidate(
        sql=sql.strip().removesuffix(";").strip(),
        confidence=UNSTATED_CONFIDENCE if stated is None else stated,
        source=source,
        reading=reading.strip()[:1_000] if isinstance(reading, str) else "",
        notes=(UNSTATED if stated is None else STATED,),
    )


def _stated(confidence: Any) -> float | None:
    match confidence:
        case bool():
            return None
        case int():
            return float(min(max(confidence, 0), 1))
        case float() if not math.isnan(confidence):
            return min(max(confidence, 0.0), 1.0)
    return None


def _folded(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip().rstrip(";").lower()
