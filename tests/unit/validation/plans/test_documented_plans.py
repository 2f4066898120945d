"""Plans of the engines that cannot be had here, in the shapes that their makers document."""

import pytest

from services.kit.errors import FailedPrecondition
from services.validation.core.plans import bigquery_dry_run, mysql_json, showplan_xml, snowflake_json, trino_json
from services.validation.core.plans.model import Plan, StepKind

# MySQL's first format: the fields of the work log that brought the costs in,
# https://dev.mysql.com/worklog/task/?id=6510, around the join that "What's new in MySQL 8.0" shows (Oracle, 2023).
MYSQL = {
    "query_block": {
        "select_id": 1,
        "cost_info": {"query_cost": "550.97"},
        "nested_loop": [
            {
                "table": {
                    "table_name": "city",
                    "access_type": "ALL",
                    "possible_keys": ["CountryCode"],
                    "rows_examined_per_scan": 4035,
                    "rows_produced_per_join": 403,
                    "filtered": "10.00",
                    "cost_info": {
                        "read_cost": "369.40",
                        "eval_cost": "40.35",
                        "prefix_cost": "409.75",
                        "data_read_per_join": "97K",
                    },
                    "attached_condition": "(`world`.`city`.`Name` = 'Roma')",
                }
            },
            {
                "table": {
                    "table_name": "country",
                    "access_type": "eq_ref",
                    "key": "PRIMARY",
                    "rows_examined_per_scan": 1,
                    "rows_produced_per_join": 403,
                    "filtered": "100.00",
                    "cost_info": {"read_cost": "100.88", "eval_cost": "40.35", "prefix_cost": "550.98"},
                }
            },
        ],
    }
}
# MySQL's second format, https://dev.mysql.com/blog-archive/new-json-format-for-explain: an object for each line of
# FORMAT=TREE, here those of that page's join of orders and items, measured.
MYSQL_SECOND = {
    "query": "/* select#1 */ select `name`,`quantity` from `orders` join `items` `i`",
    "operation": "Nested loop inner join",
    "access_type": "join",
    "estimated_rows": 76470,
    "estimated_total_cost": 49828,
    "actual_rows": 100,
    "actual_loops": 1,
    "actual_last_row_ms": 80.5,
    "inputs": [
        {
            "operation": "Filter: ((orders.quantity > 1000) and (orders.item_id is not null))",
            "condition": "((orders.quantity > 1000) and (orders.item_id is not null))",
            "access_type": "filter",
            "estimated_rows": 76470,
            "estimated_total_cost": 23063,
            "inputs": [
                {
                    "operation": "Table scan on orders",
                    "table_name": "orders",
                    "schema_name": "test",
                    "access_type": "table",
                    "estimated_rows": 229433,
                    "estimated_total_cost": 23063,
                }
            ],
        },
        {
            "operation": "Single-row index lookup on i using PRIMARY (id=orders.item_id)",
            "table_name": "items",
            "alias": "i",
            "index_name": "PRIMARY",
            "access_type": "index",
            "estimated_rows": 1,
            "estimated_total_cost": 0.25,
        },
    ],
}
# The elements and attributes of Microsoft's showplanxml.xsd, laid out as the scans and aggregates in
# https://learn.microsoft.com/en-us/archive/blogs/sqlqueryprocessing/viewing-and-interpreting-xml-showplans.
SHOWPLAN = """
<ShowPlanXML xmlns="http://schemas.microsoft.com/sqlserver/2004/07/showplan" Version="1.564"><BatchSequence><Batch>
<Statements><StmtSimple StatementSubTreeCost="1.5" StatementEstRows="91" StatementType="SELECT"><QueryPlan>
<RelOp NodeId="0" PhysicalOp="Hash Match" LogicalOp="Inner Join" EstimateRows="91" AvgRowSize="38"
  EstimatedTotalSubtreeCost="1.5"><Hash>
  <RelOp NodeId="1" PhysicalOp="Clustered Index Scan" LogicalOp="Clustered Index Scan" EstimateRows="30"
    EstimatedRowsRead="830" AvgRowSize="20" EstimatedTotalSubtreeCost="0.9">
    <IndexScan><Object Database="[nwind]" Schema="[dbo]" Table="[Orders]" Index="[PK_Orders]" IndexKind="Clustered"/>
      <Predicate><ScalarOperator ScalarString="[dbo].[Orders].[ShipCountry]=N'Canada'"/></Predicate></IndexScan>
  </RelOp>
  <RelOp NodeId="2" PhysicalOp="Sort" LogicalOp="Sort" EstimateRows="91" AvgRowSize="18"
    EstimatedTotalSubtreeCost="0.5"><Warnings><SpillToTempDb SpillLevel="1"/></Warnings><Sort>
    <RelOp NodeId="3" PhysicalOp="Index Seek" LogicalOp="Index Seek" EstimateRows="2" EstimateRewinds="9"
      AvgRowSize="10" EstimatedTotalSubtreeCost="0.4">
      <IndexScan><Object Schema="[dbo]" Table="[Odd]]Name]" Index="[IX_Name]"/>
      <SeekPredicates><SeekPredicateNew><ScalarOperator ScalarString="[a]=(1)"/></SeekPredicateNew></SeekPredicates>
      </IndexScan></RelOp></Sort></RelOp>
</Hash></RelOp></QueryPlan></StmtSimple></Statements></Batch></BatchSequence></ShowPlanXML>
"""
# The keys of https://docs.snowflake.com/en/sql-reference/sql/explain (USING JSON), around the join of Z1 and Z2 in
# https://docs.snowflake.com/en/sql-reference/functions/system_explain_plan_json.
SNOWFLAKE = {
    "GlobalStats": {"partitionsTotal": 2, "partitionsAssigned": 2, "bytesAssigned": 1024},
    "Operations": [
        [
            {"id": 0, "operation": "Result", "expressions": ["Z1.ID", "Z2.ID"]},
            {"id": 1, "parentOperators": [0], "operation": "InnerJoin", "expressions": ["joinKey: (Z2.ID = Z1.ID)"]},
            {
                "id": 2,
                "parentOperators": [1],
                "operation": "TableScan",
                "objects": ["TESTDB.TEMPORARY_DOC_TEST.Z2"],
                "expressions": ["ID"],
                "partitionsTotal": 1,
                "partitionsAssigned": 1,
                "bytesAssigned": 512,
            },
            {"id": 3, "parentOperators": [1], "operation": "JoinFilter", "expressions": ["joinKey: (Z2.ID = Z1.ID)"]},
            {
                "id": 4,
                "parentOperators": [3],
                "operation": "TableScan",
                "objects": ["TESTDB.TEMPORARY_DOC_TEST.Z1"],
                "bytesAssigned": 512,
            },
        ]
    ],
}
# The fields of https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2, whose numbers are texts.
BIGQUERY = {
    "status": {"state": "DONE"},
    "statistics": {
        "totalBytesProcessed": "65935918",
        "query": {
            "totalBytesProcessed": "65935918",
            "referencedTables": [
                {"projectId": "bigquery-public-data", "datasetId": "samples", "tableId": "shakespeare"}
            ],
        },
    },
}
# The shape of EXPLAIN (FORMAT JSON) in https://trino.io/docs/current/sql/explain.html, by fragments.
TRINO = {
    "0": {
        "id": "6",
        "name": "Output",
        "descriptor": {"columnNames": "[regionkey, _col1]"},
        "estimates": [],
        "children": [
            {
                "id": "145",
                "name": "RemoteSource",
                "descriptor": {"sourceFragmentIds": "[1]"},
                "estimates": [],
                "children": [],
            }
        ],
    },
    "1": {
        "id": "4",
        "name": "Aggregate",
        "descriptor": {"type": "(PARTIAL)", "keys": "[regionkey]"},
        "estimates": [{"outputRowCount": "NaN"}],
        "children": [
            {
                "id": "0",
                "name": "ScanFilterProject",
                "descriptor": {"table": "tpch:tiny:nation", "filterPredicate": "(regionkey > 1)"},
                "estimates": [
                    {"outputRowCount": 25.0, "outputSizeInBytes": 225.0, "cpuCost": 225.0},
                    {"outputRowCount": 15.0, "outputSizeInBytes": 135.0, "cpuCost": 450.0},
                ],
                "children": [],
            }
        ],
    },
}


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(step.kind.value, step.table) for step in plan.steps]


