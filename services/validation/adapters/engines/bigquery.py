"""BigQuery over Google's client: tried dry first, so that only what Google itself reads as a SELECT is run."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any

from services.kit.errors import CandorError, InvalidArgument
from services.validation.adapters.engines import failures, information_schema
from services.validation.adapters.engines.driver import APPLICATION, CONNECT_TIMEOUT_S, Opened, load, without
from services.validation.core.model import BigqueryConnection, ResultColumn
from services.validation.core.plans import bigquery_dry_run
from services.validation.core.plans.model import Index, Plan

_ENDPOINT = "https://bigquery.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/bigquery"
_PAGE_ROWS = 2000
# A statement that would be billed for more is refused by Google: a stop for mistakes, not the limit of a policy.
_MOST_BYTES_BILLED = 100 * 1024**3
_STOPPED = frozenset({"stopped", "timeout"})


class BigqueryDriver:
    """`driver.Driver` of one data set.

    Args:
        connection: Which one.
        key: The service account's key, nothing in it that leads anywhere (`core.reach.service_account_key`).
        client: Makes Google's client; by default one that signs in by the key.
    """

    dialect = "bigquery"
    # Reading rows is billed.
    samples = False

    def __init__(
        self, connection: BigqueryConnection, key: dict[str, str], client: Callable[[], Any] | None = None
    ) -> None:
        self._target = connection
        self._key = key
        self._client = client or self._signed_in
        self.place = (connection.project, connection.dataset)

    def connect(self, address: str, within: timedelta) -> Opened:  # noqa: ARG002  Its host is written here.
        """See `driver.Driver`. Nothing is sent yet."""
        return Opened(self._client(), marks={"job": "", "within": within})

    def version(self, opened: Opened) -> str:
        """See `driver.Driver`. Asks for the data set, for there is no version."""
        opened.connection.get_dataset(f"{self._target.project}.{self._target.dataset}", timeout=CONNECT_TIMEOUT_S)
        return "BigQuery"

    def execute(self, opened: Opened, sql: str) -> tuple[ResultColumn, ...]:
        """See `driver.Driver`."""
        self._dry(opened, sql)
        job = opened.marks["job"] = f"{APPLICATION}_{uuid.uuid4()}"
        started = opened.connection.query(
            sql, job_config=self._configured(opened.marks["within"]), job_id=job, job_retry=None
        )
        rows = started.result(page_size=_PAGE_ROWS, timeout=opened.marks["within"].total_seconds(), job_retry=None)
        opened.cursor = _Cursor(rows)
        return tuple(
            ResultColumn(each.name, information_schema.type_of(self.dialect, self._native(each)), self._native(each))
            for each in rows.schema
        )

    def explain(self, opened: Opened, sql: str, *, measure: bool) -> Plan:
        """See `driver.Driver`. What a dry run says: BigQuery has plans of what has run alone."""
        if measure:
            raise failures.not_measured("BigQuery")
        job = self._dry(opened, sql)
        tables = [{"datasetId": each.dataset_id, "tableId": each.table_id} for each in job.referenced_tables or ()]
        query = {"totalBytesProcessed": job.total_bytes_processed, "referencedTables": tables}
        return bigquery_dry_run.read({"statistics": {"query": query}})

    def indexes(self, opened: Opened) -> tuple[Index, ...]:  # noqa: ARG002  There are none to ask for.
        """See `driver.Driver`."""
        return ()

    def stop(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        if opened.marks["job"]:
            opened.connection.cancel_job(
                opened.marks["job"], location=self._target.location or None, timeout=CONNECT_TIMEOUT_S, retry=None
            )

    def close(self, opened: Opened) -> None:
        """See `driver.Driver`."""
        opened.connection.close()

    def failure(self, error: Exception) -> CandorError | None:
        """See `driver.Driver`."""
        core, auth = load("google.api_core.exceptions"), load("google.auth.exceptions")
        who = self._key.get("client_email", "the service account")
        if isinstance(error, auth.TransportError | core.RetryError | core.ServiceUnavailable | OSError):
            return failures.unreachable("BigQuery")
        if isinstance(error, auth.GoogleAuthError | core.Unauthorized):
            return failures.login_failed(who)
        if not isinstance(error, core.GoogleAPICallError):
            return failures.timed_out() if isinstance(error, load("concurrent.futures").TimeoutError) else None
        reasons = {each.get("reason") for each in error.errors or ()}
        if reasons & _STOPPED or isinstance(error, core.DeadlineExceeded | core.Cancelled):
            return failures.timed_out()
        return failures.refused(without(self._key.get("private_key", ""), str(error.message)))

    def _dry(self, opened: Opened, sql: str) -> Any:
        configured = self._configured(opened.marks["within"], dry=True)
        job = opened.connection.query(sql, job_config=configured, job_retry=None)
        if job.statement_type != "SELECT":
            raise InvalidArgument("SQL_NOT_A_READ", "Only statements that read are sent to this data source.")
        return job

    def _configured(self, within: timedelta, *, dry: bool = False) -> Any:
        bigquery = load("google.cloud.bigquery")
        return bigquery.QueryJobConfig(
            default_dataset=f"{self._target.project}.{self._target.dataset}",
            use_legacy_sql=False,
            maximum_bytes_billed=_MOST_BYTES_BILLED,
            job_timeout_ms=max(1000, int(within.total_seconds() * 1000)),
            labels={"application": APPLICATION},
            dry_run=dry,
            use_query_cache=not dry,
        )

    def _native(self, field: Any) -> str:
        return f"ARRAY<{field.field_type}>" if field.mode == "REPEATED" else str(field.field_type)

    def _signed_in(self) -> Any:
        bigquery, accounts = load("google.cloud.bigquery"), load("google.oauth2.service_account")
        try:
            credentials = accounts.Credentials.from_service_account_info(self._key, scopes=[_SCOPE])
        except ValueError:
            raise failures.login_failed(self._key["client_email"]) from None
        return bigquery.Client(
            project=self._target.project,
            credentials=credentials,
            location=self._target.location or None,
            client_options={"api_endpoint": _ENDPOINT},
        )


class _Cursor:
    """Rows page by page."""

    def __init__(self, rows: Any) -> None:
        self._rows = iter(rows)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        return [row.values() for row in islice(self._rows, size)]
