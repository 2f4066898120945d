"""Plans over the wire: steps and figures, the gate before a run, measuring where a policy allows it."""

import pytest
from candor.validation.v1 import validation_service_pb2 as pb
from service.validation.conftest import Platform

from services.kit.errors import FailedPrecondition, InvalidArgument

SAMPLE = "organizations/local/dataSources/sample"
JOIN = "select c.name, sum(o.amount) as total from customers c join orders o on o.customer_id = c.id group by c.name"


async def explain(platform: Platform, sql: str, **asked: bool) -> pb.ExplainPlanResponse:
    request = pb.ExplainPlanRequest(name=SAMPLE, sql=sql, **asked)
    return await platform.stub.ExplainPlan(request, metadata=platform.as_member())  # type: ignore[no-any-return]


async def put_policy(platform: Platform, **policy: object) -> None:
    request = pb.UpdatePolicyRequest(name=f"{SAMPLE}/policy", policy=pb.Policy(**policy))  # type: ignore[arg-type]
    await platform.stub.UpdatePolicy(request, metadata=platform.as_member())


async def test_a_plan_has_steps_in_the_words_of_all_engines(platform: Platform) -> None:
    plan = await explain(platform, JOIN)
    kinds = {step.kind for step in plan.steps}
    assert {pb.PlanStep.KIND_SCAN, pb.PlanStep.KIND_JOIN, pb.PlanStep.KIND_AGGREGATE} <= kinds
    assert {step.table for step in plan.steps if step.table} == {"public.customers", "public.orders"}
    assert plan.steps[0].parent == -1
    assert all(step.parent < position for position, step in enumerate(plan.steps))
    assert plan.rows_read > 0
    assert plan.bytes_read >= 8192
    assert all(step.actual_rows == -1 for step in plan.steps)


async def test_the_gate_refuses_before_anything_runs_and_says_it_in_the_plan_too(platform: Platform) -> None:
    await put_policy(platform, cost_limits=pb.CostLimits(max_bytes_read=1000))
    with pytest.raises(InvalidArgument) as raised:
        await platform.rows(SAMPLE, JOIN)
    assert raised.value.reason == "SQL_COST_LIMIT"
    assert raised.value.metadata["limit"] == "max_bytes_read"
    assert raised.value.metadata["allowed"] == "1000"
    assert "your limit is 1 kB" in raised.value.message
    (finding,) = [each for each in (await explain(platform, JOIN)).findings if each.reason == "SQL_COST_LIMIT"]
    assert finding.severity == pb.Finding.SEVERITY_ERROR
    await put_policy(platform, cost_limits=pb.CostLimits(max_bytes_read=10_000_000))
    rows, _ = await platform.rows(SAMPLE, JOIN)
    assert len(rows) == 1


async def test_a_plan_is_measured_only_where_the_policy_allows_it(platform: Platform) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        await explain(platform, JOIN, analyze=True)
    assert raised.value.reason == "ANALYZE_NOT_ALLOWED"
    await put_policy(platform, allow_analyze=True)
    plan = await explain(platform, JOIN, analyze=True)
    assert plan.steps[0].actual_rows == 1
    assert plan.steps[0].actual_ms > 0
    with pytest.raises(InvalidArgument):
        await explain(platform, "delete from orders", analyze=True)


async def test_a_rewrite_is_offered_as_a_whole_statement(platform: Platform) -> None:
    plan = await explain(platform, "select distinct id, amount from orders", advise=True)
    (finding,) = [each for each in plan.findings if each.reason == "SQL_REWRITE_ADVICE"]
    assert finding.suggestion == "SELECT id, amount FROM orders"
    assert float(finding.metadata["cost_after"]) < float(finding.metadata["cost_before"])
    rows, _ = await platform.rows(SAMPLE, finding.suggestion)
    assert len(rows) == 3


async def test_under_a_row_filter_plans_tell_nothing_of_rows_that_are_hidden(platform: Platform) -> None:
    await put_policy(platform, row_filters=[pb.RowFilter(table="customers", condition="id = 1")], allow_analyze=True)
    for analyze in (False, True):
        plan = await explain(platform, "select * from customers where name = 'Bo'", advise=True, analyze=analyze)
        assert plan.steps
        assert {plan.estimated_rows, plan.estimated_cost, plan.rows_read, plan.bytes_read} == {-1}
        assert {each for step in plan.steps for each in (step.rows, step.cost, step.bytes, step.actual_rows)} == {-1}
        assert "id = 1" not in str(plan)
    with pytest.raises(InvalidArgument) as raised:
        await platform.rows(SAMPLE, "explain select * from customers where name = 'Bo'")
    assert raised.value.reason == "SQL_CONSTRUCT_REFUSED"
