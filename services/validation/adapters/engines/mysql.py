"""MySQL and MariaDB: read-only sessions over PyMySQL, one statement at a time, killed in the server."""

import json
import ssl
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.kit.errors import CandorError
from services.validation.adapters.engines import failures, information_schema
from services.validation.adapters.engines.driver import APPLICATION, CONNECT_TIMEOUT_S, Opened, load
from services.validation.core.model import MysqlConnection, ResultColumn, TlsMode
from services.validation.core.plans import mysql_json
from services.validation.core.plans.model import Index, Plan, TableSize, indexes_of, number

# What both products are told first: reading alone, no waiting for locks, one way to read a text, nothing cut short
# in silence (aggregated texts, rows of a recursion), an end to a session that nobody uses.
_SETTINGS: Mapping[str, str] = {
    "sql_mode": "'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE'",
    "sql_select_limit": "DEFAULT",
    "group_concat_max_len": "1048576",
    "lock_wait_timeout": "2",
    "innodb_lock_wait_timeout": "2",
    "wait_timeout": "120",
}
_MARIADB: Mapping[str, str] = {"max_statement_time": "{seconds}", "max_recursive_iterations": "4294967295"}
_MYSQL: Mapping[str, str] = {"max_execution_time": "{milliseconds}", "cte_max_recursion_depth": "4294967295"}

_SIZES = """
SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), TABLE_ROWS, DATA_LENGTH FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' LIMIT 20000
"""
_INDEXES = """
SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), INDEX_NAME, NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND INDEX_TYPE = 'BTREE' ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX LIMIT 100000
"""

# https://dev.mysql.com/doc/mysql-errors/8.4/en/, https://mariadb.com/kb/en/mariadb-error-codes/
_LOGIN = frozenset({1044, 1045, 1049, 1130, 1698, 3118, 3955, 4151})
_TIMEOUT = frozenset({1028, 1317, 1969, 3024})
_LOST = frozenset({1040, 1053, 1203, 1927, 2002, 2003, 2005, 2006, 2012, 2013, 2026, 2055, 3169, 4031})
_STRANGE = (OSError, struct.error, RuntimeError, AssertionError, ValueError, IndexError)
# The protocol's types of columns: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
# The second name is that of the type when its character set is "binary".
_BINARY_CHARSET = 63
_TYPES: Mapping[int, tuple[str, str]] = {
    number: (text, binary)
    for number, text, binary in (
        *((0, "decimal", "decimal"), (1, "tinyint", "tinyint"), (2, "smallint", "smallint"), (3, "int", "int")),
        *((4, "float", "float"), (5, "double", "double"), (6, "null", "null"), (7, "timestamp", "timestamp")),
        *((8, "bigint", "bigint"), (9, "mediumint", "mediumint"), (10, "date", "date"), (11, "time", "time")),
        *((12, "datetime", "datetime"), (13, "year", "year"), (15, "varchar", "varbinary"), (16, "bit", "bit")),
        *((245, "json", "json"), (246, "decimal", "decimal"), (247, "enum", "enum"), (248, "set", "set")),
        *((249, "tinytext", "tinyblob"), (250, "mediumtext", "mediumblob"), (251, "longtext", "longblob")),
        *((252, "text", "blob"), (253, "varchar", "varbinary"), (254, "char", "binary"), (255, "geometry", "geometry")),
    )
}
# Numbers that a cell holds exactly; every other value is taken as the server writes it.
_NUMBERS: Mapping[int, Any] = {**dict.fromkeys((1, 2, 3, 8, 9, 13), int), **dict.fromkeys((4, 5), float)}


