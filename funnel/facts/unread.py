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


def not_chinese(text: str) -> str | None:
    """The first passage of a text that is a sentence in another language than Chinese; None where there is none.

    Names of goods and makers, addresses of pages and single words are none. Linear in the length of the text.

    >>> not_chinese("充电宝坏了。It exploded and burned my hand")
    'It exploded and burned my hand'
    >>> not_chinese("买的 Apple iPhone 15 Pro Max 开不了机") is None
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


_ENGLISH_SENTENCE = re.compile(r"[^.!?;\n\r]+")
_ENGLISH_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OTHER_LETTERS = re.compile("[\u0370-\u1dff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OTHER_SCRIPT: Final = 8
"""Letters of another script in one sentence; the names of goods and makers have fewer."""
_TELLING: Final = frozenset({
    "je", "j'ai", "vous", "nous", "est", "c'est", "pas", "mais", "avec", "n'ai", "n'est", "votre", "suis", "été", "reçu",
    "ich", "nicht", "und", "ist", "wurde", "habe", "meine", "keine", "kein", "sie", "aber", "noch", "wir", "nach",
    "ik", "niet", "het", "maar", "geen", "mijn", "heb", "zijn", "wil", "deze", "jullie",
    "pero", "muy", "yo", "está", "tengo", "quiero", "para", "una", "esto",
    "che", "sono", "mio", "gli", "è", "perché",
    "não", "meu", "minha", "uma", "foi",
    "nie", "jest", "się", "że", "mój", "moje",
    "jag", "inte", "är", "och", "har", "det", "som", "jeg", "ikke", "ei", "että", "olen",
    "este", "și", "nem", "egy", "hogy", "není", "jsem", "já",
    "recibido", "reembolso", "paquete", "ricevuto", "rimborso", "pacco", "colis", "remboursement", "remboursé", "livré",
    "erhalten", "erstattung", "geld", "paket", "pakket", "ontvangen", "terugbetaling", "recebi", "encomenda", "zwrot",
})  # fmt: skip
"""Words that other languages of Europe are full of and English is not, names and signs on goods included."""
_WEAK: Final = frozenset({
    "la", "le", "les", "des", "du", "de", "un", "une", "que", "pour", "dans", "sur", "en", "au", "et", "ce", "mes", "mon",
    "der", "das", "den", "dem", "ein", "eine", "mit", "für", "von", "zu", "bei", "auf", "es", "mein",
    "van", "een", "voor", "op", "met", "te", "dat", "nog", "el", "los", "las", "con", "del", "se", "lo", "su", "mi", "por",
    "il", "di", "da", "della", "non", "per", "al", "si", "ho", "um", "os", "eu", "na", "po", "att", "på", "av", "min",
    "og", "til", "af", "er", "han", "cu", "az", "ja",
})  # fmt: skip
"""Words of those languages that stand in names (Crème de la Mer) or are English too: they count beside a telling one."""
_FEW_LETTERS: Final = 3


def not_english(text: str) -> str | None:
    """The first sentence of a text that is in another language than English; None where there is none.

    Another script is told by its letters. Languages in Latin letters are told by their commonest words, one at least that
    English has not, if there are more of them than of English ones. Names of goods and makers and single words are none.
    Linear in the length of the text.

    >>> not_english("The kettle broke. Je veux un remboursement")
    ' Je veux un remboursement'
    >>> not_english("Crème de la Mer cream arrived broken, seller refuses refund") is None
    True
    """
    for match in _ENGLISH_SENTENCE.finditer(text):
        sentence = match.group()
        if sentence.isascii() and sentence.isspace():
            continue
        if len(_OTHER_LETTERS.findall(sentence)) >= _OTHER_SCRIPT:
            return sentence
        words = [word.lower().replace("’", "'") for word in _ENGLISH_WORD.findall(sentence)]
        telling = sum(word in _TELLING for word in words)
        accented = sum(not word.isascii() and word not in _TELLING for word in words)
        if not telling and accented < _FEW_LETTERS:
            continue
        weak = sum(word in _WEAK for word in words) + accented
        english = sum(word.partition("'")[0] in _COMMON for word in words)
        if telling + weak >= _COMMON_ONES and len(words) >= _WORDS and telling + weak > english:
            return sentence
    return None
