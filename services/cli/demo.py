"""`make demo`: starts the platform with nothing kept, asks the sample a few questions, and stops it."""

import asyncio
import random
import socket
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from candor.accounts.v1 import accounts_service_pb2, accounts_service_pb2_grpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from candor.progress.v1 import progress_pb2
from candor.validation.v1 import validation_service_pb2
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from services.__main__ import platform
from services.kit.rpc import open_channel
from services.laptop import LaptopSettings, create_sign_in_link
from services.supervisor import ProgramFailed

QUESTIONS = (
    "How many customers are there?",
    "What are the names of the five most expensive products?",
    "For each country, how many customers are there?",
    "Which customers have never placed an order?",
    "How many zeppelins did the moon buy?",
)
PARENT = "organizations/local"
SAMPLE = f"{PARENT}/dataSources/sample"
SHOWN_ROWS = 8
_LOOKS = {
    validation_service_pb2.Finding.SEVERITY_WARNING: "yellow",
    validation_service_pb2.Finding.SEVERITY_ERROR: "red",
}


async def sign_in(link: str, address: str) -> str:
    """A token for the code in a sign-in link, asked for through the edge."""
    code = parse_qs(urlsplit(link).query)["code"][0]
    async with open_channel(address) as edge:
        stub = accounts_service_pb2_grpc.AccountsServiceStub(edge)
        response = await stub.IssueToken(accounts_service_pb2.IssueTokenRequest(sign_in_code=code))
    return response.token


async def ask(address: str, token: str, question: str) -> AsyncIterator[pb.GenerationEvent]:
    """What happens to a question, asked through the edge, as it happens."""
    metadata = (("authorization", f"Bearer {token}"),)
    async with open_channel(address) as edge:
        stub = rpc.GenerationServiceStub(edge)
        request = pb.CreateGenerationRequest(
            parent=PARENT,
            generation=pb.Generation(data_source=SAMPLE, question=question),
            request_id=str(uuid.uuid4()),
        )
        created = await stub.CreateGeneration(request, metadata=metadata)
        watch = pb.WatchGenerationRequest(name=created.generation.name)
        async for response in stub.WatchGeneration(watch, metadata=metadata, timeout=120):
            for event in response.events:
                yield event


def free_settings(state: Path) -> LaptopSettings:
    """Settings on ports that are free now."""
    first = free_ports(7)
    return LaptopSettings(state=state, address=f"127.0.0.1:{first}", first_port=first + 1)


def free_ports(count: int) -> int:
    """The first of as many ports in a row that are free now, below those that outgoing connections take."""
    while True:
        first = random.randrange(20_000, 32_000)  # noqa: S311  Ports are no secret.
        if all(_is_free(port) for port in range(first, first + count)):
            return first


async def demo(console: Console) -> int:
    """Asks the questions; 0 when each came to a result."""
    with tempfile.TemporaryDirectory(prefix="candor-demo-") as folder:
        # The embedded server may run as a user of its own, who must be able to enter.
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        settings = free_settings(Path(folder) / "state")
        console.print("Starting Candor …")
        async with platform(settings, verbose=False):
            token = await sign_in(await create_sign_in_link(settings), settings.address)
            results = [await _show(console, settings.address, token, question) for question in QUESTIONS]
    console.print("Stopped.")
    return 0 if all(results) else 1


async def _show(console: Console, address: str, token: str, question: str) -> bool:
    console.rule(f"[bold]{question}", align="left")
    rows: list[pb.Rows] = []
    async for event in ask(address, token, question):
        match event.WhichOneof("event"):
            case "step" if event.step.state != progress_pb2.Step.STATE_STARTED:
                ms = event.step.duration.ToTimedelta().total_seconds() * 1000
                failed = event.step.state == progress_pb2.Step.STATE_FAILED
                mark = "[red]x[/red]" if failed else "[green]✓[/green]"
                details = "; ".join(event.step.details[:3])
                console.print(f"{mark} {event.step.id:<10} {ms:6.0f} ms  [dim]{details[:110]}[/dim]", highlight=False)
            case "check" if event.check.findings:
                # What only describes a statement is for the page.
                for finding in (each for each in event.check.findings if each.severity in _LOOKS):
                    look = _LOOKS[finding.severity]
                    console.print(f"  [{look}]{finding.reason}[/{look}] {finding.message}", highlight=False)
            case "rows":
                rows.append(event.rows)
            case "result":
                _show_result(console, event.result, rows)
                return True
            case "error":
                console.print(f"[red]{event.error.message}[/red]")
    return False


def _show_result(console: Console, result: pb.Result, rows: list[pb.Rows]) -> None:
    if result.sql:
        console.print(Syntax(result.sql, "sql", theme="ansi_light", word_wrap=True, background_color="default"))
        console.print(f"{result.explanation}  [dim](confidence {result.confidence:.0%})[/dim]", highlight=False)
        console.print(_table(result, rows))
    elif result.outcome == pb.Result.OUTCOME_ASKED_BACK:
        console.print("Did you mean:")
        for each in result.alternatives:
            console.print(f"  • {each.reading} [dim]({each.confidence:.0%})[/dim]", highlight=False)
    else:
        console.print(f"[yellow]{result.abstention.message}[/yellow]", highlight=False)
        if result.abstention.unknown:
            console.print(f"Not found in the data: {', '.join(result.abstention.unknown)}", highlight=False)


def _table(result: pb.Result, rows: list[pb.Rows]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in result.columns:
        table.add_column(column.name)
    columns = [_cells(values) for values in rows[0].batch.columns] if rows else []
    for cells in list(zip(*columns, strict=True))[:SHOWN_ROWS]:
        table.add_row(*cells)
    if result.row_count > SHOWN_ROWS:
        table.caption = f"{SHOWN_ROWS} of {result.row_count:,} rows"
    return table


def _cells(values: validation_service_pb2.RowBatch.Values) -> list[str]:
    kind = values.WhichOneof("values")
    items = getattr(values, kind).items if kind else [None] * len(values.null_rows)
    nulls = set(values.null_rows)
    return ["" if index in nulls else str(item) for index, item in enumerate(items)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> int:
    """Runs the demonstration; 1 with one clear line when it cannot."""
    try:
        return asyncio.run(demo(Console()))
    except ProgramFailed as error:
        sys.stderr.write(f"candor: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
