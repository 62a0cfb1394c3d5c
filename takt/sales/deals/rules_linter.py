"""What is odd about a pipeline (domain spec 2.1 P1–P3, feature ST9): findings with their reason, never refusals."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from takt.kernel.lib.names import fold

# A deal that waits is put off until a day; a stage for it is a gap (Decided 24).
GAP = re.compile(
    r"отлож|откладыв|условн|пауз|ждём|думает|on hold|paus|postpon|defer|暂停|暂缓|搁置|待定|延期|推迟",
    re.IGNORECASE,
)
# A stage states a result that is reached, not what is being done (P1).
ACTIVITY = re.compile(
    r"^(готовим|делаем|пишем|звоним|ищем|ждем|отправляем|согласовываем|обсуждаем|подготовка|рассылка|обзвон|поиск)\b"
    r"|^(calling|searching|preparing|sending|writing|negotiating|discussing|waiting|prospecting|making|looking|emailing)\b"
    r"|^(正在|准备|联系中|沟通中|打电话)|中$",
    re.IGNORECASE,
)
# "In work" is the name that the simple template itself gives.
ALLOWED = re.compile(r"^(跟进中|进行中)$")
# Won and lost are ends of a deal, not stages (P7).
END = re.compile(
    r"^(won|lost|closed|closed won|closed lost|success|successful|rejected|refused|deal won|deal lost)$"
    r"|^(выиграна?|проиграна?|закрыта?|закрыто|отказ|успешно|сделка закрыта|успешно реализовано|провал)$"
    r"|^(赢单|输单|成交|已成交|失败|关闭|已关闭)$",
    re.IGNORECASE,
)
MOST = 10
ENOUGH_PASSAGES = 10


@dataclass(frozen=True)
class Seen:
    """A stage as the linter sees it, with what its passages of the last 180 days tell.

    `stood` counts passages that weren't jumped over, `left` those that ended, `jumped` deals that went past it.
    """

    name: str
    probability: int = 0
    norm_days: int | None = 1
    is_asking: bool = True
    stood: int = 0
    left: int = 0
    jumped: int = 0
    unanswered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something to look at; `stages` are the names it is about, the numbers go into its sentence."""

    code: str
    stages: tuple[str, ...]
    number: int = 0
    other: int = 0
    words: str = ""


def lint(stages: Sequence[Seen], *, has_gates: bool = True) -> list[Finding]:
    """Everything odd about stages in their order; `has_gates` where criteria are wanted at all."""
    return [
        *_names(stages),
        *_chances(stages),
        *_shape(stages),
        *(_asking(stages) if has_gates else []),
        *_traffic(stages),
        *(Finding("unanswered", (s.name,), words=name) for s in stages for name in s.unanswered),
    ]


def _names(stages: Iterable[Seen]) -> list[Finding]:
    found = []
    for s in stages:
        if GAP.search(s.name):
            found.append(Finding("gap", (s.name,)))
        elif END.search(s.name.strip()):
            found.append(Finding("end", (s.name,)))
        elif ACTIVITY.search(s.name.strip()) and not ALLOWED.search(s.name.strip()):
            found.append(Finding("activity", (s.name,)))
    return found


def _chances(stages: Sequence[Seen]) -> list[Finding]:
    """A fall is odd; two alike beside each other stand parallel, as two that are called nearly alike do."""
    found = []
    for before, s in zip(stages, stages[1:], strict=False):
        if s.probability < before.probability:
            found.append(Finding("falls", (s.name,), s.probability, before.probability))
        elif s.probability == before.probability or _stem(before.name) == _stem(s.name):
            found.append(Finding("parallel", (before.name, s.name), s.probability))
    return found


def _stem(name: str) -> str:
    """The name without numbers, letters that count and brackets: "Offer 2" and "Offer (b)" are "offer"."""
    bare = re.sub(r"\(.*?\)|[0-9№#]+|\b[a-cабв]\b|[^\w\s]", " ", fold(name))
    return " ".join(bare.split()) or fold(name)


def _shape(stages: Sequence[Seen]) -> list[Finding]:
    found = []
    if len(stages) == 1:
        found.append(Finding("single", (stages[0].name,)))
    if len(stages) > MOST:
        found.append(Finding("many", (), len(stages), MOST))
    if lacking := tuple(s.name for s in stages if s.norm_days is None):
        found.append(Finding("no_norm", lacking))
    return found


def _asking(stages: Sequence[Seen]) -> list[Finding]:
    lacking = tuple(s.name for s in stages if not s.is_asking)
    return [Finding("no_criteria", lacking)] if lacking else []


def _traffic(stages: Sequence[Seen]) -> list[Finding]:
    """Where nobody goes on from, and what everybody jumps over."""
    found = []
    for s in stages:
        if s.stood >= ENOUGH_PASSAGES and s.left == 0:
            found.append(Finding("stuck", (s.name,), s.stood))
        if s.stood == 0 and s.jumped >= ENOUGH_PASSAGES:
            found.append(Finding("unreachable", (s.name,), s.jumped))
    return found
