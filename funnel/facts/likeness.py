"""Likeness: how far a text reads like a pack's example complaints, matter by matter.

Phrases find the words that their author thought of. People have more words than that: of complaints written by somebody
who had seen no phrase, two in five are told in words that none of 69,000 phrases holds. Example complaints teach what such a
text is about all the same. A linear classifier for each *trait* (a scenario, a gate, or ``none``) is learnt from them
(`funnel.author.learn`), over the characters and pairs of characters that a text has; here it is only read.

What it says is a guess. It states no fact, and nothing is settled on it: see `funnel.engine._alike` for what it may do.

Pure and fast: a row of the table is one whole number in which every trait has a lane of its own, so that all traits of a
text are summed by as many additions as the text has different pairs.
"""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, TypedDict

from funnel.errors import TwoLanguageError

NONE: Final = "none"
"""The trait of a text that states no grievance."""
GATE: Final = "gate:"
"""What the names of gates begin with; the other names are scenarios."""
ANY: Final = f"{GATE}*"
"""The trait of a sentence that opens some gate, whichever: learnt from sentences, against those of ordinary texts alone."""

_ASKS: Final = ":"
"""What stands between a gate and the claims that its sentences ask for."""

MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest file that is read."""
MAX_TRAITS: Final = 1_000
MAX_GRAMS: Final = 65_000
"""So many rows of 255 at most fit a lane."""

_LANE: Final = 3
"""Bytes of a lane: a byte of the table, summed over at most `MAX_GRAMS` rows."""
_ZERO: Final = 128
"""The byte that stands for a weight of nothing."""
_STEPS: Final = 2.5
"""Steps of a squared rarity in one byte: rarities reach ten."""
NEVER: Final = 1e6
"""A margin that no text has."""
LEAST_OF_TEXT: Final = 6
"""A text of fewer known grams is too little to say anything of."""
LEAST_OF_SENTENCE: Final = 8
"""Of a sentence: of three characters (不要了) nothing can be said, of four with their pairs and edges something."""
_FIRST, _LAST = "^", "$"
"""What stands before the first and behind the last character: no text has them in a run."""
_DIGITS = re.compile(r"[0-9]+")
_RUN = re.compile(r"[^\W_]+")


def grams(normal: str, *, edges: bool = False) -> set[str]:
    """The characters and pairs of characters of a normalised text.

    No pair goes across a mark or a space, and every number is one character: which number it is tells no matter.

    >>> sorted(grams("退款3天,没到"))
    ['0', '0天', '到', '天', '款', '款0', '没', '没到', '退', '退款']

    Args:
        normal: The text.
        edges: Whether the first and the last character between two marks are grams of their own. In a sentence much hangs
            on them (没退 and 退了没); in a text there are too many to tell anything.
    """
    found: set[str] = set()
    for run in _RUN.findall(_DIGITS.sub("0", normal)):
        found.update(run)
        found.update(map("".join, pairwise(run)))
        if edges:
            found |= {_FIRST + run[0], run[-1] + _LAST}
    return found


def trait_of(gate: str, claims: Iterable[str] = ()) -> str:
    """The trait of sentences that open a gate; those that ask for one of some claims have a trait of their own.

    >>> trait_of("claims-else"), trait_of("claims-else", ["repair", "exchange"])
    ('gate:claims-else', 'gate:claims-else:exchange,repair')
    """
    asked = ",".join(sorted(claims))
    return GATE + gate + (_ASKS + asked if asked else "")


def parts_of_trait(name: str) -> tuple[str, frozenset[str]]:
    """The gate of such a trait, and the claims that its sentences ask for.

    >>> parts_of_trait("gate:claims-else:repair")
    ('claims-else', frozenset({'repair'}))
    """
    gate, _, claims = name.removeprefix(GATE).partition(_ASKS)
    return gate, frozenset(claims.split(",")) if claims else frozenset()


class LikenessError(TwoLanguageError):
    """A file of what was learnt that cannot be read."""


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that a text may read like.

    Attributes:
        name: A scenario; ``gate:`` and a gate, of sentences perhaps with the claims they ask for (`trait_of`); or ``none``.
        bias: The margin of a text that holds nothing known.
        scale: What one step of the table is worth.
        cut: The margin from which on a gate is suspected; of no use for the others.
    """

    name: str
    bias: float
    scale: float
    cut: float


@dataclass(frozen=True, slots=True)
class Margins:
    """How far one text reads like each trait: above nought more like its examples than like all others.

    Attributes:
        of: By trait.
        known: How many of its grams are known.
    """

    of: Mapping[str, float]
    known: int = 0

    def ranked(self) -> tuple[str, ...]:
        """Scenarios and ``none``, the likest first; gates are no rivals of theirs and not among them."""
        matters = [name for name in self.of if not name.startswith(GATE)]
        return tuple(sorted(matters, key=lambda name: (-self.of[name], name)))


