"""`make chaos RUNS=20`: generation's workers crash at random moments, by seed; nothing accepted may be lost by it.

Two workers answer questions. In each run one of them is killed, or paused until the other does its work, after an event
that the seed chooses. The last line counts what went wrong; the exit code is 1 where anything did.
"""

import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
from candor.generation.v1 import generation_service_pb2 as pb
from candor.generation.v1 import generation_service_pb2_grpc as rpc
from chaos.crashes import Tally, attempts
from chaos.person import Answered, Person, arrive
from mesh_stand import MeshedPlatform, platform_process
from waiting import until

from services.kit.errors import CandorError
from services.kit.rpc import open_channel

QUESTIONS = 3
# A story has a few more events than these.
LAST_EVENT = 14
# How long a question may take whose worker crashed: its lease, and a sweep.
PATIENCE_S = 90


@dataclass
class Worker:
    """A process of generation that answers questions."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]"

    def start_again(self) -> None:
        """Starts it after it ended."""
        self.process = _started(self.command, self.environment, self.log)


def _started(command: list[str], environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)


@contextlib.contextmanager
def workers(platform: MeshedPlatform, count: int = 2) -> Iterator[list[Worker]]:
    """Workers beside a platform whose own generation has none."""
    known = platform.programs()["generation"].environ()
    command, found = [sys.executable, "-m", "services.generation"], []
    for number in range(count):
        address = f"unix:{platform.state}/worker-{number}.sock"
        environment = known | {"CANDOR_GENERATION_ADDRESS": address, "CANDOR_GENERATION_CONCURRENCY": "2"}
        log = platform.state.parent / f"worker-{number}.log"
        found.append(Worker(command, environment, log, _started(command, environment, log)))
    try:
        yield found
    finally:
        for worker in found:
            worker.process.send_signal(signal.SIGCONT)
            worker.process.terminate()
        for worker in found:
            worker.process.wait(30)


async def run(seed: int, person: Person, team: list[Worker], edge: grpc.aio.Channel) -> None:
    """Asks, has a worker crash, and waits until everything is answered, or cannot be any more."""
    dice = random.Random(seed)  # noqa: S311  The same seed, the same crash.
    victim, paused, moment = dice.choice(team), dice.random() < 0.5, dice.randint(1, LAST_EVENT)
    started, seen = time.monotonic(), [Answered() for _ in range(QUESTIONS)]
    names = [await person.create(edge, 30) for _ in seen]
    watching = asyncio.gather(
        *(person.watch(edge, name, PATIENCE_S, story) for name, story in zip(names, seen, strict=True)),
        return_exceptions=True,
    )
    await until(lambda: len(seen[0].events) >= moment or watching.done(), PATIENCE_S)
    victim.process.send_signal(signal.SIGSTOP if paused else signal.SIGKILL)
    if paused:
        # It wakes while another does its work, and would go on with it.
        await until(lambda: watching.done() or any(attempts(each.events) > 1 for each in seen), PATIENCE_S + 1)
        victim.process.send_signal(signal.SIGCONT)
    else:
        await asyncio.to_thread(victim.process.wait)
        victim.start_again()
    await watching
    answered = sum(each.end is not None for each in seen)
    say(
        f"seed={seed} worker {team.index(victim)} {'paused' if paused else 'killed'} after event {moment}: "
        f"{answered} of {QUESTIONS} answered in {time.monotonic() - started:.1f} s"
    )


def say(line: str) -> None:
    """Writes a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def story(edge: grpc.aio.Channel, person: Person, name: str) -> list[pb.GenerationEvent]:
    """What is kept of a question, from its first event."""
    stub, events = rpc.GenerationServiceStub(edge), []
    with contextlib.suppress(CandorError):
        watched = stub.WatchGeneration(pb.WatchGenerationRequest(name=name), metadata=person.metadata, timeout=5)
        async for response in watched:
            events += [each for each in response.events if each.WhichOneof("event") != "heartbeat"]
    return events


@contextlib.asynccontextmanager
async def beginning(platform: MeshedPlatform) -> AsyncIterator[tuple[Person, grpc.aio.Channel]]:
    """A person before the platform, and the way there."""
    person = await arrive(platform.address, platform.sign_in_link)
    async with open_channel(platform.address) as edge:
        yield person, edge


async def chaos(platform: MeshedPlatform, runs: int, first_seed: int) -> Tally:
    """Runs one after the other; the stories are read when every worker has ended, and can write no more."""
    tally = Tally(runs)
    with contextlib.ExitStack() as at_work:
        team = at_work.enter_context(workers(platform))
        async with beginning(platform) as (person, edge):
            for seed in range(first_seed, first_seed + runs):
                await run(seed, person, team, edge)
            await asyncio.to_thread(at_work.close)
            for name in person.accepted:
                tally.count(await story(edge, person, name), person.right)
            known = await person.all_questions(edge)
            tally.doubled += len(known) - len(set(known))
            tally.lost += len(set(person.accepted) - set(known))
    return tally


def main() -> int:
    """1 where anything went wrong."""
    runs, first_seed = (int(each) for each in (*sys.argv[1:], *("20", "1")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory(prefix="candor-chaos-") as folder:
        # The embedded server may run as a user of its own, who must be able to enter.
        Path(folder).chmod(0o755)
        with platform_process(Path(folder), CANDOR_GENERATION_CONCURRENCY="0") as platform:
            tally = asyncio.run(chaos(platform, runs, first_seed))
    say(str(tally))
    return 0 if tally.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
