"""Masks personal data in the words of complaints: what the queue keeps, logs and chains.

Numbers are found by their form and, where there is one, their check digit, after compatibility forms, spaces, characters
that do not show and Chinese digits are read as plain digits. Names and addresses are found only behind words that
announce them (收件人、我叫、住址 …), addresses also by the order province, city, road, number; in JSON the key a value
stands under announces it too. **What nobody announces is missed**: a name in the middle of a sentence stays. Whoever
needs more passes a masker of his own (see `Masker`).

Complaints are written by anybody, so the time is linear in the length of a text, whatever it says.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from funnel.errors import ArgumentError

Masker = Callable[[str], str]
"""Returns a text with its personal data masked."""

_DIGITS: Final[Mapping[int, str]] = MappingProxyType(
    {
        ord(c): d
        for chars, digits in (
            ("零〇一二三四五六七八九", "00123456789"),
            ("幺洞两拐勾", "10279"),  # as digits are read out
            ("壹贰叁肆伍陆柒捌玖貳參叄陸", "1234567892336"),  # as they are written against forgery
        )
        for c, d in zip(chars, digits, strict=True)
    }
)
_HANZI: Final = "".join(map(chr, _DIGITS))
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
"""Characters that do not show: put between digits, they hide a number from a machine and from nobody else."""
_GAP = r"[ \t\-‐-―_.·]?"
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CARD_LENGTHS: Final = range(15, 20)
_PLATES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_NUMBER = re.compile(rf"(?<![0-9A-Za-z])(?:\d{_GAP}){{9,22}}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_MOBILE_ANYWHERE = re.compile(rf"1{_GAP}[3-9](?:{_GAP}\d){{9}}")
_CHINESE_RUN = re.compile(rf"[{_HANZI}0-9](?:[ \-]?[{_HANZI}0-9]){{9,}}")
_USCC = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])")
_LANDLINE = re.compile(  # an area code of the numbering plan, then a number that begins with neither 0 nor 1
    r"(?<![\dA-Za-z])(?:\((?:010|02\d|0[3-9]\d{2})\)|(?:010|02\d|0[3-9]\d{2}))[-‐-― ]?[2-9]\d{2,3}[- ]?\d{4}"
    r"(?:[- ]\d{1,6})?(?!\d)"
    r"|(?<!\d)0\d{2,3}[- ]\d{7,8}(?:[- ]\d{1,6})?(?!\d)"
)
_CARD_SAID = re.compile(r"身份证(?:号码?)?(?:是|为|[:\s]){0,3}(\d{15}(?!\d)|\d{17}[\dXx](?![\dXx]))")
_PASSPORT = re.compile(r"(?:护照|通行证)(?:号码?)?(?:是|为|[:\s]){0,3}([A-Za-z]{1,2}\d{7,8})(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
_PLATE = re.compile(rf"[{_PLATES}][A-HJ-NP-Z][·\- ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])", re.IGNORECASE)
_WECHAT = re.compile(
    r"(?:(?:微信号?|薇信|v信|wechat|QQ号?|支付宝账?号?)(?:是|为|叫|[:\s]){0,3}|(?<![A-Za-z])[vw]x(?:是|为|[:\s]){1,3})"
    r"([A-Za-z0-9][A-Za-z0-9_\-]{4,19})",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:收件人|收货人|联系人|姓名|我叫|本人叫|我的名字[是叫]|户名|持卡人|投诉人|申请人)(?:姓名)?(?:是|为|叫|[::\s]){0,3}"
    r"([\u4e00-\u9fff·]{2,4}?)(?=$|[,。;、!?\s,.;()()::\d]|电话|手机|住|地址|身份证|先生|女士|的|在|于|购买|下单)"
)
_ADDRESS = re.compile(
    r"(?:收货地址|收件地址|家庭住址|住址|地址|住在|家住|寄到|送到)(?:是|为|[:\s]){0,3}"
    r"((?:[\u4e00-\u9fffA-Za-z0-9\-#()]{4,60}?(?:号楼|单元|室|号|栋|幢|弄|村|楼|户|院|小区|花园|公寓|广场|大厦))+"
    r"(?:[0-9A-Za-z\-#]{1,10}(?:号楼|单元|室|栋|幢|楼|户)){0,4}[0-9]{0,5})"
)
_DOOR = re.compile(r"\d{1,5}(?:号楼|单元|室|号|栋|幢)(?:[0-9A-Za-z\-#]{1,10}(?:号楼|单元|室|栋|幢|楼|户)){0,4}")
_RUN = re.compile(r"[\u4e00-\u9fff0-9A-Za-z\-#]+")
_AREAS: Final = frozenset("市区县旗")
_ROADS: Final = frozenset("路街道巷弄村镇乡")
_BEFORE_AREA: Final = (3, 19)  # hanzi of province, city and the area's name
_AREA_TO_ROAD: Final = (2, 17)
_ROAD_TO_DOOR: Final = 25

# What every piece of personal data has at least one of. Most texts of a decision have none and need no closer look.
_TRIGGER = re.compile(
    rf"\d|[@＠Ａ-Ｚａ-ｚ]|[^\x00-\x7f\u2010-\u2027\u3000-\u9fff\uff01-\uff5e]"
    rf"|[{_HANZI}][ \-]?[{_HANZI}][ \-]?[{_HANZI}]"
    rf"|[{_PLATES}][A-Z]|微信|薇信|[vw]x|v信|wechat|qq|支付宝"
    r"|收件人|收货人|联系人|姓名|我叫|本人叫|名字|户名|持卡人|投诉人|申请人|地址|住址|住在|家住|寄到|送到",
    re.IGNORECASE,
)

UNSHOWN: Final = "[words]"
"""Stands for words of which it cannot be said what is personal in them."""

_ROUNDS: Final = 8
_PLACES: Final = 1000  # of some words in a text; who repeats them more often hides something in them
_LEAST: Final = 5  # digits; what is shorter is no telephone number
_FIRM = re.compile("merchant|shop|seller|store|platform|company|product|goods|商家|店|卖家|平台|公司|商品|物流")
_PERSON = re.compile(
    "consumer|buyer|user|customer|client|receiver|recipient|consignee|contact|complainant|applicant|person|payer"
    "|消费者|买家|用户|客户|收件|收货|联系|投诉人|申请人|付款人"
)
_OF_PERSON: Final = frozenset({"name", "nickname", "nick", "account"})
"""Keys that announce a person only where the thing they stand in is one."""
_KEYS: Final = (
    (
        "name",
        re.compile(
            r"^(?:full|real|first|last|given|family|sur|nick|user|account|card)?_?name$|^nick$"
            r"|^(?:consumer|buyer|user|customer|receiver|recipient|consignee|contact|complainant)(?:person|(?:full|real)?name)$"
            r"|^(?:receiver|recipient|consignee|complainant)$"
            r"|姓名|^(?:收件人|收货人|联系人|投诉人|申请人|持卡人|户名|昵称|用户名|买家名称?)$"
        ),
    ),
    (
        "address",
        re.compile(
            r"^(?:.*(?:shipping|delivery|receiver|recipient|home|mailing|street|buyer|consumer))?addr(?:ess)?[12]?$|地址|住址"
        ),
    ),
    ("phone", re.compile(r"phone|mobile|^tel(?:no|number)?$|cellphone|手机|电话|座机|联系方式")),
    (
        "id_card",
        re.compile(
            r"^id(?:card|entity)(?:no|num|number)?$|^idno$|^idnumber$|^passport|identitycard|身份证|护照|证件号"
        ),
    ),
    ("bank_card", re.compile(r"bankcard|bankaccount|^cardno$|^cardnumber$|银行卡|卡号|银行账号")),
    ("account", re.compile(r"^wechat|^wx(?:id)?$|^qq|^alipay|^account$|微信|支付宝账")),
    ("email", re.compile(r"^e?mail$|^emailaddress$|邮箱")),
)

_MASKED: Final = frozenset(
    f"[{kind}]"
    for kind in (
        *(
            "mobile",
            "landline",
            "id_card",
            "passport",
            "bank_card",
            "email",
            "plate",
            "uscc",
            "account",
            "name",
            "address",
        ),
        *(kind for kind, _ in _KEYS),
    )
)
"""What a whole piece of personal data is replaced by."""
_MASK = re.compile("|".join(map(re.escape, sorted(_MASKED))))


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data in a text.

    Attributes:
        kind: ``mobile``, ``landline``, ``id_card``, ``passport``, ``bank_card``, ``email``, ``plate``, ``uscc``,
            ``account``, ``name`` or ``address``.
        start, end: Its place in the text as given, half-open, in characters.
    """

    kind: str
    start: int
    end: int


