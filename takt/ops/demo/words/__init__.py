"""The demo company's words in three languages: a maker of warehouse equipment and its customers."""

from takt.ops.demo.words.chinese import ZH
from takt.ops.demo.words.english import EN
from takt.ops.demo.words.russian import RU
from takt.ops.demo.words.shape import Words

__all__ = ["WORDS", "Words"]

WORDS = {"en": EN, "ru": RU, "zh-hans": ZH}