def test_mysql_says_costs_and_how_often_each_table_is_looked_at() -> None:
    plan = mysql_json.read("", MYSQL)
    assert kinds(plan) == [("join", ""), ("scan", "city"), ("index_scan", "country")]
    assert plan.estimated_cost == 550.97
    city, country = plan.steps[1:]
    assert (city.rows_read, city.rows, city.cost) == (4035, 403, 409.75)
    assert country.rows_read == pytest.approx(403.5)
    assert plan.rows_read == pytest.approx(4035 + 403.5)
    assert "Roma" in city.condition
    assert country.index == "PRIMARY"


def test_mysqls_second_format_is_a_tree() -> None:
    plan = mysql_json.read("", MYSQL_SECOND)
    assert kinds(plan) == [("join", ""), ("filter", ""), ("scan", "orders"), ("index_scan", "i")]
    assert (plan.estimated_rows, plan.estimated_cost) == (76470, 49828)
    assert [step.parent for step in plan.steps] == [-1, 0, 1, 0]
    assert plan.rows_read == 229433 + 76470
    assert (plan.steps[0].actual_rows, plan.steps[0].actual_ms) == (100, 80.5)


def test_sql_server_says_what_is_read_and_what_spills() -> None:
    plan = showplan_xml.read(SHOWPLAN)
    assert kinds(plan) == [("join", ""), ("scan", "dbo.Orders"), ("sort", ""), ("index_scan", "dbo.Odd]Name")]
    assert (plan.estimated_rows, plan.estimated_cost) == (91, 1.5)
    assert (plan.steps[1].rows_read, plan.steps[1].bytes, plan.steps[3].rows_read) == (830, 16600, 20)
    assert [step.spills for step in plan.steps] == [False, False, True, False]
    assert "Canada" in plan.steps[1].condition
    assert plan.steps[3].condition == "[a]=(1)"
    assert [step.parent for step in plan.steps] == [-1, 0, 0, 2]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        "<x><y></x>",
        "no xml",
        "",
        "<x>" + " " * showplan_xml.MAX_CHARACTERS + "</x>",
    ],
)
def test_a_text_that_is_no_plan_is_refused_before_anything_in_it_is_expanded(text: str) -> None:
    with pytest.raises(FailedPrecondition) as raised:
        showplan_xml.read(text)
    assert raised.value.reason == "SQL_REFUSED_BY_DATABASE"


