"""Sessions of a PostgreSQL server: read-only from their first moment, kept idle for a while, clean when used again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import cache

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.string import TextBinaryLoader, TextLoader

from services.kit.errors import CandorError
from services.kit.finish import finish
from services.validation.adapters.engines import failures
from services.validation.adapters.engines.idle import IdleSessions
from services.validation.core.model import PostgresConnection

_CONNECT_TIMEOUT_S = 5
# How long a session may take to become clean; one that takes longer is closed.
_RESET_TIMEOUT_S = 2
# Types that are taken as PostgreSQL writes them: exact, and without a range of Python's own.
_AS_TEXT = (
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "json", "jsonb", "uuid"),
    *("inet", "cidr"),
)
_LOGIN = (
    "authentication failed",
    "role ",
    "database ",
    "pg_hba.conf",
    "no password supplied",
    "permission denied for database",
)
_NOT_POSTGRES = (
    "expected authentication request",
    "invalid response to SSL",
    "invalid response to GSSAPI",
    "unsupported frontend protocol",
)
# The server ends the session with these: by an administrator, a shutdown or a crash; nothing is wrong with the SQL.
_ENDED = frozenset({"57P01", "57P02", "57P03"})

Session = psycopg.AsyncConnection[TupleRow]
Resolve = Callable[[], Awaitable[str]]


async def no_address() -> str:
    """For a socket, and where the operator chose the host: libpq finds the way itself."""
    return ""


class PostgresSessions:
    """The sessions of one connection.

    Args:
        connection: How to reach the server.
        resolve: Gives the address to connect to, resolved and allowed anew for each connection; empty for a socket.
        idle: Where sessions wait to be used again; None closes each after its use.
    """

    def __init__(
        self, connection: PostgresConnection, resolve: Resolve = no_address, idle: IdleSessions[Session] | None = None
    ) -> None:
        self._connection = connection
        self._resolve = resolve
        self._idle = idle

    @asynccontextmanager
    async def session(self, within: timedelta, *, fresh: bool = False) -> AsyncIterator[Session]:
        """A read-only session. Leaving it early cancels what runs in it, in the server.

        Args:
            within: How long a statement may take.
            fresh: Whether to log in anew.

        Raises:
            Unavailable: The server does not answer, or went away.
            FailedPrecondition: The login fails, there is no PostgreSQL, or it refuses a statement.
            DeadlineExceeded: A statement took longer.
        """
        session = await self._take(within, fresh=fresh)
        try:
            yield session
        except psycopg.errors.QueryCanceled as error:
            raise failures.timed_out() from error
        except psycopg.OperationalError as error:
            raise self._lost(error) from error
        except psycopg.Error as error:
            raise failures.refused(error.diag.message_primary or str(error)) from error
        finally:
            # Whoever waits may be cancelled again: the session is let go all the same.
            await finish(self._let_go(session))

    async def _take(self, within: timedelta, *, fresh: bool) -> Session:
        milliseconds = max(1, int(within.total_seconds() * 1000))
        while not fresh and self._idle is not None and (kept := self._idle.pop()) is not None:
            try:
                # Setting the time limit also tells whether the session is still alive.
                async with asyncio.timeout(_RESET_TIMEOUT_S):
                    await kept.execute(f"SET statement_timeout = {milliseconds}")
            except (psycopg.Error, TimeoutError):
                await kept.close()
            except BaseException:
                await kept.close()
                raise
            else:
                return kept
        return await self._connect(milliseconds)

    async def _let_go(self, session: Session) -> None:
        if session.info.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error):
                await session.cancel_safe(timeout=2)
        elif self._idle is not None and self._idle.wanted and await _cleaned(session) and self._idle.push(session):
            return
        await session.close()

    async def _connect(self, milliseconds: int) -> Session:
        target = self._connection
        schemas = ",".join('"' + each.replace('"', '""') + '"' for each in target.schemas) or "public"
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": str(milliseconds),
            "lock_timeout": "2000",
            "idle_in_transaction_session_timeout": "60000",
            "cursor_tuple_fraction": "1",
            "search_path": schemas,
        }
        options = " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())
        try:
            # The time is kept here too: libpq counts it for each address, and not while a server says nothing.
            async with asyncio.timeout(_CONNECT_TIMEOUT_S + 1):
                return await psycopg.AsyncConnection.connect(
                    # Every parameter is written here: none comes from a text of the user's, no password from a file.
                    host=target.host,
                    hostaddr=await self._resolve(),
                    port=target.port,
                    dbname=target.database,
                    user=target.user,
                    password=target.password,
                    sslmode=target.tls_mode.value,
                    passfile="/nonexistent",
                    sslcert="/nonexistent",
                    sslkey="/nonexistent",
                    gssencmode="disable",
                    connect_timeout=_CONNECT_TIMEOUT_S,
                    application_name="candor",
                    options=options,
                    autocommit=True,
                    # What psycopg prepares it would look for after the session was cleaned of it.
                    prepare_threshold=None,
                    context=_Context(_adapters()),
                    row_factory=tuple_row,
                )
        except TimeoutError as error:
            raise failures.unreachable(self._where) from error
        except psycopg.Error as error:
            raise self._unconnected(str(error)) from error

    @property
    def _where(self) -> str:
        return f"{self._connection.host}:{self._connection.port}"

    def _unconnected(self, message: str) -> CandorError:
        if "FATAL" in message and any(each in message for each in _LOGIN):
            return failures.login_failed(self._connection.user)
        if any(each in message for each in _NOT_POSTGRES):
            return failures.not_a_database(self._where, "a PostgreSQL server")
        return failures.unreachable(self._where)

    def _lost(self, error: psycopg.OperationalError) -> CandorError:
        if error.diag.message_primary and error.sqlstate not in _ENDED:
            return failures.refused(error.diag.message_primary)
        return failures.unreachable(self._where)


async def _cleaned(session: Session) -> bool:
    """Whether a session is as it was at its start: no transaction, setting, lock, plan or table of its last use."""
    try:
        async with asyncio.timeout(_RESET_TIMEOUT_S):
            if session.info.transaction_status != TransactionStatus.IDLE:
                await session.execute("ROLLBACK")
            # What was given at the start, such as read-only transactions, is what settings are reset to.
            await session.execute("DISCARD ALL")
    except (psycopg.Error, TimeoutError):
        return False
    return session.info.transaction_status == TransactionStatus.IDLE


class _Context:
    """What psycopg takes adapters from (`psycopg.abc.AdaptContext`)."""

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters
        self.connection = None


@cache
def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    for name in _AS_TEXT:
        adapters.register_loader(name, TextLoader)
    # The format of plans, which come in binary.
    adapters.register_loader("json", TextBinaryLoader)
    return adapters


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
