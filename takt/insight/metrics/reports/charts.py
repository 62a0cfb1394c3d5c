"""The picture above a part's tables, as an ECharts option."""

from typing import Any

# part: its table, the column along the axis, and the columns drawn
PICTURES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "stages": ("stages", "stage", ("amount", "weighted")),
    "cohorts": ("cohorts", "month", ("won", "lost", "open")),
    "overall": ("quarters", "quarter", ("won", "lost")),
    "levels": ("levels", "level", ("opportunities", "customers")),
    "passing": ("passing", "stage", ("advanced", "lost", "open")),
    "ages": ("ages", "stage", ("mean", "median")),
    "expected": ("months", "month", ("amount", "weighted")),
    "owner": ("by_owner", "name", ("won_value",)),
    "product": ("by_product", "name", ("won_value",)),
    "shares": ("shares", "stage", ("share", "target")),
    "transitions": ("transitions", "stage", ("advanced", "lost")),
    "sources": ("sources", "name", ("won_value",)),
    "course": ("weeks", "week", ("score",)),
    "days": ("days", "day", ("actions", "won")),
    "reasons": ("reasons", "reason", ("count",)),
}
STACKED = ("cohorts", "overall", "passing", "transitions")
IN_TIME = ("month", "quarter", "week", "day")
MOST, MOST_IN_TIME = 20, 36


def chart(part: str, tables: list[dict[str, Any]], currency: str) -> dict[str, Any] | None:
    """Bars of the part's main table; None where there is nothing to draw.

    Along time they stand; beside names they lie, so that every name can be read, on a phone too.
    """
    name, axis, keys = PICTURES.get(part, ("", "", ()))
    table = next((t for t in tables if t["name"] == name), None)
    if table is None or not table["rows"]:
        return None
    rows = [row for row in table["rows"] if not row.get("is_total")]
    rows = rows[: MOST_IN_TIME if axis in IN_TIME else MOST]
    labels = {column["key"]: column for column in table["columns"]}
    kinds = {"money": f"fn:money:{currency}", "rate": "fn:percent"}
    form = kinds.get(labels[keys[0]]["kind"], "fn:number")
    series = []
    for key in keys:
        marks = []
        for row in rows:
            mark: dict[str, Any] = {"value": float(row[key] or 0)}
            if row.get("deals"):
                mark["url"] = f"/deals?{row['deals']}"
            marks.append(mark)
        series.append({"type": "bar", "name": labels[key]["label"], "data": marks, "barMaxWidth": 40})
        if part in STACKED:
            series[-1]["stack"] = "all"
    names: dict[str, Any] = {"type": "category", "data": [row[axis] for row in rows]}
    figures: dict[str, Any] = {"type": "value", "splitNumber": 4, "axisLabel": {"formatter": form}}
    is_lying = axis not in IN_TIME
    if is_lying:
        names |= {"inverse": True, "axisLabel": {"width": 220, "overflow": "truncate", "interval": 0}}
        figures["axisLabel"] |= {"hideOverlap": True}
    return {
        "grid": {"left": 8, "right": 16, "top": 32, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis", "valueFormatter": form},
        "xAxis": figures if is_lying else names,
        "yAxis": names if is_lying else figures,
        "series": series,
    }