def test_snowflake_says_bytes_after_pruning() -> None:
    plan = snowflake_json.read("", SNOWFLAKE)
    assert kinds(plan)[1:3] == [("join", ""), ("scan", "TEMPORARY_DOC_TEST.Z2")]
    assert [step.parent for step in plan.steps] == [-1, 0, 1, 1, 3]
    assert (plan.bytes_read, plan.rows_read, plan.estimated_cost) == (1024, -1, -1)


def test_a_dry_run_of_bigquery_says_what_would_be_billed() -> None:
    plan = bigquery_dry_run.read(BIGQUERY)
    assert plan.bytes_read == 65935918
    assert kinds(plan) == [("scan", "samples.shakespeare")]
    assert "65,935,918 bytes" in plan.text
    assert bigquery_dry_run.read({}).bytes_read == -1


def test_trino_says_what_a_table_has_before_its_conditions() -> None:
    plan = trino_json.read("", TRINO)
    assert kinds(plan) == [("unspecified", ""), ("exchange", ""), ("aggregate", ""), ("scan", "tiny.nation")]
    assert [step.parent for step in plan.steps] == [-1, 0, 1, 2]
    assert (plan.rows_read, plan.bytes_read) == (25, 225)
    assert plan.steps[3].rows == 15
    assert plan.steps[2].rows == -1
    assert plan.steps[3].kind is StepKind.SCAN
