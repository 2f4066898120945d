"""What generation reads, from `CANDOR_GENERATION_…`; the defaults are a laptop."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of generation, beside those of every service."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_GENERATION_", extra="forbid", frozen=True)

    address: str = "127.0.0.1:8103"
    documents_address: str = "127.0.0.1:8102"
    validation_address: str = "127.0.0.1:8104"
    modelhub_address: str = "127.0.0.1:8105"
    # What generation shows to accounts to act for the people whose questions it answers.
    service_key: SecretStr = SecretStr("")
    # How many questions are answered at once in this process; with 0 it serves, and others answer.
    concurrency: int = Field(default=4, ge=0)
    # How long a question may take in all.
    answer_timeout: timedelta = timedelta(minutes=2)
    # How long a statement may run when a question is answered.
    statement_timeout: timedelta = timedelta(seconds=30)
    # From which confidence an answer is given, from 0 to 1.
    answer_from: float = Field(default=0.7, ge=0, le=1)
    # From which confidence an answer is shown without what else the question could mean, from 0 to 1.
    sure_from: float = Field(default=0.85, ge=0, le=1)
    # From which confidence likely readings are shown instead, from 0 to 1.
    ask_back_from: float = Field(default=0.2, ge=0, le=1)
    # How many readings of a question are run and compared at most; 1 compares none.
    proof_runs: int = Field(default=5, ge=1)
    # How long the runs after the first may take together.
    proof_budget: timedelta = Field(default=timedelta(milliseconds=300), ge=timedelta(0))
