"""Grafana's dashboards, made from the tables of `boards.py`: a row of panels for each question an operator asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

# Grafana 11.6's; newer ones migrate it when they load a dashboard.
_SCHEMA_VERSION = 41
_WIDTH, _HEIGHT = 24, 8
_DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and how Grafana names each series of its answer."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        unit: Grafana's name of the unit: `s`, `percentunit`, `reqps`, `short`, `bytes`, `currencyUSD`.
        kind: Grafana's name of the picture: `timeseries`, `stat`, `table`.
        busy: Whether it has data on every platform that was asked a question; else something must first go wrong, or
            an option be used.
    """

    title: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    busy: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard. A variable is a label whose values a person chooses from, and the metric that has it."""

    name: str
    title: str
    rows: Sequence[Row]
    variables: dict[str, str] = field(default_factory=dict)


def dashboard(board: Board) -> Json:
    """The JSON that Grafana reads."""
    panels: list[Json] = []
    top = 0
    for row in board.rows:
        panels.append(_row(row, len(panels) + 1, top))
        width = _WIDTH // len(row.panels)
        for index, panel in enumerate(row.panels):
            place = {"x": index * width, "y": top + 1, "w": width, "h": _HEIGHT}
            panels.append(_panel(panel, len(panels) + 1, place))
        top += 1 + _HEIGHT
    return {
        "uid": f"candor-{board.name}",
        "title": f"Candor / {board.title}",
        "tags": ["candor"],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [_others()],
        "templating": {"list": [_data_source_variable(), *(_variable(*each) for each in board.variables.items())]},
        "panels": panels,
    }


def _row(row: Row, number: int, top: int) -> Json:
    place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(panel: Panel, number: int, place: Json) -> Json:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _DATA_SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": {"fillOpacity": 8}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if panel.kind == "timeseries" else {},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _DATA_SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                # A point of a histogram leads to a trace that it counted.
                "exemplar": panel.kind == "timeseries",
                "instant": panel.kind != "timeseries",
            }
            for index, query in enumerate(panel.queries)
        ],
    }


def _variable(label: str, metric: str) -> Json:
    query = f"label_values({metric}, {label})"
    return {
        "name": label,
        "type": "query",
        "datasource": _DATA_SOURCE,
        "query": {"query": query, "refId": label},
        "definition": query,
        "includeAll": True,
        "multi": True,
        # Every value matches where nobody chose.
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }


def _data_source_variable() -> Json:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus", "current": {}}


def _others() -> Json:
    return {"type": "dashboards", "title": "Candor", "tags": ["candor"], "asDropdown": True, "keepTime": True}
