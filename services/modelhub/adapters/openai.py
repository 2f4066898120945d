"""OpenAI, and every server that speaks its chat-completions API (Ollama, vLLM), over LangChain's client.

The client is imported on first use, because that takes seconds. LangSmith's tracing is switched off for the process:
questions and schemas go to the configured server and nowhere else.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from services.kit import metrics
from services.kit.errors import CandorError, FailedPrecondition, Unavailable
from services.modelhub.core.model import Draft, DraftRequest
from services.modelhub.core.ports import Model
from services.modelhub.core.read_reply import MAX_REPLY_CHARACTERS, read_reply
from services.modelhub.core.write_prompt import REPLY_SCHEMA, write_prompt

if TYPE_CHECKING:
    from langchain_core.messages.ai import UsageMetadata
    from langchain_openai import ChatOpenAI

PROVIDER = "openai"
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_MODEL = "gpt-5-mini"
CONNECT_TIMEOUT_S = 5.0
_NO_PRICES = {"input": 0.0, "output": 0.0}

_STRUCTURED = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "draft", "strict": True, "schema": REPLY_SCHEMA},
    },
    # The tokens are counted in an event after the last.
    "stream_options": {"include_usage": True},
}
# What a server says that knows none of these.
_UNKNOWN_FIELDS = ("response_format", "json_schema", "stream_options")


class OpenAIDrafter:
    """Drafts with one model of one server.

    Args:
        api_key: The server's key; a server of one's own may need none.
        base_url: Where the server is; empty means OpenAI.
        model: The model's name there; empty means OpenAI's default, or the first model the server lists.
        timeout: How long one draft may take in all.
        send_samples: Whether stored values that the question does not mention may be shown to the model.
        prices: Dollars for a million tokens, "input" and "output", for the metrics.
    """

    def __init__(
        self,
        api_key: str = "",
        base_url: str = "",
        model: str = "",
        *,
        timeout: timedelta = timedelta(seconds=60),
        send_samples: bool = False,
        prices: Mapping[str, float] = _NO_PRICES,
    ) -> None:
        # An empty key is refused by the client itself; servers without keys ignore what they are sent.
        self._api_key = api_key or "none"
        self._base_url = base_url or OPENAI_URL
        self._name = model or ("" if base_url else OPENAI_MODEL)
        self._timeout_s = timeout.total_seconds()
        self._send_samples = send_samples
        self._prices = prices
        display_name = f"{self._name or 'Default model'} at {base_url or 'OpenAI'}"
        self.model = Model(f"{PROVIDER}:{self._name or 'default'}", display_name, is_local=False)
        self._chat: ChatOpenAI | None = None
        self._connecting = asyncio.Lock()
        self._structured = True

    async def draft(self, request: DraftRequest) -> AsyncGenerator[str | Draft, None]:
        """The reply's text as it comes, then the draft it holds (`services.modelhub.core.ports.Drafter.draft`)."""
        prompt = write_prompt(request, secrets.token_hex(12), with_samples=self._send_samples)
        messages = [("system", prompt.instructions), ("user", prompt.data)]
        said: list[str] = []
        async with aclosing(self._reply(messages)) as texts:
            async for text in texts:
                said.append(text)
                yield text
        yield read_reply("".join(said), request, f"{PROVIDER}:{self._name}")

    async def close(self) -> None:
        """Closes the connections to the server."""
        if self._chat is not None:
            await self._chat.root_async_client.close()

    async def _reply(self, messages: list[tuple[str, str]]) -> AsyncGenerator[str, None]:
        """The reply's text, asked for in a structure until the server says that it knows none."""
        while True:
            structured = self._structured
            try:
                async with aclosing(self._stream(messages, structured=structured)) as texts:
                    async for text in texts:
                        yield text
            except _StructureRefused:
                self._structured = False
            else:
                return

    async def _stream(self, messages: list[tuple[str, str]], *, structured: bool) -> AsyncGenerator[str, None]:
        length = 0
        try:
            chat = await self._connected()
            deadline = asyncio.get_running_loop().time() + self._timeout_s
            # As an extra field the structure reaches the server without the client insisting on it in the reply.
            stream: Any = chat.astream(messages, extra_body=_STRUCTURED if structured else None)
            async with aclosing(stream):
                while length < MAX_REPLY_CHARACTERS:
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        return
                    self._count(chunk.usage_metadata)
                    length += len(chunk.text)
                    if chunk.text:
                        yield chunk.text
        except TimeoutError as error:
            raise self._unavailable(f"did not finish within {self._timeout_s:g} seconds") from error
        except Exception as error:
            raise self._translated(error, structured=structured) from error

    async def _connected(self) -> "ChatOpenAI":
        async with self._connecting:
            if self._chat is None:
                self._chat = await asyncio.to_thread(_connect, self._api_key, self._base_url, self._timeout_s)
            if not self._name:
                listed = await self._chat.root_async_client.models.list()
                if not listed.data:
                    raise self._unavailable("lists no model; name one with CANDOR_MODELHUB_OPENAI_MODEL")
                self._name = listed.data[0].id
            self._chat.model_name = self._name
            return self._chat

    def _count(self, usage: "UsageMetadata | None") -> None:
        """Counts tokens and their cost; a server that does not count them says nothing."""
        if usage is None:
            return
        counted = {"input": usage["input_tokens"], "output": usage["output_tokens"]}
        for direction, tokens in counted.items():
            metrics.MODEL_TOKENS.of(self.model.model_id, direction).inc(tokens)
            price = self._prices[direction]
            metrics.MODEL_COST.of(self.model.model_id).inc(tokens * price / 1_000_000)

    def _translated(self, error: Exception, *, structured: bool) -> Exception:
        """Our error for the client's."""
        import openai  # noqa: PLC0415  Imported by now, with the client.

        if isinstance(error, CandorError):
            return error
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return FailedPrecondition(
                "MODEL_LOGIN_FAILED",
                f"{self.model.display_name} refused the key. Set CANDOR_MODELHUB_OPENAI_API_KEY to one it accepts.",
                metadata={"model": self.model.model_id},
            )
        if structured and isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            told = str(error)
            if any(field in told for field in _UNKNOWN_FIELDS):
                return _StructureRefused()
        if isinstance(error, openai.APIStatusError):
            return self._unavailable(f"answered with status {error.status_code}")
        if isinstance(error, openai.APITimeoutError):
            return self._unavailable(f"did not answer within {self._timeout_s:g} seconds")
        if isinstance(error, openai.APIError | OSError):
            return self._unavailable("does not answer, or broke off")
        if isinstance(error, ValueError | TypeError | AttributeError | KeyError):
            # The client trips over events that are not of the API in all these ways.
            return self._unavailable("sent what is no reply of its API", reason="MODEL_REPLY_UNREADABLE")
        return error

    def _unavailable(self, what: str, reason: str = "MODEL_UNAVAILABLE") -> Unavailable:
        return Unavailable(
            reason,
            f"{self.model.display_name} {what}. Try again, or use another model.",
            metadata={"model": self.model.model_id},
        )


class _StructureRefused(Exception):
    """The server does not take a schema for its reply."""


def _connect(api_key: str, base_url: str, timeout_s: float) -> "ChatOpenAI":
    import langsmith  # noqa: PLC0415  See the module's first lines.
    from langchain_openai import ChatOpenAI  # noqa: PLC0415
    from openai import DefaultAsyncHttpxClient  # noqa: PLC0415

    langsmith.configure(enabled=False)
    return ChatOpenAI(
        model=OPENAI_MODEL,
        api_key=api_key,
        base_url=base_url,
        max_retries=0,
        # The deadline is ours. Theirs waits in a way that can swallow a cancellation on Python 3.11.
        stream_chunk_timeout=None,
        timeout=(CONNECT_TIMEOUT_S, timeout_s, timeout_s, CONNECT_TIMEOUT_S),
        # A client of our own: the shared one stays bound to the event loop that used it first.
        http_async_client=DefaultAsyncHttpxClient(),
        use_responses_api=False,
    )
