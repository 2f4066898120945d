"""The errors of every engine, worded once: what is wrong with a data source and what to do."""

from services.kit.errors import (
    CandorError,
    DeadlineExceeded,
    FailedPrecondition,
    PermissionDenied,
    Unavailable,
    Unimplemented,
)


def unreachable(what: str) -> Unavailable:
    """Nothing answers there."""
    return Unavailable(
        "DATA_SOURCE_UNREACHABLE",
        f"{what} cannot be reached. Check that it runs, and its address.",
        retry_after_s=5.0,
    )


def untrusted(what: str) -> FailedPrecondition:
    """Something answers, but its certificate is not that of the host by anybody who is trusted."""
    return FailedPrecondition(
        "DATA_SOURCE_UNREACHABLE",
        f"The certificate of {what} is not trusted, or is another host's. Check the host's name and its certificate.",
    )


def missing_file(path: str) -> FailedPrecondition:
    """There is no such file."""
    return FailedPrecondition(
        "DATA_SOURCE_UNREACHABLE", f"There is no readable file {path!r}. Check the path and who may read it."
    )


def not_a_database(what: str, engine: str) -> FailedPrecondition:
    """Something is there, but no database of this kind."""
    return FailedPrecondition("DATA_SOURCE_NOT_A_DATABASE", f"{what} is not {engine}. Check what it is.")


def login_failed(user: str) -> FailedPrecondition:
    """The server refuses the login."""
    return FailedPrecondition(
        "DATA_SOURCE_LOGIN_FAILED", f"The server refuses the login of {user!r}. Check the user, password and database."
    )


def not_allowed(message: str) -> PermissionDenied:
    """The connection leads to where users may not go."""
    return PermissionDenied("DATA_SOURCE_NOT_ALLOWED", message)


def timed_out() -> DeadlineExceeded:
    """The statement was stopped by its time limit."""
    return DeadlineExceeded(
        "STATEMENT_TIMEOUT",
        "The statement took longer than its limit and was stopped. Ask for less, or allow more time.",
    )


def not_measured(product: str) -> Unimplemented:
    """The engine has no way to say what a statement really took, step by step."""
    return Unimplemented(
        "UNIMPLEMENTED", f"{product} cannot measure a plan here. Ask for the plan without measuring it, or run it."
    )


def refused(message: str) -> CandorError:
    """The database refuses the statement, in its own words."""
    first_line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return FailedPrecondition(
        "SQL_REFUSED_BY_DATABASE",
        f"The database refuses the statement: {first_line[:500]}",
        metadata={"engine": first_line[:500]},
    )