def find_personal(text: str) -> tuple[Found, ...]:
    """Pieces of personal data in a text, in order, none overlapping another.

    Raises:
        ArgumentError: It is no text.
    """
    _expect_text(text)
    shown = _HIDDEN.sub("", text)
    if len(shown) == len(text):
        return _find(text)
    places = [place for place, char in enumerate(text) if not _HIDDEN.match(char)]
    return tuple(Found(item.kind, places[item.start], places[item.end - 1] + 1) for item in _find(shown))


def mask(text: str) -> str:
    """A text with its personal data replaced by its kind, such as ``[mobile]``. Masking twice changes nothing more.

    Raises:
        ArgumentError: It is no text.
    """
    _expect_text(text)
    return _replaced(text, _everything(text))


def _expect_text(text: str) -> None:
    if not isinstance(text, str):
        raise ArgumentError(
            f"应为文字，不是 {type(text).__name__}；JSON 用 mask_json",
            f"expected a text, not {type(text).__name__}; JSON: mask_json",
        )


def mask_part(text: str, part: str, masker: Masker = mask) -> str:
    """Words cut from a text, masked as they are where they stand in it.

    Cut off from what announces it (收货人：, 地址：) a name is not known for one any more, so the words are not masked by
    themselves: what is masked in the whole text is masked in them, wherever they stand there.

    Args:
        text: The whole text.
        part: The words. Where they do not stand in the text, they are masked by themselves.
        masker: What masks. Of another masker than `mask` it is not known what it took for personal data, so of words that
            do not stand in the masked text either, with or without what it masks in them, ``[words]`` is left.
    """
    return Quotes(text, masker).masked(part)


