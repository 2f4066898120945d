"""The size of a cluster: it grows with its load, never below two of everything, and holds when played through."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from terraform.costs.capacity import LEAST_REPLICAS, UTILIZATION, Demand, Load, cluster_for
from terraform.costs.scaling import PAGE, limits, page
from terraform.costs.simulation import Questions, cluster, one_machine

DEMAND = Demand(
    cpu_s={"generation": 0.05, "modelhub": 0.08, "postgres": 0.03},
    wait_s=0.02,
    commits=20,
    stored_bytes=16_000,
    memory_mib={"generation": 150, "modelhub": 240},
)
QUESTIONS = Questions(DEMAND, sizes=(0.5, 1.0, 1.5))


def test_one_organization_gets_two_of_everything() -> None:
    size = cluster_for(Load(1, 100, 0.15), DEMAND)
    assert set(size.replicas.values()) == {LEAST_REPLICAS}


@given(st.integers(1, 100_000), st.floats(1, 10_000), st.floats(0.05, 1.0))
def test_no_program_is_busier_at_the_peak_than_it_may_be(
    organizations: int, questions_per_day: float, peak_hour_share: float
) -> None:
    load = Load(organizations, questions_per_day, peak_hour_share)
    size = cluster_for(load, DEMAND)
    for program, replicas in size.replicas.items():
        assert load.peak_per_second * DEMAND.cpu_s[program] <= replicas * size.cores_each * UTILIZATION * 1.0001


def test_one_asker_on_an_idle_machine_waits_for_cpu_and_waiting_alone() -> None:
    seen = one_machine(Questions(DEMAND, (1.0,)), cores=2, askers=1, workers=4, seconds=60, seed=1)
    assert abs(seen.median_s - DEMAND.total_cpu_s - DEMAND.wait_s) < 0.001


def test_a_machine_answers_no_more_than_its_cores_allow() -> None:
    seen = one_machine(QUESTIONS, cores=2, askers=20, workers=8, seconds=120, seed=1)
    most = 2 / DEMAND.total_cpu_s
    assert 0.85 * most < seen.per_second < 1.05 * most


def test_a_program_of_python_computes_on_one_core_and_the_database_on_all() -> None:
    def most(program: str) -> float:
        alone = Questions(replace(DEMAND, cpu_s={program: 0.1}, wait_s=0), (1.0,))
        return one_machine(alone, cores=4, askers=8, workers=8, seconds=60, seed=1).per_second

    assert abs(most("generation") - 10) < 0.5
    assert abs(most("postgres") - 40) < 2


def test_a_cluster_of_the_right_size_keeps_up_and_half_of_it_does_not() -> None:
    load = Load(10_000, 100, 0.15)
    size = cluster_for(load, DEMAND)
    enough = cluster(QUESTIONS, size, per_second=load.peak_per_second, count=3000, seed=1)
    small = cluster_for(load, DEMAND, utilization=2 * UTILIZATION)
    late = cluster(QUESTIONS, small, per_second=load.peak_per_second, count=3000, seed=1)
    assert enough.p95_s < 1.0
    assert late.p95_s > 3 * enough.p95_s


def test_the_page_is_what_the_measurements_make() -> None:
    assert PAGE.read_text() == page(), "python -m terraform.costs.scaling writes it again"


def test_a_question_that_leaves_more_fills_the_history_sooner() -> None:
    load = Load(10_000, 200, 0.1)

    def history(stored_bytes: float) -> float:
        demand = replace(DEMAND, stored_bytes=stored_bytes)
        return next(each.per_second for each in limits(demand, load) if each.what.startswith("history"))

    assert history(8_000) == 2 * history(16_000)
    # A year of so many questions, as the limit says, fills what may be held.
    mean = history(16_000) / (24 * load.peak_hour_share)
    assert abs(mean * 365 * 86_400 * 16_000 / 2**30 - 1024) < 0.001


def test_what_gives_out_first_is_named_first() -> None:
    found = [each.per_second for each in limits(DEMAND, Load(10_000, 200, 0.1))]
    assert found == sorted(found)
