"""What every language has to say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Everything that the generator puts together; lists of the same length say the same in each language."""

    teams: list[str]
    first: list[str]
    last: list[str]
    cast: dict[str, str]
    company_roots: list[str]
    company_kinds: list[str]
    industries: list[str]
    regions: list[str]
    jobs: list[str]
    products: list[tuple[str, str, int]]  # name, series, price in the organisation's currency
    subjects: list[str]
    deal_name: str
    actions: dict[str, list[tuple[str, str]]]  # type: (title, result)
    snooze_reasons: list[str]
    loss_comments: list[str]
    phone: str
    notes: list[str]