class Quotes:
    """Masks words cut from one text; see `mask_part`. What is personal in the text is found once, and only if asked for."""

    def __init__(self, text: str, masker: Masker = mask) -> None:
        self._text = text
        self._masker = masker
        self._found: tuple[Found, ...] | None = None
        self._whole: str | None = None

    def masked(self, part: str) -> str:
        """The words as `mask_part` gives them."""
        by_itself = self._masker(part)
        if not part or part not in self._text:
            return by_itself
        if self._masker is not mask:
            if self._whole is None:
                self._whole = self._masker(self._text)
            return next((words for words in (part, by_itself) if words in self._whole), UNSHOWN)
        if self._found is None:
            self._found = _everything(self._text)
        return mask(_replaced(part, taken)) if (taken := self._taken(part)) is not None else UNSHOWN

    def _taken(self, part: str) -> tuple[Found, ...] | None:
        """What is personal in a part, at any of its places in the text; None where there are too many to look at."""
        found = self._found or ()
        taken: tuple[Found, ...] = ()
        at, count, ends = -1, 0, [item.end for item in found]
        while found and (at := self._text.find(part, at + 1)) >= 0:
            count += 1
            if count > _PLACES:
                return None
            end = at + len(part)
            here = []
            for place in range(bisect_right(ends, at), len(found)):
                item = found[place]
                if item.start >= end:
                    break
                here.append(Found(item.kind, max(item.start - at, 0), min(item.end, end) - at))
            taken = _joined(taken, here)
        return taken


def _replaced(text: str, found: Iterable[Found]) -> str:
    pieces, at = [], 0
    for item in found:
        pieces += [text[at : item.start], f"[{item.kind}]"]
        at = item.end
    return "".join([*pieces, text[at:]]) if pieces else text


