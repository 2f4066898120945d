"""The settings of documents, read from CANDOR_DOCUMENTS_… ."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What documents reads beside the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_DOCUMENTS_", extra="forbid", frozen=True)

    address: str = "127.0.0.1:8102"
    # Where validation listens: it alone reads users' databases.
    validation_address: str = "127.0.0.1:8104"
    # Where schema snapshots are kept; "embedded:" is a table of the database above.
    records_url: str = "embedded:"
    # How many values are held in memory for all data sources together; about 0.7 kB each.
    values_in_memory: int = Field(default=400_000, gt=0)
    # How long a sync may read values; columns that are not reached are not indexed.
    sampling_timeout: timedelta = timedelta(seconds=20)
