"""The table of costs: a line is quantity times price, nothing is free by mistake, the page is what it would be."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from terraform.costs.capacity import Load
from terraform.costs.table import HOURS, PAGE, bill, nodes_for, page, read_inputs, read_prices

ROOT = Path(__file__).parents[3]
INPUTS = read_inputs()
PRICES = read_prices()["prices"]


def _usd(load: Load, stored: tuple[float, float] = (2, 0.2)) -> float:
    return sum(line.quantity * PRICES[line.price]["usd"] for line in bill(load, stored, INPUTS))


def test_the_page_is_what_the_prices_and_loads_make() -> None:
    assert PAGE.read_text() == page(), "python -m terraform.costs.table writes it again"


def test_every_price_is_used_and_says_where_it_is_from() -> None:
    lines = [
        line for load, stored in zip(INPUTS.loads, INPUTS.stored, strict=True) for line in bill(load, stored, INPUTS)
    ]
    assert {line.price for line in lines} == PRICES.keys()
    for name, each in PRICES.items():
        assert each["usd"] > 0, name
        assert each["source"].startswith("https://"), name
        assert each.get("from_memory", False) != ("seen" in each), name


def test_a_line_is_quantity_times_price() -> None:
    lines = {line.price: line.quantity for line in bill(Load(1, 1, 1.0), (10, 1), INPUTS)}
    assert lines["eks"] == HOURS
    assert lines["blobs"] == 10
    assert lines["records_storage"] == 1
    assert lines["nat"] == HOURS * 3
    assert lines["acu"] == HOURS * 2 * 2
    assert lines["cdn_traffic"] == 0
    assert lines["database_storage"] == pytest.approx(365 / 12 * 12 * INPUTS.demand.stored_bytes / 2**30)


@pytest.mark.parametrize("more", ["organizations", "questions_per_day"])
def test_who_asks_more_pays_more_and_less_for_each_question(more: str) -> None:
    load = Load(100, 200, 0.15)
    heavier = replace(load, **{more: getattr(load, more) * 50})
    assert _usd(load) < _usd(heavier) < 50 * _usd(load)


def test_a_sharper_peak_needs_more_machines_on_demand_and_no_more_on_spot() -> None:
    flat, sharp = (nodes_for(Load(50_000, 200, share), INPUTS.demand, 3) for share in (0.06, 0.3))
    assert sharp.system > flat.system
    assert sharp.batch == pytest.approx(flat.batch)


def test_one_question_a_day_has_a_machine_in_every_zone() -> None:
    assert nodes_for(Load(1, 1, 1.0), INPUTS.demand, 3).system == 3


def test_the_parts_that_are_always_there_are_counted_as_terraform_makes_them() -> None:
    code = ROOT / "terraform"
    values = (code / "envs" / "production" / "terraform.tfvars").read_text()
    endpoints = (code / "modules" / "network" / "variables.tf").read_text()
    assert INPUTS.fixed["zones"] == len(re.search(r"zones += \[(.*)\]", values)[1].split(","))
    assert INPUTS.fixed["endpoints"] == len(re.search(r'default     = \["ecr.*\]', endpoints)[0].split(","))
    database = re.search(r"database += \{ instances = (\d+), min_acu = (\d+)", values)
    assert (INPUTS.fixed["database_instances"], INPUTS.fixed["database_min_acu"]) == tuple(
        map(float, database.groups())
    )
    budget = float(re.search(r"monthly_usd = (\d+)", values)[1])
    assert _usd(INPUTS.loads[1], INPUTS.stored[1]) < budget


def test_what_is_in_the_loads_is_in_the_table() -> None:
    text = PAGE.read_text()
    for load in tomllib.loads((ROOT / "terraform" / "costs" / "loads.toml").read_text())["loads"]:
        assert f"{load['organizations']:,} organization" in text