class MysqlDriver:
    """`driver.Driver` of one server.

    Args:
        connection: How to reach it.
    """

    dialect = "mysql"
    samples = True

    def __init__(self, connection: MysqlConnection) -> None:
        self._target = connection
        self.place = ("", connection.database)

    def connect(self, address: str, within: timedelta) -> Opened:
        """See `driver.Driver`."""
        connection = self._login(address)
        seconds = max(0.001, within.total_seconds())
        settings = {**_SETTINGS, **(_MARIADB if "MariaDB" in connection.get_server_info() else _MYSQL)}
        told = ", ".join(
            f"SESSION {name} = {value.format(seconds=seconds, milliseconds=int(seconds * 1000))}"
            for name, value in settings.items()
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SET {told}")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("START TRANSACTION READ ONLY")
        # The server keeps the time of a statement; this is for one that no longer answers.
        connection._read_timeout = seconds + 2 * CONNECT_TIMEOUT_S  # noqa: SLF001  PyMySQL has no other way to say it.
        return Opened(connection, address)

    def version(self, opened: Opened) -> str:
        """See `driver.Driver`."""
        told = str(opened.connection.get_server_info())
        number = told.removeprefix("5.5.5-").partition("-")[0]
        return f"{'MariaDB' if 'MariaDB' in told else 'MySQL'} {number}"

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """See `driver.Driver`."""
        cursor = opened.cursor = opened.connection.cursor(load("pymysql.cursors").SSCursor)
        cursor.execute(sql)
        fields = cursor._result.fields if cursor.description else ()  # noqa: SLF001  Only there is the character set.
        names = [_TYPES.get(each.type_code, ("", ""))[each.charsetnr == _BINARY_CHARSET] for each in fields]
        return tuple(
            ResultColumn(each.name, information_schema.type_of(self.dialect, native), native)
            for each, native in zip(fields, names, strict=True)
        )

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """See `driver.Driver`. MariaDB measures into its plan; MySQL does so in a text that has no format."""
        asked_for, is_mariadb = sql.startswith("EXPLAIN"), "MariaDB" in opened.connection.get_server_info()
        if measure and not is_mariadb:
            raise failures.not_measured("MySQL")
        columns = self.execute(opened, sql if asked_for else f"EXPLAIN {sql}")
        rows = [[column.name for column in columns], *opened.cursor.fetchmany(1000)]
        text = "\n".join(" | ".join("" if each is None else str(each) for each in row) for row in rows)
        if asked_for:
            return Plan(text)
        ((document,),) = self._rows(opened, f"{'ANALYZE' if measure else 'EXPLAIN'} FORMAT=JSON {sql}")
        sizes = {str(row[0]): TableSize(number(row[1]), number(row[2])) for row in self._rows(opened, _SIZES)}
        return replace(mysql_json.read(text, json.loads(document)), sizes=sizes)

    def indexes(self, opened: Opened) -> tuple[Index, ...]:
        """See `driver.Driver`."""
        rows = self._rows(opened, _INDEXES)
        return indexes_of((str(row[0]), str(row[1]), not int(row[2]), False, str(row[3] or "")) for row in rows)

    def _rows(self, opened: Opened, sql: str) -> list[Any]:
        self.execute(opened, sql)
        return list(opened.cursor.fetchall())

    def stop(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        second = self._login(opened.address)
        try:
            with second.cursor() as cursor:
                cursor.execute(f"KILL QUERY {int(opened.connection.thread_id())}")
        finally:
            second.close()

    def close(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        cursor = opened.cursor
        if cursor is not None:
            # The cursor would read all that is left of the result before it lets go.
            if (result := cursor._result) is not None:  # noqa: SLF001  PyMySQL offers no other way out.
                result.unbuffered_active = False
            cursor.connection = None
        with suppress(load("pymysql").Error):
            opened.connection.close()

    def failure(self, error: Exception) -> CandorError | None:
        """See `driver.Driver`."""
        where = f"{self._target.host}:{self._target.port}"
        if not isinstance(error, load("pymysql").Error):
            # What PyMySQL raises over bytes that are no answer of a MySQL server's.
            return failures.not_a_database(where, "a MySQL or MariaDB server") if isinstance(error, _STRANGE) else None
        code, message = (*error.args, 0, "")[:2] if len(error.args) > 1 else (0, str(error))
        if code in _LOGIN:
            return failures.login_failed(self._target.user)
        if code in _TIMEOUT:
            return failures.timed_out()
        if "CERTIFICATE_VERIFY_FAILED" in str(message):
            return failures.untrusted(where)
        if code in _LOST or "Packet sequence" in str(message):
            return failures.unreachable(where)
        return failures.refused(str(message))

    def _login(self, address: str) -> Any:
        target = self._target
        # Every parameter is written here: none comes from a text of the user's, none from a file, and neither files
        # of this machine nor second statements are ever sent.
        return load("pymysql").connect(
            host=address,
            port=target.port,
            user=target.user,
            password=target.password,
            database=target.database,
            charset="utf8mb4",
            conv=dict(_NUMBERS),
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=CONNECT_TIMEOUT_S,
            write_timeout=CONNECT_TIMEOUT_S,
            local_infile=False,
            autocommit=True,
            program_name=APPLICATION,
            ssl=_context(target),
            ssl_disabled=target.tls_mode is TlsMode.DISABLE,
        )


class _NamedContext(ssl.SSLContext):
    """Checks the server's certificate against its name, though it is the address that is connected to."""

    host = ""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**kwargs, "server_hostname": self.host})


def _context(target: MysqlConnection) -> ssl.SSLContext | None:
    """None is PyMySQL's "encrypted where the server can"."""
    if target.tls_mode not in {TlsMode.REQUIRE, TlsMode.VERIFY_FULL}:
        return None
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.host = target.host
    context.load_default_certs()
    if target.tls_mode is TlsMode.REQUIRE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
