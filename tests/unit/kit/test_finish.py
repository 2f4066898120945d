"""What must come to its end does, whoever stops waiting for it."""

import asyncio
import gc
import os
import signal
import sys
import warnings

import pytest

from services.kit.child import begin, end
from services.kit.finish import finish


async def test_work_is_done_also_for_one_who_leaves_while_it_is() -> None:
    done, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await may_end.wait()
        done.set()

    leaving = asyncio.ensure_future(finish(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        assert not leaving.done(), "it left work half done"
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert done.is_set()


async def test_work_that_never_ends_is_given_up_in_time() -> None:
    stopped = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with asyncio.timeout(5):
        await finish(work(), within_s=0.01)
        await stopped.wait()
    assert stopped.is_set(), "it was left behind, and still works"


async def test_what_work_raises_is_raised() -> None:
    async def work() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await finish(work())


async def test_a_child_knows_no_secret_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDOR_VALIDATION_MASTER_KEY", "secret")
    says = "import os; print(sorted(os.environ))"
    child = await begin("timeit", "-n", "1", "-r", "1", says, limit=65_536, environment={"TOLD": "this"})
    assert child.stdout is not None
    known = (await child.stdout.readline()).decode()
    await end(child)
    assert "TOLD" in known
    assert "CANDOR" not in known


async def test_an_ended_child_leaves_no_pipe_open() -> None:
    pipe = asyncio.subprocess.PIPE
    talking = "import time\nwhile True: print('x' * 9999, flush=True)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", talking, stdin=pipe, stdout=pipe, limit=1024)
    assert process.stdout is not None
    await process.stdout.read(1)
    await end(process)
    assert process.returncode is not None
    assert process.stdout.at_eof()
    assert process.stdin is not None
    assert process.stdin.is_closing()


def test_a_child_whose_output_another_process_holds_open_is_ended_all_the_same() -> None:
    pipe = asyncio.subprocess.PIPE

    async def ended() -> int:
        process = await asyncio.create_subprocess_shell(
            "sleep 60 & echo begun; exec sleep 60", stdin=pipe, stdout=pipe, start_new_session=True
        )
        assert process.stdout is not None
        await process.stdout.readline()
        async with asyncio.timeout(20):
            await end(process)
        assert process.returncode is not None
        return process.pid

    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always")
        os.killpg(asyncio.run(ended()), signal.SIGKILL)
        gc.collect()
    assert [str(each.message) for each in left_open] == []
