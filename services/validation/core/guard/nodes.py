"""Layer 1's table: the only node classes that a statement's tree may hold. What is not listed is refused.

Function classes are not listed one by one: a call that is written as `name(…)` is judged by its name (`functions`);
only those that the grammar makes from other spellings are in `SYNTAX`.
"""

from functools import cache

from sqlglot import exp

from services.validation.core.dialects import Dialect

QUERIES = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery, exp.Pivot, exp.Summarize, exp.Describe)

STRUCTURE = """
Select Union Intersect Except Subquery CTE With From Join Lateral Table TableAlias Alias Aliases PivotAlias PivotAny
Identifier Column Star Where Group Having Order Ordered Limit LimitOptions Offset Fetch Distinct Qualify Window
WindowSpec Values Tuple Paren Cube Rollup GroupingSets TableSample Pivot UnpivotColumns RecursiveWithSearch Summarize
Describe Columns ColumnDef Schema
"""

OPERATORS = """
Not Neg EQ NEQ GT GTE LT LTE Is In Between Like ILike SimilarTo Glob Escape Match NullSafeEQ NullSafeNEQ Add Sub
Mul Div IntDiv Mod DPipe BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift Any All Overlaps
Adjacent ExtendsLeft ExtendsRight Distance DistanceNd AtTimeZone Collate Operator
"""

VALUES = """
Literal Boolean Null Var Interval IntervalSpan DataType DataTypeParam PseudoType HexString BitString ByteString National
Heredoc RawString Bracket Slice Dot Lambda Kwarg PropertyEQ Filter WithinGroup IgnoreNulls RespectNulls HavingMax
Pseudocolumn PositionalColumn Comprehension Variadic FormatJson JSONKeyValue JSONPath JSONPathRoot JSONPathKey
JSONPathSubscript JSONPathWildcard JSONPathSlice JSONPathRecursive JSONPathUnion JSON JSONValue
JSONSchema JSONColumnDef OnCondition XMLNamespace
"""

SYNTAX = """
And Or Xor Cast TryCast Case If Coalesce Exists Extract Trim Substring Overlay StrPosition GroupConcat Array List Struct
Map ToMap VarMap Unnest Columns Ceil Floor Chr Decode DecodeCase Initcap Normalize Pow RegexpLike RegexpILike
CurrentDate CurrentTime CurrentTimestamp Localtime Localtimestamp CurrentUser SessionUser CurrentRole CurrentSchema
CurrentCatalog Max Min ArgMax ArgMin ApproxQuantile Quantile PercentileCont PercentileDisc
JSONObject JSONObjectAgg JSONArray JSONArrayAgg JSONTable JSONExtract JSONExtractScalar JSONBExtract
JSONBExtractScalar JSONBContains JSONBContainsAllTopKeys JSONBContainsAnyTopKeys JSONBContainsTopKey JSONBDeleteAtPath
JSONExtractArray JSONExists ArrayContainsAll ArrayContainedBy ArrayContains ArrayOverlaps StartsWith Abs
XMLElement XMLTable TsOrDsToTimestamp TsOrDsToDate Date Timestamp ToChar DateTrunc StructExtract Collation
MatchAgainst Length Concat Negative Explode AnyValue StrToDate StrToTime ParseJSON WeekStart JSONBPathExists JSONBExists
Translate WeightString
"""


def _classes(words: str) -> frozenset[type[exp.Expr]]:
    return frozenset(getattr(exp, word) for word in words.split())


_ALLOWED = _classes(STRUCTURE) | _classes(OPERATORS) | _classes(VALUES) | _classes(SYNTAX)
# Nodes that are let through and judged further: by what they name, by their words, by their sizes.
JUDGED = _classes("""
Table Select With Identifier Column DataType Summarize Describe WithTableHint QueryOption ForClause Parameter
TableFromRows Values In
""") | {each for each in _ALLOWED if issubclass(each, exp.Func)}


@cache
def allowed(dialect: Dialect) -> frozenset[type[exp.Expr]]:
    """The node classes that a statement of a dialect may hold."""
    return _ALLOWED | _classes(" ".join(dialect.extra_nodes))
