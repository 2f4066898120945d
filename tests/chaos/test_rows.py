"""Each row of the table on the whole platform: what answers meanwhile, what is told, and that it is whole again.

Whatever happens: no answer is wrong, no call outlasts its deadline, no accepted question is lost or done twice.
"""

import os
import time

import own_network
import pytest
from chaos.faults import Scene
from chaos.rows import ROWS, Row

from services.kit.rpc import open_channel

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.xdist_group("chaos")]


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_what_a_person_still_gets(row: Row, scene: Scene) -> None:
    if row.own_network and scene.network is None:
        pytest.skip(own_network.missing())
    if row.is_long and not os.environ.get("CANDOR_CHAOS_LONG"):
        pytest.skip("it takes a minute: `make chaos` does it")
    before = len(scene.person.accepted)
    async with row.fault(scene):
        outcomes = await scene.person.ask(row.deadline_s)
    shown = {name: str(outcome) for name, outcome in outcomes.items()}
    without = {name for name, outcome in outcomes.items() if outcome.error}
    assert without == row.refused if row.certain else without <= row.refused, shown
    assert {outcome.reason for outcome in outcomes.values() if outcome.error} <= row.told, shown
    await whole_again(scene, row.whole_s)
    await nothing_lost(scene, scene.person.accepted[before:], row)


async def whole_again(scene: Scene, seconds: float) -> None:
    """Waits until everything answers."""
    started = time.monotonic()
    while failed := {name: str(each) for name, each in (await scene.person.ask(15)).items() if each.error}:
        assert time.monotonic() - started < seconds, failed


async def nothing_lost(scene: Scene, accepted: list[str], row: Row) -> None:
    """Every question that was accepted came to its one end, and there are no others."""
    async with open_channel(scene.person.address) as edge:
        await scene.person.make_sure(edge)
        assert sorted(await scene.person.all_questions(edge)) == sorted(scene.person.accepted)
        for name in accepted:
            error = (await scene.person.watch(edge, name, 60)).error(scene.person.right)
            assert error is None or (row.may_fail and error.reason in row.told), f"{name}: {error!r}"
