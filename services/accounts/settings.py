"""What accounts reads from its environment. The defaults are a laptop."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings, state_folder


class Settings(ServiceSettings):
    """Settings of accounts, as `CANDOR_ACCOUNTS_…`."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_ACCOUNTS_")

    address: str = "127.0.0.1:8101"
    # The names that the local organization and its owner get on the first start.
    organization_name: str = Field(default="My organization", min_length=1, max_length=100)
    owner_name: str = Field(default="Owner", min_length=1, max_length=100)
    # The keys of the platform's services: "generation:<sha256 of the key in hexadecimal>,…".
    service_keys: SecretStr = SecretStr("")
    # The key that seals the signing keys: 32 bytes as base64; empty keeps one in a file, made on the first start.
    master_key: SecretStr = SecretStr("")
    master_key_file: Path = Field(default_factory=lambda: state_folder() / "accounts" / "master.key")
    # How long a one-time code, a session and a token work.
    code_lifetime: timedelta = timedelta(minutes=10)
    session_lifetime: timedelta = timedelta(days=30)
    token_lifetime: timedelta = timedelta(minutes=15)
    # How long a key signs, and how long before that it is published.
    key_interval: timedelta = timedelta(days=30)
    key_lead: timedelta = timedelta(hours=1)
    # Wrong proofs that one client may show in a minute.
    attempts_per_minute: int = Field(default=20, gt=0)
