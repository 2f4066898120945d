"""A last look at a statement before it goes to a server whose sessions cannot be made wholly read-only.

This is not the guard, which reads the statement as a tree. It stands behind it and behind the login, which should be
able to read and nothing else: it sees the first word, and the few words by which a read of that dialect could write.
"""

import re

from services.kit.errors import InvalidArgument

_READS = frozenset({"select", "with", "values", "table", "explain"})
_FIRST = re.compile(r"[\s(]*([a-z]+)(?:\s+([a-z]+))?", re.IGNORECASE)
# MySQL: the file that a SELECT may write on the server, and comments that are executed. A literal with one of these
# words is refused too.
_MYSQL = re.compile(r"\b(?:outfile|dumpfile)\b|/\*M?!", re.IGNORECASE)
# T-SQL: a batch needs nothing between its statements, so that every word which begins another one is looked for.
# Nearly all of them are reserved: as names they stand in quotes or brackets. NEXT VALUE FOR is a read that counts on.
# What is not closed reaches to the end: the server refuses it.
_TSQL_QUOTED = re.compile(r"'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)|\[(?:[^\]]|\]\])*(?:\]|\Z)")
_TSQL = re.compile(
    r"\b(?:insert|update|delete|merge(?!\s+join\b)|exec|execute|drop|alter|create|truncate|grant|revoke|deny|backup"
    r"|restore|kill|shutdown|reconfigure|dbcc|waitfor|declare|set|use|commit|rollback|save|begin|into|openrowset"
    r"|openquery|opendatasource|bulk|print|raiserror|while|if|goto|return|revert|writetext|updatetext|trigger"
    r"|checkpoint|setuser|dump|load|add|receive|next\s+value\s+for)\b|;|--|/\*",
    re.IGNORECASE,
)
# Snowflake: WITH begins an anonymous procedure too, and ->> hands a result on to another statement.
_GAP = r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/|(?:--|//)[^\n]*\n)"
_SNOWFLAKE = re.compile(rf"\bas{_GAP}+procedure{_GAP}*\(|->>", re.IGNORECASE)


def require_read(sql: str, dialect: str) -> None:
    """Refuses what does not begin as a read, or holds a word by which the dialect's reads write.

    Raises:
        InvalidArgument: It does.
    """
    first = _FIRST.match(sql)
    words = [word.lower() for word in first.groups("")] if first else ["", ""]
    refused = words[0] not in _READS or words == ["explain", "analyze"]
    if dialect == "mysql":
        refused = refused or _MYSQL.search(sql) is not None
    if dialect == "snowflake":
        refused = refused or _SNOWFLAKE.search(sql) is not None
    if dialect == "tsql":
        refused = refused or _TSQL.search(_TSQL_QUOTED.sub(" ", sql)) is not None
    if refused:
        raise InvalidArgument("SQL_NOT_A_READ", "Only statements that read are sent to this data source.")
