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
    # A data source that every start makes: a PostgreSQL host, or the folder of its socket; empty makes none.
    sample_host: str = ""
    sample_database: str = "sample"
    sample_user: str = "sample_reader"
    # The organization that the sample is made for, and the sample's id.
    sample_organization: str = "local"
    sample_id: str = "sample"
