"""Which encoding a text file is in: byte order mark, then strict UTF-8, then the most plausible reading.

A wrong reading rarely fails: every GBK file is also valid cp1251. So each candidate is decoded and its letters are
judged: common hanzi, letters of Russian by how often they occur, accents that stand alone among Latin letters.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import Unreadable
from .limits import MEGABYTE

GUESSED = ("cp1251", "cp1252", "gb18030", "cp950", "cp932", "koi8-r", "cp866")
OFFERED = (
    "utf-8", "cp1251", "cp1252", "gb18030", "cp950", "utf-16", "cp932", "koi8-r", "cp866", "cp1250", "cp1253",
    "cp1254", "cp949", "utf-16-le", "utf-16-be",
)  # fmt: skip
"""Encodings a user may choose from."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
EVIDENCE_BYTES = 128 * 1024
NEARLY_UTF8 = 0.98

COMMON_HANZI = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "公司限股份科技市区路号省北京上海广州深圳电子商务业信息网络设备工程建设投资集团贸易金融银行保险机械化学"
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾客户联系部门经理销售产品价格数量合同日期名称"
    "這個們來為國說時會對過發後裡業電務訊網絡設備資團貿銀險機學張劉陳楊趙吳孫馬羅鄭許韓馮鄧聯繫門經銷產價數稱臺灣"
)
RUSSIAN = {
    **dict.fromkeys("оеаинтсрвлкмдпу", 1.0),
    **dict.fromkeys("яыьгзбчйхж", 0.7),
    **dict.fromkeys("шюцщэфъёіїєґў", 0.25),
}
QUIET_MARKS = frozenset("«»№–—…“”„‘’°§©®™±•\u00a0€£¥²³")
CJK_MARKS = frozenset("，。、；：？！（）《》【】“”‘’—…·　％＋－／「」『』〔〕～￥①②③④⑤")
ACCENTED = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœšžßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽð")


def canonical(name: str) -> str:
    """The encoding by the name used here; refuses what isn't a text encoding we read."""
    wanted = {"utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "big5": "cp950", "shift-jis": "cp932",
              "shift_jis": "cp932", "windows-1251": "cp1251", "windows-1252": "cp1252"}  # fmt: skip
    known = wanted.get(name.strip().lower(), name.strip().lower())
    if known in OFFERED or known == "utf-8-sig":
        return known
    raise Unreadable("unknown_encoding", encoding=name[:40])