@dataclass(frozen=True)
class Table:
    """What was learnt of some traits. Immutable; share it between threads.

    Attributes:
        traits: What a text may read like, by name.
        known: The grams that were learnt.
        table: For each of them the steps of its squared rarity, from 1 to 255, then a byte a trait: 128 is nothing, more
            speaks for the trait, less against it.
    """

    traits: Mapping[str, Trait]
    known: tuple[str, ...]
    table: bytes = field(repr=False)

    @classmethod
    def of(cls, traits: Sequence[Trait], rarity: Mapping[str, int], weights: Mapping[str, bytes]) -> Table:
        """From the steps of each gram's squared rarity and its byte for each trait."""
        known = tuple(sorted(rarity))
        table = b"".join(bytes((rarity[gram],)) + weights[gram] for gram in known)
        return Table(MappingProxyType({trait.name: trait for trait in traits}), known, table)

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        """For each gram its row with a lane a byte. Made when a text is first read: who only checks a pack reads none."""
        width = len(self.traits) + 1
        spread = bytearray(width * _LANE)
        rows = {}
        for index, gram in enumerate(self.known):
            spread[::_LANE] = self.table[index * width : (index + 1) * width]
            rows[gram] = int.from_bytes(spread, "little")
        return rows

    def __len__(self) -> int:
        return len(self.known)

    def compare(self, normal: str) -> Margins | None:
        """How a normalised text reads; None where it holds too little that is known to say.

        Linear in the length of the text.
        """
        return self._sum(grams(normal), LEAST_OF_TEXT)

    def _sum(self, held: set[str], least: int) -> Margins | None:
        rows = self._rows
        known = [rows[gram] for gram in held if gram in rows]
        if len(known) < least:
            return None
        # Bytes cannot be below nought, so each row has 128 too much in every lane of a trait.
        total = sum(known).to_bytes(_LANE * (len(self.traits) + 1), "little")
        steps = int.from_bytes(total[:_LANE], "little")
        length = math.sqrt(steps / _STEPS)
        away = _ZERO * len(known)
        margins = {}
        for index, trait in enumerate(self.traits.values(), 1):
            lane = int.from_bytes(total[index * _LANE : (index + 1) * _LANE], "little")
            margins[trait.name] = trait.bias + (lane - away) * trait.scale / length
        return Margins(margins, len(known))

    def telling(self, normal: str, name: str, count: int, *, edges: bool = False) -> tuple[str, ...]:
        """The grams of a text that speak most for a trait, the most telling first; one that is part of another is left out.

        Args:
            normal: The text.
            name: The trait.
            count: How many.
            edges: Whether it is a sentence: see `grams`.
        """
        lane = 8 * _LANE * (1 + list(self.traits).index(name))
        held = grams(normal, edges=edges)
        worth = {gram: (self._rows[gram] >> lane & 0xFF) - _ZERO for gram in held if gram in self._rows}
        found: list[str] = []
        for gram in sorted(worth, key=lambda gram: (-worth[gram], -len(gram), gram)):
            if worth[gram] <= 0 or len(found) == count:
                break
            if not any(gram in other or other in gram for other in found):
                found.append(gram)
        return tuple(found)

    def compare_sentence(self, normal: str) -> Margins | None:
        """The same of one sentence, by a table that was learnt from sentences."""
        return self._sum(grams(normal, edges=True), LEAST_OF_SENTENCE)

    def content(self) -> dict[str, Any]:
        """Its part of the file."""
        return {
            "traits": [{"name": t.name, "bias": t.bias, "scale": t.scale, "cut": t.cut} for t in self.traits.values()],
            "grams": " ".join(self.known),
            "table": base64.b64encode(zlib.compress(self.table, 9)).decode("ascii"),
        }


_SHARP: Final = 2.0
"""How much more the likest counts than the others: at 1 all that a sentence is a little like outweighs it, at 5 it is alone."""


_OF_ANY: Final = 0.1
"""What a step towards `ANY` counts. It knows ordinary sentences well and takes those for bars that only sound like them, so it
counts little: at 0.1 as many near ones are taken for bars as without it, at the mark that hears as much."""


_FEW: Final = 3.0
"""What the fewness of grams takes away: 3 divided by how many are known. The margin of 都俩礼拜了 hangs on eight pairs, and chance moves
it as far again as that of a sentence of thirty. Of 620 clauses that bar, by writers from whom nothing was learnt, 64 of 100 are
heard with it and 59 without where one plain complaint of seven has a clause that stops it; 5 gives as much, 12 less."""


def together(margins: Iterable[float], whichever: float = 0.0, known: int = 0) -> float:
    """How much a sentence reads like any of several gates: more than like the likest, where it reads like others as well.

    The logarithm of the sum of exponentials (soft maximum). Of sentences held back it hears 73 of 100 where the maximum hears
    64, at as many false alarms: what bars a settlement is often a little like several gates, what does not is like none.

    Args:
        margins: How much it reads like each.
        whichever: The margin of `ANY`; nought where it was not learnt.
        known: How many grams of the sentence are known (`Margins.known`); nought leaves its length out of it.
    """
    found = sorted(margins)
    top = found[-1]
    soft = top + math.log(math.fsum(math.exp(_SHARP * (margin - top)) for margin in found)) / _SHARP
    return soft + _OF_ANY * whichever - (_FEW / known if known else 0.0)


