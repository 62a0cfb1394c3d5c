"""Takt's reports against the known figures of the Maven data set."""

from collections.abc import Iterable
from typing import Any

SKIPPED = {
    "rows.accounts": "a report counts deals; the import itself answers how many companies it made",
    "rows.products": "a report counts deals; the import itself answers how many products it made",
    "rows.sales_teams": "a report counts deals; the import itself answers how many users it made",
    "agents_not_in_team": "a property of the files: the import refuses a deal whose owner is unknown",
    "accounts_not_in_list": "a property of the files: the import says which companies it had to add",
    "parents_not_in_list": "a property of the files: the import says which companies it had to add",
}
ENDS = ("2017-03-31", "2017-06-30", "2017-09-30")
LAST = "2017-12-31"
DIVIDED = {
    "by_product": "by_product",
    "by_series": "by_series",
    "by_sales_agent": "by_owner",
    "by_manager": "by_team",
    "by_regional_office": "by_parent_team",
    "by_sector": "by_industry",
}
OF_GROUP = (
    "won",
    "lost",
    "closed",
    "win_rate",
    "won_value",
    "avg_won_value",
    "avg_days_won",
    "avg_days_lost",
)


def wanted() -> dict[str, tuple[str, dict[str, str]]]:
    """Which reports `compare` needs, by the names it knows them under."""
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "funnel": ("funnel", {}),
        "conversion": ("conversion", {}),
        "cycle": ("cycle", {"as_of": LAST, "over": "90,138"}),
        "leaderboard": ("leaderboard", {}),
        "losses": ("losses", {}),
    }
    return asked | {f"funnel@{day}": ("funnel", {"as_of": day}) for day in ENDS}


class Comparing:
    """Collects what differs; numbers agree to the digits that the known figures have, decimals are text."""

    def __init__(self) -> None:
        self.differences: list[str] = []

    def same(self, name: str, found: Any, known: Any) -> None:
        if isinstance(known, dict):
            for key in sorted({*known, *(found or {})}):
                self.same(f"{name}.{key}", (found or {}).get(key), known.get(key))
        elif isinstance(known, int | float) and not isinstance(known, bool):
            if isinstance(found, float):
                self.differences.append(f"{name}: {found!r} is a number where decimals are text")
            elif found is None or abs(float(found) - float(known)) > 1e-9:
                self.differences.append(f"{name}: {found!r}, not {known!r}")
        elif found != known:
            self.differences.append(f"{name}: {found!r}, not {known!r}")