def _everything(text: str) -> tuple[Found, ...]:
    """What `mask` replaces, at its place in the text as given.

    What stood beside a piece stands beside a bracket once that is masked, and may be found in its turn.
    """
    found: tuple[Found, ...] = ()
    shown = text
    for _ in range(_ROUNDS):
        more = find_personal(shown)
        if not more:
            break
        found = _joined(found, _put_back(more, found))
        shown = _replaced(text, found)
    return found


def _put_back(more: Iterable[Found], found: Sequence[Found]) -> Iterator[Found]:
    """What was found in a text with pieces replaced, at its places in the text before; what touches a bracket takes its piece in."""
    starts, grown = [], [0]
    for item in found:
        starts.append(item.start + grown[-1])
        grown.append(grown[-1] + len(item.kind) + 2 - (item.end - item.start))
    for item in more:
        first, last = bisect_right(starts, item.start), bisect_right(starts, item.end - 1)
        begin, end = item.start - grown[first], item.end - grown[last]
        if first and begin < found[first - 1].end:
            begin = found[first - 1].start
        if last and end <= found[last - 1].end:
            end = found[last - 1].end
        yield Found(item.kind, begin, end)


def _joined(*several: Iterable[Found]) -> tuple[Found, ...]:
    """Pieces in order; those that overlap as one, of the kind of the first."""
    result: list[Found] = []
    for item in sorted((item for found in several for item in found), key=lambda f: (f.start, -f.end)):
        if not result or item.start >= result[-1].end:
            result.append(item)
        elif item.end > result[-1].end:
            result[-1] = Found(result[-1].kind, result[-1].start, item.end)
    return tuple(result)


def mask_json(value: Any, masker: Masker = mask) -> Any:
    """A JSON value with its personal data masked, keys included.

    Every text goes through the masker, and so does every whole number, as spreadsheets turn telephone numbers into
    numbers. What stands under a key that announces a person's name, address or number (``real_name``, ``收货地址``,
    ``name`` of a ``consumer``) is masked whole, as it has no words around it to know it by; a merchant's is not.

    Returns:
        The value's own shape; no entry is lost where two keys are masked alike.
    """
    return _mask_json(value, masker, "", None)


