"""Hold the register against a folder of statute texts.

The texts themselves are no part of a pack. Whoever has them can see that every cited article exists and holds the
words that the register says it holds: a renumbered statute shows at once, as words found in another article. That
words stand in an article proves that the right article is cited, not that a conclusion drawn from it is sound.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from funnel.law.register import Article, Register, Statute

TextFindingKind = Literal[
    "ok", "no_keys", "key_missing", "key_elsewhere", "article_missing", "statute_missing", "older"
]

_JSON = "articles.json"
_HEADING = re.compile(
    r"^[ \t\u3000]*(?:#+[ \t]*)?(?P<bold>\*\*)?第(?P<number>[〇零一二三四五六七八九十百千]{1,9})条"
    r"(?:之(?P<inserted>[一二三四五六七八九十]{1,3}))?(?:第[一二三四五六七八九十]{1,3}款)?"
    r"(?P<close>\*\*)?(?=[ \t\u3000]|$)",
    re.MULTILINE,
)
_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True)
class TextFinding:
    """What was found for one article of the register.

    Attributes:
        kind: ``ok``: every key word stands in the article. ``no_keys``: the article exists, the register has no words
            to look for. ``key_elsewhere``: a word stands in other articles only, as after a renumbering.
            ``key_missing``: a word stands in no article. ``article_missing``: the text has no such article.
            ``statute_missing``: the folder has no text of the statute. ``older``: the article belongs to earlier
            versions only, which a folder of current texts cannot show.
        statute: Id of the statute.
        article: Number of the article.
        keys: The words that were not found; for ``ok``, those that were.
        found_in: For ``key_elsewhere``, the articles that hold all of ``keys``; if none does, those that hold one of
            them.
    """

    kind: TextFindingKind
    statute: str
    article: str
    keys: tuple[str, ...] = ()
    found_in: tuple[str, ...] = ()

    @property
    def is_problem(self) -> bool:
        """Whether the register or the folder needs a look: a word or an article is not where it should be."""
        return self.kind in {"key_missing", "key_elsewhere", "article_missing"}


class TextsError(ValueError):
    """The folder cannot be read as statute texts: it does not exist, or its files are not of the form expected."""


def check_texts(register: Register, folder: Path) -> tuple[TextFinding, ...]:
    """Look for every article of the register, and its key words, in a folder of statute texts.

    The folder holds ``articles.json``, a mapping of statute id to a mapping of article number to text, or one
    ``<id>.md`` (or ``<id>_excerpt.md``) a statute, whose articles begin with their number in Chinese, in bold or not.
    The JSON file goes first. Texts are taken to be those of each statute's newest version.

    Args:
        register: The register to check.
        folder: The folder of texts.

    Returns:
        One finding an article, in order of statute and article.

    Raises:
        TextsError: The folder does not exist, or a file in it is malformed.
    """
    if not folder.is_dir():
        raise TextsError(f"there is no folder {folder}")
    book = _read_json(folder / _JSON)
    found: list[TextFinding] = []
    for name in sorted(register.statutes):
        statute = register.statutes[name]
        if not statute.articles:
            continue
        articles = book.get(name)
        if articles is None:
            articles = _read_markdown(folder, name)
        found.extend(_check_statute(statute, articles))
    return tuple(found)


def split_articles(source: str) -> Mapping[str, str]:
    """Split a statute's text into its articles by their headings.

    A heading is a line that begins with an article's number in Chinese numerals, in bold or not; an inserted
    article's number reads ``120-1``. Of two headings of one number the texts are joined, as excerpts give an article
    by its paragraphs.
    """
    matches = list(_HEADING.finditer(source))
    if any(match["bold"] for match in matches):
        # Where headings are bold, a line that merely begins with a reference to an article is none.
        matches = [match for match in matches if match["bold"] and match["close"]]
    articles: dict[str, str] = {}
    for match, after in zip(matches, [*matches[1:], None], strict=True):
        number = str(number_of(match["number"]))
        if match["inserted"]:
            number += f"-{number_of(match['inserted'])}"
        body = source[match.start() : after.start() if after else len(source)]
        articles[number] = articles.get(number, "") + body
    return articles


def number_of(numeral: str) -> int:
    """The value of a Chinese numeral below ten thousand, such as 一千二百零三.

    Raises:
        ValueError: A character is no numeral.
    """
    total, digit = 0, 0
    for character in numeral:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        elif character in _DIGITS:
            digit = _DIGITS[character]
        else:
            raise ValueError(f"{numeral!r} is no Chinese numeral")
    return total + digit


def _check_statute(statute: Statute, articles: Mapping[str, str] | None) -> Iterator[TextFinding]:
    plain = None if articles is None else {number: _plain(body) for number, body in articles.items()}
    for article in sorted(statute.articles, key=lambda a: ([int(part) for part in a.number.split("-")], a.versions)):
        if not article.stands_in(statute.newest.id):
            yield TextFinding("older", statute.id, article.number)
        elif plain is None:
            yield TextFinding("statute_missing", statute.id, article.number)
        else:
            yield _check_article(statute.id, article, plain)


def _check_article(statute: str, article: Article, plain: Mapping[str, str]) -> TextFinding:
    body = plain.get(article.number)
    if body is None:
        return TextFinding("article_missing", statute, article.number)
    if not article.keys:
        return TextFinding("no_keys", statute, article.number)
    missing = tuple(key for key in article.keys if _plain(key) not in body)
    if not missing:
        return TextFinding("ok", statute, article.number, article.keys)
    elsewhere = [number for number, other in plain.items() if all(_plain(key) in other for key in missing)]
    if not elsewhere:
        elsewhere = [number for number, other in plain.items() if any(_plain(key) in other for key in missing)]
    kind: TextFindingKind = "key_elsewhere" if elsewhere else "key_missing"
    return TextFinding(kind, statute, article.number, missing, tuple(elsewhere))


def _plain(source: str) -> str:
    """Without spaces, and with full-width and half-width forms made one: transcriptions differ in both."""
    return "".join(unicodedata.normalize("NFKC", source).split())


def _read_json(path: Path) -> Mapping[str, Mapping[str, str]]:
    if not path.is_file():
        return {}
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TextsError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(book, dict) or not all(
        isinstance(articles, dict) and all(isinstance(body, str) for body in articles.values())
        for articles in book.values()
    ):
        raise TextsError(f"{path.name} is not a mapping of statute to article to text")
    return book


def _read_markdown(folder: Path, name: str) -> Mapping[str, str] | None:
    for path in (folder / f"{name}.md", folder / f"{name}_excerpt.md"):
        if path.is_file():
            try:
                return split_articles(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise TextsError(f"{path.name} cannot be read: {error}") from error
    return None