def find(path: Path) -> tuple[str, list[str]]:
    """The file's encoding and every candidate, best first. Raises Unreadable for what isn't text at all."""
    with path.open("rb") as file:
        start = file.read(64 * 1024)
        for mark, name in MARKS:
            if start.startswith(mark):
                return name, [name]
        wide = wide_encoding(start)
        if wide:
            return wide, [
                wide,
                *(other for other in ("utf-16-le", "utf-16-be") if other != wide),
            ]
        controls = sum(start.count(byte) for byte in (*range(1, 9), *range(14, 26), *range(27, 32)))
        if controls > max(len(start) // 50, 2) or (b"\0" in start and controls):
            raise Unreadable("not_a_table")
        file.seek(0)
        if is_utf8(file):
            return "utf-8", ["utf-8"]
        file.seek(0)
        evidence = b"".join(telling_lines(file))
        return guess(evidence)


def wide_encoding(start: bytes) -> str | None:
    """UTF-16 without a mark: in a table every second byte is zero (delimiters, digits, line ends) far too often."""
    even, odd = start[0:4096:2].count(0), start[1:4096:2].count(0)
    pairs = max(min(len(start), 4096) // 2, 1)
    if odd > pairs * 0.25 and even < pairs * 0.02:
        return "utf-16-le"
    if even > pairs * 0.25 and odd < pairs * 0.02:
        return "utf-16-be"
    return None


def is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    try:
        while chunk := file.read(MEGABYTE):
            if b"\0" in chunk:
                raise Unreadable("nul_bytes", line=line + chunk[: chunk.index(b"\0")].count(b"\n"))
            line += chunk.count(b"\n")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def telling_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines with bytes beyond ASCII, up to a bounded amount."""
    total = 0
    while total < EVIDENCE_BYTES and (line := file.readline(MEGABYTE)):
        if b"\0" in line:
            raise Unreadable("nul_bytes", line="?")
        if not line.isascii():
            line = line[:8192]
            total += len(line)
            yield line


def guess(evidence: bytes) -> tuple[str, list[str]]:
    beyond = sum(byte > 127 for byte in evidence)
    broken = evidence.decode("utf-8", "replace").count("\ufffd")
    if beyond and broken / beyond < 1 - NEARLY_UTF8:
        # A UTF-8 file with a few broken bytes: those lines are remarked, the rest stays right.
        return "utf-8", ["utf-8", *ranked(evidence)]
    order = ranked(evidence)
    if not order:
        raise Unreadable("encoding_not_found")
    return order[0], order


def ranked(evidence: bytes) -> list[str]:
    favourite = charset_opinion(evidence[: 16 * 1024])
    scores: dict[str, float] = {}
    for name in GUESSED:
        text = evidence.decode(name, "replace")
        strange = text.count("\ufffd")
        if strange > max(len(text) // 200, 2):  # cut lines may leave half a character at their end
            continue
        scores[name] = plausibility(name, text) - strange * 0.01 + (0.1 if name == favourite else 0)
    return sorted(scores, key=lambda name: -scores[name])


def charset_opinion(evidence: bytes) -> str | None:
    from charset_normalizer import from_bytes

    try:
        best = from_bytes(evidence, cp_isolation=list(GUESSED), preemptive_behaviour=False).best()
    except Exception:  # a second opinion only; without it our own score decides
        return None
    return best.encoding.replace("_", "-") if best else None


def plausibility(name: str, text: str) -> float:
    """How much the characters beyond ASCII look like a language written in this encoding; about -1 to 1."""
    if name in ("gb18030", "cp950", "cp932"):
        marks = list(hanzi_scores(name, text))
    elif name == "cp1252":
        marks = list(western_scores(text))
    else:
        marks = list(cyrillic_scores(text))
    return sum(marks) / len(marks) if marks else 0.0


def hanzi_scores(name: str, text: str) -> Iterator[float]:
    padded = f" {text} "
    for before, char, after in zip(padded, padded[1:], padded[2:], strict=False):
        if ord(char) <= 127:
            continue
        beside_letter = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
        if beside_letter and before.isascii() and after.isascii():
            yield -0.3  # one character alone in a Latin word: an apostrophe or an accent that took a letter along
        else:
            yield hanzi_score(name, char)


def hanzi_score(name: str, char: str) -> float:
    if char in COMMON_HANZI:
        return 1.3
    if char in CJK_MARKS:
        return 0.8
    if name == "cp932":
        if "\u3041" <= char <= "\u30ff":
            return 1.2
        if "\uff61" <= char <= "\uff9f":
            return -0.4  # half-width kana: what other encodings turn into
    ranges = {
        "gb18030": ("gb2312", 0xB0, 0xD7),
        "cp950": ("big5", 0xA4, 0xC6),
        "cp932": ("shift_jis", 0x88, 0x97),
    }
    narrow, first, last = ranges[name]
    try:
        raw = char.encode(narrow)
    except UnicodeEncodeError:
        return -0.6
    if len(raw) != 2:
        return -0.3
    if first <= raw[0] <= last:
        return 0.8
    return 0.0 if raw[0] > last else -0.3


def cyrillic_scores(text: str) -> Iterator[float]:
    previous = " "
    for char in text:
        if ord(char) > 127:
            lower = char.lower()
            if lower in RUSSIAN:
                if previous.isascii() and previous.isalpha():
                    yield -1.0
                elif char != lower and previous.isalpha() and previous == previous.lower():
                    yield -1.0  # a capital after a small letter
                else:
                    yield RUSSIAN[lower]
            elif char in QUIET_MARKS:
                yield (
                    -0.2 if previous.isalpha() and ord(previous) > 127 and char not in "»”…’\u00a0" else 0.2
                )
            else:
                yield -1.0
        elif char.isalpha() and previous.lower() in RUSSIAN:
            yield -1.0
        previous = char


def western_scores(text: str) -> Iterator[float]:
    run = 0
    previous = " "
    for char in text:
        if ord(char) <= 127:
            run = 0
        elif char in ACCENTED:
            run += 1
            capital_inside = char != char.lower() and previous.isalpha() and previous == previous.lower()
            yield -1.0 if run > 2 or capital_inside else 0.9 if run == 1 else 0.2
        elif char in QUIET_MARKS:
            run = 0
            yield 0.35  # a file of quotes and dashes only is the same in cp1251: call it Western
        else:
            run += 1
            yield -0.8
        previous = char
