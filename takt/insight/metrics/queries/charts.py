"""ECharts options in the design's colours (design language 4)."""

from collections.abc import Sequence
from typing import Any

INK, BLUE, TEAL, AMBER, GREY = (
    "var:--tk-ink",
    "var:--tk-chart-1",
    "var:--tk-chart-2",
    "var:--tk-chart-3",
    "var:--tk-chart-5",
)
MOST = 15


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def columns(
    names: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[Any]]],
    format: str = "fn:short",
    stack: bool = False,
) -> dict[str, Any]:
    """Upright bars over time: series are (name, colour, values)."""
    return {
        "grid": {"left": 56, "right": 16, "top": 36, "bottom": 28},
        "legend": {"right": 8, "top": 0, "itemWidth": 12, "itemHeight": 8},
        "tooltip": {"trigger": "axis", "valueFormatter": format},
        "xAxis": {"type": "category", "data": list(names), "axisTick": {"show": False}},
        "yAxis": {"type": "value", "axisLabel": {"formatter": format}},
        "series": [
            {"name": name, "type": "bar", "barMaxWidth": 24, "itemStyle": {"color": colour},
             "data": [number(v) for v in values], **({"stack": "all"} if stack else {})}
            for name, colour, values in series
        ],
    }  # fmt: skip


def bars(
    names: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[Any]]],
    format: str = "fn:short",
    stack: bool = False,
) -> dict[str, Any]:
    """Lying bars, the first row on top, each with its value at the end."""
    label = {"show": True, "position": "right", "formatter": format, "color": "var:--tk-ink-2"}
    return {
        "grid": {"left": 8, "right": 72, "top": 32 if len(series) > 1 else 8, "bottom": 24, "containLabel": True},
        **({"legend": {"right": 8, "top": 0, "itemWidth": 12, "itemHeight": 8}} if len(series) > 1 else {}),
        "tooltip": {"trigger": "axis", "valueFormatter": format},
        "xAxis": {"type": "value", "axisLabel": {"formatter": format}},
        "yAxis": {
            "type": "category", "data": list(names)[:MOST], "inverse": True, "axisTick": {"show": False},
            "axisLine": {"show": False}, "splitLine": {"show": False},
            "axisLabel": {"width": 180, "overflow": "truncate"},
        },
        "series": [
            {"name": name, "type": "bar", "barMaxWidth": 18, "itemStyle": {"color": colour},
             "data": [number(v) for v in list(values)[:MOST]],
             **({"stack": "all"} if stack else {"label": label})}
            for name, colour, values in series
        ],
    }  # fmt: skip