def _mask_json(value: Any, masker: Masker, owner: str, kind: str | None) -> Any:
    if isinstance(value, str):
        masked = masker(value)
        return f"[{kind}]" if kind is not None and _is_bare(value, masked) else masked
    if isinstance(value, Mapping):
        result: dict[str, Any] = {}
        for key, item in value.items():
            name = masked = masker(str(key))
            count = 1
            while name in result:
                count += 1
                name = f"{masked} {count}"
            plain = _key(str(key))
            head, _, last = str(key).rpartition(".")  # a path, as in ``passed_through``: "consumer.name"
            kind = _kind_of_key(plain, owner) or (_kind_of_key(_key(last), _key(head)) if head else None)
            result[name] = _mask_json(item, masker, plain, kind)
        return result
    if isinstance(value, list | tuple):
        return [_mask_json(item, masker, owner, kind) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        digits = str(int(value))
        masked = masker(digits)
        return masked if masked != digits else f"[{kind}]" if kind is not None and len(digits) >= _LEAST else value
    return value


def _is_bare(value: str, masked: str) -> bool:
    """Whether words of a value that its key announces are still to be read.

    A card number under ``phone`` is masked as what it is, and masked again it is not a telephone number either; a name
    beside it is masked with it. What a masker of another kind makes of a value (``139****0000``) is its own affair.
    """
    if masked == value and not _MASK.search(value):
        return bool(value.strip())
    return _MASK.search(masked) is not None and any(char.isalnum() for char in _MASK.sub("", masked))


def _key(key: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", key).casefold() if char.isalnum())


def _kind_of_key(key: str, owner: str) -> str | None:
    """What kind of personal data a key announces, if any."""
    if _FIRM.search(owner) or _FIRM.search(key):
        return None
    if key in _OF_PERSON and not _PERSON.search(owner):
        return None
    return next((kind for kind, pattern in _KEYS if pattern.search(key)), None)


def _find(text: str) -> tuple[Found, ...]:
    if not _TRIGGER.search(text):
        return ()
    return _joined(_all(_plain(text)))


def _plain(text: str) -> str:
    """The text with every character's compatibility form, one for one, so that places stay the same."""
    result = []
    for char in text:
        form = unicodedata.normalize("NFKC", char)
        result.append(form if len(form) == 1 else char)
    return "".join(result)


def _all(text: str) -> Iterator[Found]:
    yield from _numbers(text)
    # Read with Chinese digits as digits as well as without: the 一 of 一直 after a number is none of it.
    read = _CHINESE_RUN.sub(lambda match: match.group().translate(_DIGITS), text)
    if read != text:
        yield from _numbers(read)
        for match in _MOBILE_ANYWHERE.finditer(read):
            if not (
                text[match.start() - 1 : match.start()].isdecimal() or text[match.end() : match.end() + 1].isdecimal()
            ):
                yield Found("mobile", match.start(), match.end())
    for kind, pattern in (
        ("account", _WECHAT),
        ("name", _NAME),
        ("id_card", _CARD_SAID),
        ("passport", _PASSPORT),
        ("address", _ADDRESS),
    ):
        for match in pattern.finditer(text):
            yield Found(kind, match.start(1), match.end(1))
    yield from _streets(text)


def _numbers(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[^0-9Xx]", "", match.group()).upper()
        if kind := _number_kind(digits):
            yield Found(kind, match.start(), match.end())
    for match in _USCC.finditer(text):
        if _is_uscc(match.group()):
            yield Found("uscc", match.start(), match.end())
    for kind, pattern in (("mobile", _MOBILE), ("landline", _LANDLINE), ("email", _EMAIL), ("plate", _PLATE)):
        for match in pattern.finditer(text):
            yield Found(kind, match.start(), match.end())


def _streets(text: str) -> Iterator[Found]:
    """Addresses that nobody announces: an area's name, then a road, then a number, near one another.

    One pass with the places that can still matter at hand, where an expression would try each pair of them.
    """
    for run in _RUN.finditer(text):
        if _AREAS.isdisjoint(run.group()) or _ROADS.isdisjoint(run.group()):
            continue
        areas: deque[tuple[int, int]] = deque()  # place, start of the address
        roads: deque[tuple[int, int]] = deque()
        hanzi, at, done = 0, run.start(), run.start()
        for door in _DOOR.finditer(text, run.start(), run.end()):
            while at < door.start():
                char = text[at]
                if char in _ROADS:
                    while areas and at - areas[0][0] > _AREA_TO_ROAD[1]:
                        areas.popleft()
                    if areas and at - areas[0][0] >= _AREA_TO_ROAD[0]:
                        roads.append((at, areas[0][1]))
                if char in _AREAS and hanzi >= _BEFORE_AREA[0]:
                    areas.append((at, at - min(hanzi, _BEFORE_AREA[1])))
                if "\u4e00" <= char <= "\u9fff":
                    hanzi += 1
                else:
                    hanzi = 0
                    if not char.isdigit():
                        areas.clear()  # only hanzi and digits stand between an area and its road
                at += 1
            while roads and door.start() - roads[0][0] > _ROAD_TO_DOOR:
                roads.popleft()
            if roads:
                yield Found("address", max(roads[0][1], done), door.end())
                done = door.end()


def _number_kind(digits: str) -> str | None:
    if re.fullmatch(r"\d{17}[0-9X]", digits) and _is_id_card(digits):
        return "id_card"
    if digits.isdigit() and len(digits) in _CARD_LENGTHS and digits[0] in "3456" and _luhn(digits):
        return "bank_card"
    return None


def _is_id_card(digits: str) -> bool:
    """ISO 7064 mod 11-2, as GB 11643 has it, and a month and a day that exist."""
    month, day = int(digits[10:12]), int(digits[12:14])
    if not (1 <= month <= 12 and 1 <= day <= 31):  # noqa: PLR2004 (months and days)
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11] == digits[17]


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 (the sum of two digits)
    return total % 10 == 0


def _is_uscc(code: str) -> bool:
    """The check character of GB 32100."""
    if code.isdigit():
        return False  # an order number, most likely; a firm's code is public anyway
    total = sum(_USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == code[17]