@dataclass(frozen=True)
class Likeness(Table):
    """What was learnt from a pack's examples. Immutable; share it between threads.

    Attributes:
        examples: The digest of the examples that it was learnt from.
        near: The least margin of the likest scenario for which asking for the kind of matter is worth while.
        sure: The margin of the likest scenario from which on it is presumed to be the matter.
        apart: How much less a text may read like a matter than like another, if it is about it as well.
        clear: How far above its mark a sentence reads so clearly like a gate that a person looks, though the consumer could
            be asked what he meant.
        sentences: What was learnt of single sentences that open a gate, if anything was.
    """

    examples: str
    near: float
    sure: float
    apart: float
    clear: float = NEVER
    sentences: Table | None = None

    @classmethod
    def made(
        cls,
        traits: Sequence[Trait],
        rarity: Mapping[str, int],
        weights: Mapping[str, bytes],
        *,
        examples: str,
        near: float,
        sure: float,
        apart: float,
        clear: float = NEVER,
        sentences: Table | None = None,
    ) -> Likeness:
        """From the steps of each gram's squared rarity and its byte for each trait."""
        texts = Table.of(traits, rarity, weights)
        return cls(
            texts.traits,
            texts.known,
            texts.table,
            examples=examples,
            near=near,
            sure=sure,
            apart=apart,
            clear=clear,
            sentences=sentences,
        )

    # --- the file -----------------------------------------------------------------------------------------------------

    def dump(self) -> str:
        """The file that `parse` reads: the same text for the same content."""
        content = {
            "funnel": 1,
            "examples": self.examples,
            "near": self.near,
            "sure": self.sure,
            "apart": self.apart,
            **self.content(),
        }
        if self.sentences is not None:
            content |= {"clear": self.clear, "sentences": self.sentences.content()}
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def parse(text: str) -> Likeness:
    """Read a file of what was learnt.

    Raises:
        LikenessError: It is not what `Likeness.dump` writes.
    """
    try:
        return _read(json.loads(text))
    except json.JSONDecodeError as error:
        raise LikenessError(f"不是 JSON：第 {error.lineno} 行", f"it is no JSON: line {error.lineno}") from None
    # Among the ValueErrors: a number of too many digits, base 64 that is not of ASCII.
    except (KeyError, TypeError, AttributeError, ValueError, zlib.error, OverflowError, RecursionError) as error:
        raise LikenessError("缺一项，或者有一项读不出", f"a part is missing or unreadable: {error}") from None


def _read(content: Mapping[str, Any]) -> Likeness:
    if isinstance(content["funnel"], bool) or content["funnel"] != 1:
        raise LikenessError("格式版本不认得", "its format version is not known")
    near, sure, apart = (_number(content[key]) for key in ("near", "sure", "apart"))
    sentences = None if "sentences" not in content else Table(**_table(content["sentences"]))
    if sentences is not None and not all(name.startswith(GATE) for name in sentences.traits):
        raise LikenessError("句子只能像关口", "its sentences may read like gates only")
    return Likeness(
        **_table(content),
        examples=_word(content["examples"]),
        near=near,
        sure=sure,
        apart=apart,
        clear=NEVER if sentences is None else _number(content["clear"]),
        sentences=sentences,
    )


class _Parts(TypedDict):
    traits: Mapping[str, Trait]
    known: tuple[str, ...]
    table: bytes


def _table(content: Mapping[str, Any]) -> _Parts:
    traits = [_trait(entry) for entry in content["traits"]]
    names = content["grams"].split(" ")
    lanes = len(traits) + 1
    if not 0 < len(traits) <= MAX_TRAITS or not 0 < len(names) <= MAX_GRAMS or not all(names):
        raise LikenessError("太大，或者是空的", "it is too large, or empty")
    size = lanes * len(names)
    unpack = zlib.decompressobj()
    table = unpack.decompress(base64.b64decode(content["table"], validate=True), size + 1)
    if not unpack.eof or unpack.unused_data:
        raise LikenessError("表不完整", "its table is cut off, or something follows it")
    if len(table) != size or len(set(names)) != len(names) or len({t.name for t in traits}) != len(traits):
        raise LikenessError("表的大小和名目对不上", "its table does not fit its names")
    if 0 in table[::lanes]:
        raise LikenessError("有的字没有稀有度", "a gram of it has no rarity")
    return {"traits": MappingProxyType({trait.name: trait for trait in traits}), "known": tuple(names), "table": table}


def _trait(entry: Mapping[str, Any]) -> Trait:
    figures = (_number(entry[key]) for key in ("bias", "scale", "cut"))
    return Trait(_word(entry["name"]), *figures)


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("a number")
    return float(value)


def quantised(rarity: float) -> int:
    """The byte of a gram's rarity (its inverse document frequency)."""
    return max(1, min(255, round(rarity * rarity * _STEPS)))


def rarity_of(steps: int) -> float:
    """The rarity that a byte stands for."""
    return math.sqrt(steps / _STEPS)
