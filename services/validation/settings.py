"""The settings of validation, read from CANDOR_VALIDATION_… ."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings, state_folder


class Settings(ServiceSettings):
    """What validation reads beside the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_VALIDATION_", extra="forbid", frozen=True)

    address: str = "127.0.0.1:8104"
    # 32 bytes in base64 that seal the keys of organizations; empty takes the file below.
    master_key: SecretStr = SecretStr("")
    # Where the master key is kept; made on first start.
    master_key_file: Path = Field(default_factory=lambda: state_folder() / "secrets" / "validation-master.key")
    # Folders whose SQLite and DuckDB files may be data sources; the platform's own state never may.
    file_roots: tuple[Path, ...] = Field(default_factory=lambda: (Path.home(), Path.cwd()))
    # Whether data sources may be in private networks, this machine among them.
    private_hosts: bool = True
    # The most rows of one result.
    max_rows: int = Field(default=10_000, gt=0)
    # The most bytes of one result.
    max_bytes: int = Field(default=16 * 1024 * 1024, gt=0)
    # How long a statement may run.
    statement_timeout: timedelta = timedelta(seconds=30)
    # How long one call may sample values.
    sampling_timeout: timedelta = timedelta(seconds=15)
    # How long a catalogue is taken to be true; a name that it does not know has it read again at once.
    catalog_lifetime: timedelta = timedelta(minutes=10)
    # How many SQLite statements run at once.
    sqlite_threads: int = Field(default=16, gt=0)
    # MiB of memory for one DuckDB statement.
    duckdb_memory: int = Field(default=512, gt=0)
    # The host:port of servers that no data source may be, beside the platform's own that this service knows.
    closed_addresses: tuple[str, ...] = ()
    # How many operations run on one data source at once, and on all of them.
    source_operations: int = Field(default=8, gt=0)
    operations: int = Field(default=64, gt=0)
    # How many sessions of one data source wait idle to be used again, and for how long.
    idle_sessions: int = Field(default=2, ge=0)
    idle_lifetime: timedelta = timedelta(seconds=60)
    # Where scale trials run: "local[2]", "spark://host:7077" or "k8s://https://host:443".
    spark_master: str = "local[2]"
    # MiB of memory for Spark's driver, and for each of its executors.
    spark_memory: int = Field(default=1024, ge=512)
    # How long a scale trial may take in all.
    spark_timeout: timedelta = timedelta(minutes=10)
    # Where Spark's files go while a trial runs; the system's folder for temporary files when empty.
    spark_folder: Path | None = None
    # A folder or URL that every executor reaches, for the data of trials; needed where the master is not local.
    spark_shared_folder: str = ""
    # Further properties of Spark's, as JSON: {"spark.kubernetes.container.image": "…"}.
    spark_options: dict[str, str] = Field(default_factory=dict)
    # The most rows of the largest table of a scale trial.
    trial_rows: int = Field(default=10_000_000, gt=0)
    # The most rows of a table that a scale trial samples; never more than max_rows.
    trial_sample_rows: int = Field(default=10_000, gt=0)
    # The most rows that a quality check judges one by one, and their bytes.
    quality_rows: int = Field(default=200_000, gt=0)
    quality_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    # How long a quality check may read, and judge.
    quality_timeout: timedelta = timedelta(minutes=2)
    # How many quality checks are judged at once, each in a process of its own, and MiB of memory for each.
    quality_processes: int = Field(default=2, gt=0)
    quality_memory: int = Field(default=2048, gt=0)
    # How many quality reports a data source keeps.
    quality_reports: int = Field(default=200, gt=0)
    # A data source that every start makes: a PostgreSQL host, or the folder of its socket; empty makes none.
    sample_host: str = ""
    sample_database: str = "sample"
    sample_user: str = "sample_reader"
    # The organization that the sample is made for, and the sample's id.
    sample_organization: str = "local"
    sample_id: str = "sample"