def table(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(t for t in report["tables"] if t["name"] == name)


def rows(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table(report, name)["rows"]
    return found


def keyed(found: Iterable[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in found}


def picked(row: dict[str, Any], **names: str) -> dict[str, Any]:
    return {known: row[ours] for known, ours in names.items()}


def compare(reports: dict[str, dict[str, Any]], truth: dict[str, Any]) -> list[str]:
    """What the reports say otherwise than the known figures; every key is compared or in SKIPPED."""
    found = stated(reports, truth)
    comparing = Comparing()
    for key, known in truth.items():
        if key in SKIPPED:
            continue
        if key not in found:
            comparing.differences.append(f"{key}: no report states it")
            continue
        if isinstance(known, dict):
            known = {k: v for k, v in known.items() if f"{key}.{k}" not in SKIPPED}
        comparing.same(key, found[key], known)
    return comparing.differences


def stated(reports: dict[str, dict[str, Any]], truth: dict[str, Any]) -> dict[str, Any]:
    """The reports' figures under the names of the known ones."""
    funnel, conversion, cycle = reports["funnel"], reports["conversion"], reports["cycle"]
    leaderboard, losses = reports["leaderboard"], reports["losses"]
    states = {row["stage"] or row["state"].capitalize(): row for row in rows(funnel, "states")}
    blanks = {row["stage"] or row["state"].capitalize(): row for row in rows(funnel, "blanks")}
    days = keyed(rows(cycle, "days"), "state")
    quarters = rows(conversion, "quarters")
    won_quarters = [row for row in quarters if row["won"]]
    totals = leaderboard["totals"]
    ages = keyed(rows(cycle, "ages"), "stage")
    listed = keyed(rows(funnel, "list_value"), "stage")
    span = ("mean", "median", "min", "max")
    out: dict[str, Any] = {
        "rows": {"sales_pipeline": funnel["totals"]["deals"]},
        "by_stage": {name: row["count"] for name, row in states.items()},
        "value_by_stage": {name: row["stated"] for name, row in states.items()},
        "blank": picked(
            funnel["totals"],
            account="no_company",
            engage_date="no_cycle_start",
            close_date="no_closed_at",
            close_value="no_amount",
        ),
        "blank_account_by_stage": {n: r["no_company"] for n, r in blanks.items() if r["no_company"]},
        "win_rate_overall": conversion["totals"]["win_rate"],
        "won_value_total": conversion["totals"]["won_value"],
        "avg_won_value": totals["avg_won_value"],
        "median_won_value": totals["median_won_value"],
        "days_won": {key: days["won"][key] for key in span},
        "days_lost": {key: days["lost"][key] for key in span},
        "days_closed_mean": days["closed"]["mean"],
        "date_range": {
            "engage": [cycle["totals"]["first_start"], cycle["totals"]["last_start"]],
            "close": [cycle["totals"]["first_close"], cycle["totals"]["last_close"]],
        },
        "won_value_by_close_quarter": {row["quarter"]: row["won_value"] for row in won_quarters},
        "won_count_by_close_quarter": {row["quarter"]: row["won"] for row in won_quarters},
        "closed_by_close_quarter": {
            row["quarter"]: {key: row[key] for key in ("won", "lost", "win_rate")} for row in quarters
        },
        "won_by_close_month": {
            row["month"]: {key: row[key] for key in ("won", "lost", "won_value")}
            for row in rows(conversion, "months")
        },
        "cohort_by_engage_month": {
            row["month"]: picked(
                row, engaged="entered", won="won", lost="lost", still_open="open", won_of_engaged="won_share"
            )
            for row in rows(funnel, "cohorts")
        },
        "open_engaging_age_days_asof_2017-12-31": {
            key: ages["Engaging"][key] for key in ("mean", "median", "max", "over_90", "over_138")
        },
        "open_pipeline_list_price": {name.lower(): row["list_value"] for name, row in listed.items()},
        "discount_vs_list_won_mean_ratio": totals["to_list_price"],
        "quarter_end_snapshots": {day: snapshot(reports[f"funnel@{day}"]) for day in ENDS},
        "top10_accounts_by_won_value": {
            row["name"]: row["won_value"] for row in rows(leaderboard, "top_companies")
        },
        "agents_without_deals": sorted(row["name"] for row in rows(leaderboard, "without_deals")),
        "won_with_zero_value": losses["totals"]["won_with_zero_value"],
        "lost_with_value": losses["totals"]["lost_with_value"],
    }
    return out | {known: divided(table(leaderboard, ours)) for known, ours in DIVIDED.items()}


def snapshot(report: dict[str, Any]) -> dict[str, Any]:
    return picked(
        rows(report, "snapshot")[0] | rows(report, "followed")[0],
        open_engaged="open",
        open_list_value="list_value",
        win_rate_so_far="win_rate_so_far",
        of_these_won_next_quarter="of_these_won",
        of_these_won_value="of_these_won_value",
        of_these_lost_next_quarter="of_these_lost",
        all_won_value_next_quarter="all_won_value",
        all_won_next_quarter="all_won",
    )


def divided(found: dict[str, Any]) -> dict[str, Any]:
    stages = {c["stage"]: c["key"] for c in found["columns"] if c.get("stage") in {"Engaging", "Prospecting"}}
    out = {}
    for row in found["rows"]:
        if row["closed"]:
            figures = {key: row[key] for key in OF_GROUP}
            out[row["name"]] = figures | {f"open_{s.lower()}": row[key] for s, key in stages.items()}
    return out
