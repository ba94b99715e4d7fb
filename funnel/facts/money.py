"""Currencies: how people write them, and what they are called. Inside, money is a whole number of hundredths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency.

    Attributes:
        code: Its code after ISO 4217, such as ``EUR``.
        zh, en: What an amount of it is followed by.
        signs: Signs that mean it and nothing else where it is the pack's own.
        words: English words and codes for it, in small letters.
    """

    code: str
    zh: str
    en: str
    signs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def unit(self, lang: str) -> str:
        """What an amount is followed by."""
        return self.en if lang == "en" else self.zh


CURRENCIES: Final[Mapping[str, Currency]] = MappingProxyType(
    {
        one.code: one
        for one in (
            Currency("CNY", "元", "yuan", ("¥", "￥"), ("cny", "rmb", "yuan")),
            Currency("EUR", "欧元", "euros", ("€",), ("eur", "euro", "euros")),
            Currency("GBP", "英镑", "pounds", ("£",), ("gbp", "quid", "pounds sterling")),
            Currency("USD", "美元", "dollars", ("us$", "$"), ("usd", "dollar", "dollars")),
        )
    }
)


def currency_of(code: str) -> Currency:
    """A currency by its code; one that is not listed is called by its code.

    >>> currency_of("EUR").unit("en"), currency_of("SEK").unit("en")
    ('euros', 'SEK')
    """
    return CURRENCIES.get(code) or Currency(code, code, code, (), (code.lower(),))
