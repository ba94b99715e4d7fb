"""Words that are not read, because they are in another language: what they say is unknown, and not nothing."""

from __future__ import annotations

import re
from typing import Final

_LATIN = "A-Za-z\u00c0-\u024f'’"
_RUN = re.compile(rf"(?<![{_LATIN}0-9])[{_LATIN}0-9]++(?:[ ,.;:!?()\-\"]++[{_LATIN}0-9]++)+")
"""Words with signs between. Begun at the beginning of one only and never gone back on: a word without end took time by its square."""
_WORD = re.compile(rf"(?<![0-9{_LATIN}])[{_LATIN}]+(?![0-9{_LATIN}])")
_OTHERS = "[\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u1100-\u11ff\uac00-\ud7af]{2,}"
_SCRIPTS = re.compile(rf"{_OTHERS}(?:[^\u4e00-\u9fff]*?{_OTHERS})*")
_KANA = re.compile("(?:[\u3040-\u30ff][\u4e00-\u9fff]{0,4}){8,}")
_WORDS: Final = 3
_COMMON_ONES: Final = 2
_SMALL: Final = 4  # words in small letters in a row: names of goods have capitals or figures
_LETTERS: Final = 6
_COMMON: Final = frozenset({
    "a", "after", "already", "also", "am", "an", "and", "are", "at", "back", "be", "been", "but", "by", "can",
    "cancel", "cannot", "did", "do", "does", "didn", "don", "for", "from", "get", "give", "got", "had", "has",
    "have", "he", "her", "him", "his", "i", "if", "in", "is", "it", "its", "just", "me", "my", "no", "not", "of",
    "on", "or", "our", "please", "refunded", "she", "so", "still", "that", "the", "their", "them", "then", "there",
    "they", "this", "to", "too", "up", "us", "want", "was", "we", "went", "were", "when", "which", "who", "will",
    "with", "would", "you", "your",
})  # fmt: skip
"""What English sentences are full of, and names of goods are not."""


def unread(text: str) -> str | None:
    """The first passage of a text that is a sentence in another language than Chinese; None where there is none.

    Names of goods and makers, addresses of pages and single words are none. Linear in the length of the text.

    >>> unread("充电宝坏了。It exploded and burned my hand")
    'It exploded and burned my hand'
    >>> unread("买的 Apple iPhone 15 Pro Max 开不了机") is None
    True
    """
    for match in _RUN.finditer(text):
        words = _WORD.findall(match.group())
        if match.group().isupper():
            words = [word.lower() for word in words]
        common = sum(
            word in _COMMON or word == "I" or (len(word) > 1 and word.lower() in _COMMON and word.istitle())
            for word in words
        )
        small = sum(len(word) > 1 and word.islower() for word in words)
        if (len(words) >= _WORDS and common >= _COMMON_ONES) or (small >= _SMALL and small * 2 > len(words)):
            return match.group()
    for match in _SCRIPTS.finditer(text):
        if sum(char.isalpha() for char in match.group()) >= _LETTERS:
            return match.group()
    kana = _KANA.search(text)
    return None if kana is None else kana.group()
