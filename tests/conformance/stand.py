"""The stand: the real edge and gateway before generations that misbehave as their names say."""

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edge_stand

from conformance.cases import CASES, Case, Heard
from conformance.generations import PARENT, Generations
from conformance.languages import Language
from conformance.wire import Wire

RUN_TIMEOUT_S = 60


@dataclass(frozen=True)
class Attempt:
    """What one language's program printed, and what the stand saw of it."""

    lines: dict[str, Any]
    heard: Heard
    said: str
    """The end of what it printed, for people."""

    def check(self, case: Case) -> None:
        assert case.name in self.lines, f"nothing was printed for it:\n{self.said}"
        printed = self.lines[case.name]
        assert printed == {"case": case.name, **case.prints}, f"printed {str(printed)[:1000]}"
        case.saw(self.heard)


@dataclass(frozen=True)
class Stand:
    """Where a client is pointed at."""

    edge: edge_stand.Stand
    generations: Generations
    address: str

    def attempt(self, language: Language) -> Attempt:
        """Runs a language's program over its cases, all in one process. One that does not build prints nothing."""
        token = self.edge.keys.token()
        self.edge.services.seen.clear()
        self.generations.story, self.generations.was_cut = [], False
        story = self.generations.story
        try:
            printed, complained = _run(language, {"CANDOR_ADDRESS": self.address, "CANDOR_TOKEN": token})
        except RuntimeError as error:
            printed, complained = "", str(error)
        lines = [json.loads(line) for line in printed.splitlines()]
        said = "\n".join(line[:200] for line in (printed + complained).splitlines()[-25:])
        seen = list(self.edge.services.seen)
        heard = Heard(
            language,
            token,
            calls=lambda name: [call for call in seen if getattr(call.request, "name", "") == f"{PARENT}/{name}"],
            story=story,
        )
        return Attempt({line["case"]: line for line in lines}, heard, said)


def _run(language: Language, told: dict[str, str]) -> tuple[str, str]:
    """What a program prints and what it complains of, to its end or to ours."""
    language.make()
    command = [*language.command, *(name for name in CASES if name not in language.without)]
    environment = {**os.environ, **language.environment, **told}
    with subprocess.Popen(
        command, cwd=language.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            return process.communicate(timeout=RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, complained = process.communicate()
            return printed, f"{complained}\nended after {RUN_TIMEOUT_S} s"


@contextlib.contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """The stand, started; its logs are in the folder."""
    with edge_stand.stand(folder) as edge:

        def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, edge.loop).result(20)

        wire = Wire(edge.edge.removeprefix("http://"))
        generations = Generations(wire.cut)
        generations.join(edge.services)
        try:
            yield Stand(edge, generations, run(wire.start()))
        finally:
            run(wire.stop())
