"""A server that speaks OpenAI's chat-completions API over a real socket, and says what a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ChatServer:
    """What it answers, and what it was asked.

    `status` other than 200 is answered with `error`; `raw` is sent in place of events; `hang_after` events it sends
    nothing more; `refuses_structure` answers 400 to a request with a response_format; `usage` are the tokens that it
    counts, of what it was asked and of what it answered, where it is asked to.
    """

    texts: Iterable[str] = ()
    status: int = 200
    error: str = "it went wrong"
    raw: bytes | None = None
    hang_after: int | None = None
    refuses_structure: bool = False
    models: tuple[str, ...] = ("local-model",)
    usage: tuple[int, int] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            method, path, headers = await _head(reader)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.headers.append(headers)
            if method == "GET" and path.endswith("/models"):
                listed = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in self.models]
                await _answer(writer, 200, {"object": "list", "data": listed})
                return
            request = json.loads(body)
            self.requests.append(request)
            if self.refuses_structure and "response_format" in request:
                await _answer(writer, 400, {"error": {"message": "unknown field response_format", "type": "invalid"}})
            elif self.status != 200:
                await _answer(writer, self.status, {"error": {"message": self.error, "type": "x"}})
            else:
                await self._stream(writer, reader, counts="stream_options" in request)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed.set()
        finally:
            writer.close()

    async def _stream(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader, *, counts: bool) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        if self.raw is not None:
            writer.write(self.raw)
            await writer.drain()
            return
        for sent, text in enumerate(self.texts):
            if sent == self.hang_after:
                break
            writer.write(_event({"delta": {"role": "assistant", "content": text}, "finish_reason": None}))
            await writer.drain()
        if self.hang_after is not None:
            self.hanging.set()
            # The client says nothing more, so reading ends only when it closes its side.
            await reader.read()
            self.closed.set()
            return
        writer.write(_event({"delta": {}, "finish_reason": "stop"}))
        if counts and self.usage is not None:
            asked, answered = self.usage
            usage = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
            writer.write(_chunk([], usage=usage))
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()


@asynccontextmanager
async def chat_server(**options: Any) -> AsyncIterator[ChatServer]:
    """A server on a free port, for as long as the context lasts."""
    chat = ChatServer(**options)
    server = await asyncio.start_server(chat.serve, "127.0.0.1", 0)
    chat.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield chat


def reply(*candidates: tuple[str, float]) -> str:
    """A reply as the prompt asks for it."""
    listed = [{"sql": sql, "confidence": confidence, "reading": "as asked"} for sql, confidence in candidates]
    return json.dumps({"candidates": listed})


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


async def _answer(writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n"
    writer.write(head.encode() + b"connection: close\r\n\r\n" + text)
    await writer.drain()


def _event(choice: dict[str, Any]) -> bytes:
    return _chunk([{"index": 0, **choice}])


def _chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
    chunk = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "local-model",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
