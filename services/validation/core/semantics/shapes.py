"""Which expressions of a SELECT are written alike, worked out once for each node and not once for each pair."""

from collections.abc import Callable, Hashable, Iterator

from sqlglot import exp

Meaning = Callable[[exp.Expr], Hashable]


class Shapes:
    """Gives expressions a mark that is equal exactly where they mean the same by their form.

    Args:
        meaning: What a column stands for, so that `name` and `t.name` are one; None where that is not known.
    """

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._marks: dict[int, int] = {}
        self._known: dict[Hashable, int] = {}

    def mark(self, node: exp.Expr) -> int:
        """The mark of an expression. Each node is looked at once, however deep it stands."""
        stack = [(node, False)]
        while stack:
            each, ready = stack.pop()
            if id(each) in self._marks:
                continue
            if ready:
                # Brackets mean nothing by themselves.
                within = self._marks[id(each.this)] if isinstance(each, exp.Paren) else None
                form = self._form(each) if within is None else None
                self._marks[id(each)] = self._known.setdefault(form, len(self._known)) if within is None else within
                continue
            stack.append((each, True))
            stack.extend((child, False) for child in _children(each))
        return self._marks[id(node)]

    def _form(self, node: exp.Expr) -> Hashable:
        if type(node) is exp.Column:
            meaning = self._meaning(node)
            if meaning is not None:
                return meaning
        return (type(node), *((name, self._value(value)) for name, value in sorted(node.args.items()) if value))

    def _value(self, value: object) -> Hashable:
        if isinstance(value, exp.Expr):
            return self._marks[id(value)]
        if isinstance(value, list):
            return tuple(self._value(each) for each in value)
        return value if isinstance(value, (str, int, float, bool)) else str(value)


def _children(node: exp.Expr) -> Iterator[exp.Expr]:
    for value in node.args.values():
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, exp.Expr):
                yield each
