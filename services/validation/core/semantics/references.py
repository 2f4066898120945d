"""Which columns belong together by the foreign keys of the schema."""

from services.kit.catalog import ForeignKey
from services.validation.core.semantics.query import Query, Ref, Relation


def keys_between(query: Query, first: Relation, second: Relation) -> list[tuple[Relation, Relation, ForeignKey]]:
    """The foreign keys between two stored tables: who refers, who is referred to, and the key."""
    if first.table is None or second.table is None:
        return []
    key = query.catalog.dialect.key
    return [
        (child, parent, foreign)
        for child, parent in ((first, second), (second, first))
        if child.table is not None and parent.table is not None
        for foreign in query.catalog.keys_of(child.table)
        if key(foreign.referred_table, quoted=True) == key(parent.table.qualified_name, quoted=True)
    ]


def pairs_of(query: Query, child: Relation, parent: Relation, foreign: ForeignKey) -> list[tuple[Ref, Ref]]:
    """The columns of two sources that a foreign key makes equal, the referring one first."""
    key = query.catalog.dialect.key
    return [
        ((child.key, key(mine, quoted=True)), (parent.key, key(theirs, quoted=True)))
        for mine, theirs in zip(foreign.columns, foreign.referred_columns, strict=True)
    ]


def is_declared(query: Query, left: Ref, right: Ref) -> bool:
    """Whether a foreign key has one of two columns refer to the other."""
    first, second = query.relations[left[0]], query.relations[right[0]]
    return any(
        set(pair) == {left, right} for each in keys_between(query, first, second) for pair in pairs_of(query, *each)
    )


def key_conditions(query: Query, first: Relation, second: Relation) -> list[str]:
    """The conditions by which the schema ties two tables, as SQL."""
    return [
        " AND ".join(
            f"{child.name}.{mine} = {parent.name}.{theirs}"
            for mine, theirs in zip(foreign.columns, foreign.referred_columns, strict=True)
        )
        for child, parent, foreign in keys_between(query, first, second)
    ]


def stands_for(query: Query, ref: Ref) -> set[tuple[str, str]]:
    """The stored columns whose values a column has, itself among them, followed through the foreign keys."""
    relation, key = query.relations[ref[0]], query.catalog.dialect.key
    if relation.table is None:
        return set()
    found: set[tuple[str, str]] = set()
    waiting = [(key(relation.table.qualified_name, quoted=True), ref[1])]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        for foreign in query.catalog.keys_of_name(each[0]):
            waiting.extend(
                (key(foreign.referred_table, quoted=True), key(theirs, quoted=True))
                for mine, theirs in zip(foreign.columns, foreign.referred_columns, strict=True)
                if key(mine, quoted=True) == each[1]
            )
    return found


def refers_elsewhere(query: Query, child: Ref, other: Ref) -> str:
    """What a column refers to by the schema, where it is joined to the primary key of another table; else empty."""
    target, relation, key = query.relations[other[0]], query.relations[child[0]], query.catalog.dialect.key
    stored = query.stored(other)
    if stored is None or not stored.is_primary_key or frozenset({other[1]}) not in (target.keys or ()):
        return ""
    for foreign in query.catalog.keys_of(relation.table) if relation.table is not None else ():
        if len(foreign.columns) == 1 and key(foreign.columns[0], quoted=True) == child[1]:
            return f"{query.shown(child)} refers to {foreign.referred_table}.{foreign.referred_columns[0]}"
    return ""
