"""Changes to a statement's text at places that a parser has found, so that all the rest stays as it was written."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Puts a text in the place between two offsets."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with all changes made; places may touch and never overlap.

    Raises:
        ValueError: Two of them overlap.
    """
    written, end = [], 0
    for edit in sorted(set(edits)):
        if edit.start < end:
            raise ValueError("two changes overlap")
        written += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join((*written, text[end:]))


def stands_at(name: exp.Expr) -> tuple[int, int] | None:
    """Where a name stands in the text that it was parsed from, the end exclusive; None where that is not known."""
    if "start" not in name.meta or "end" not in name.meta:
        return None
    return int(name.meta["start"]), int(name.meta["end"]) + 1
