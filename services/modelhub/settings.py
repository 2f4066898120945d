"""The settings of modelhub, read from CANDOR_MODELHUB_… ."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What modelhub reads beside the settings of every service."""

    model_config = SettingsConfigDict(env_prefix="CANDOR_MODELHUB_", extra="forbid", frozen=True)

    address: str = "127.0.0.1:8105"
    # Which model is used when a request names none; empty means OpenAI's where it is set up, else the built-in engine.
    default_model: str = ""
    # How many questions the built-in engine works on at once.
    built_in_workers: int = Field(default=2, gt=0, le=64)
    # A folder that `candor train` wrote, in place of the installed weights; "none" leaves it to the rules.
    built_in_weights: str = ""
    # The key of OpenAI, or of a server that speaks its API; a server without keys needs the base URL alone.
    openai_api_key: SecretStr = SecretStr("")
    # Where that server is, such as http://localhost:11434/v1; empty means OpenAI itself.
    openai_base_url: str = ""
    # The model's name there; empty means gpt-5-mini at OpenAI, and the first model that another server lists.
    openai_model: str = ""
    # How long one draft may take in all.
    openai_timeout: timedelta = timedelta(seconds=60)
    # Whether a few stored values per column are shown to the model; values that the question mentions always are.
    openai_send_samples: bool = False
    # What a million tokens cost there, in dollars, for the metrics; 0 where it is not known.
    openai_input_price: float = Field(default=0.0, ge=0)
    openai_output_price: float = Field(default=0.0, ge=0)

    @property
    def has_openai(self) -> bool:
        """Whether OpenAI or a server like it is set up: by a key, a base URL, or both."""
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)
