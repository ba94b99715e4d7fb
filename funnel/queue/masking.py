"""Masks personal data in the words of complaints: what the queue keeps, logs and chains.

Numbers are found by their form and, where there is one, their check digit, after compatibility forms, spaces and
Chinese digits are read as plain digits. Names and addresses are found only behind words that announce them (收件人、
我叫、住址 …). **What nobody announces is missed**: a name in the middle of a sentence stays. Whoever needs more passes
a masker of his own (see `Masker`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Masker = Callable[[str], str]
"""Returns a text with its personal data masked."""

_DIGITS: Final[Mapping[int, str]] = MappingProxyType(
    {ord(c): d for c, d in zip("零〇一二三四五六七八九幺", "00123456789" + "1", strict=True)}
)
_GAP = r"[ \t\-‐-―_.·]?"
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CARD_LENGTHS: Final = range(15, 20)
_PLATES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_NUMBER = re.compile(rf"(?<![0-9A-Za-z])(?:\d{_GAP}){{9,22}}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?:[- ]\d{1,6})?(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}")
_PLATE = re.compile(rf"[{_PLATES}][A-HJ-NP-Z][·\- ]?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])")
_WECHAT = re.compile(
    r"(?:微信号?|薇信|v信|wechat|QQ号?|支付宝账?号?)(?:是|为|叫|[::\s]){0,3}([A-Za-z0-9][A-Za-z0-9_\-]{4,19})",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:收件人|收货人|联系人|姓名|我叫|本人叫|我的名字[是叫]|户名|持卡人|投诉人|申请人)(?:姓名)?(?:是|为|叫|[::\s]){0,3}"
    r"([\u4e00-\u9fff·]{2,4}?)(?=$|[,。;、!?\s,.;()()::\d]|电话|手机|住|地址|身份证|先生|女士|的|在|于|购买|下单)"
)
_ADDRESS = re.compile(
    r"(?:收货地址|收件地址|家庭住址|住址|地址|住在|家住|寄到|送到)(?:是|为|[::\s]){0,3}"
    r"([\u4e00-\u9fffA-Za-z0-9\-#()()]{4,60}?(?:号楼|单元|室|号|栋|幢|弄|村|楼|户|院|小区|花园|公寓|广场|大厦))+"
)
_STREET = re.compile(
    r"[\u4e00-\u9fff]{2,8}(?:省|自治区|市)?[\u4e00-\u9fff]{1,8}(?:市|区|县|旗)[\u4e00-\u9fff0-9]{1,16}"
    r"(?:路|街|道|巷|弄|村|镇|乡)[\u4e00-\u9fff0-9A-Za-z\-#]{0,24}?\d{1,5}(?:号楼|单元|室|号|栋|幢)"
    r"(?:[0-9A-Za-z\-#]{1,10}(?:号楼|单元|室|栋|幢|楼|户)){0,4}"
)

_HANZI = "零〇一二三四五六七八九幺"
# What every piece of personal data has at least one of. Most texts of a decision have none and need no closer look.
_TRIGGER = re.compile(
    rf"\d|[@＠Ａ-Ｚａ-ｚ]|[^\x00-\x7f\u2010-\u2027\u3000-\u9fff\uff01-\uff5e]"
    rf"|[{_HANZI}][ \-]?[{_HANZI}][ \-]?[{_HANZI}]"
    rf"|[{_PLATES}][A-Z]|微信|薇信|v信|wechat|qq|支付宝"
    r"|收件人|收货人|联系人|姓名|我叫|本人叫|名字|户名|持卡人|投诉人|申请人|地址|住址|住在|家住|寄到|送到",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of personal data in a text.

    Attributes:
        kind: ``mobile``, ``landline``, ``id_card``, ``bank_card``, ``email``, ``plate``, ``uscc``, ``account``,
            ``name`` or ``address``.
        start, end: Its place in the text as given, half-open, in characters.
    """

    kind: str
    start: int
    end: int


def find_personal(text: str) -> tuple[Found, ...]:
    """Pieces of personal data in a text, in order, none overlapping another."""
    if not _TRIGGER.search(text):
        return ()
    plain = _plain(text)
    found = sorted(_all(plain), key=lambda f: (f.start, -f.end))
    result: list[Found] = []
    for item in found:
        if not result or item.start >= result[-1].end:
            result.append(item)
        elif item.end > result[-1].end:
            result[-1] = Found(result[-1].kind, result[-1].start, item.end)
    return tuple(result)


def mask(text: str) -> str:
    """A text with its personal data replaced by its kind, such as ``[mobile]``. Masking twice changes nothing more."""
    pieces, at = [], 0
    for item in find_personal(text):
        pieces += [text[at : item.start], f"[{item.kind}]"]
        at = item.end
    return "".join([*pieces, text[at:]])


def mask_json(value: Any, masker: Masker = mask) -> Any:
    """A JSON value with every text in it masked, keys included."""
    if isinstance(value, str):
        return masker(value)
    if isinstance(value, Mapping):
        return {masker(str(key)): mask_json(item, masker) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_json(item, masker) for item in value]
    return value


def _plain(text: str) -> str:
    """The text with every character's digit or compatibility form, one for one, so that places stay the same."""
    result = []
    for char in text:
        form = unicodedata.normalize("NFKC", char)
        result.append(form if len(form) == 1 else char)
    folded = "".join(result)
    return re.sub(
        r"[零〇一二三四五六七八九幺0-9](?:[ \-]?[零〇一二三四五六七八九幺0-9]){9,21}",
        lambda match: match.group().translate(_DIGITS),
        folded,
    )


def _all(text: str) -> Iterator[Found]:
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"[^0-9Xx]", "", match.group()).upper()
        if kind := _number_kind(digits):
            yield Found(kind, match.start(), match.end())
    for match in re.finditer(
        r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])", text
    ):
        if _is_uscc(match.group()):
            yield Found("uscc", match.start(), match.end())
    for kind, pattern in (("mobile", _MOBILE), ("landline", _LANDLINE), ("email", _EMAIL), ("plate", _PLATE)):
        for match in pattern.finditer(text):
            yield Found(kind, match.start(), match.end())
    for kind, pattern in (("account", _WECHAT), ("name", _NAME)):
        for match in pattern.finditer(text):
            yield Found(kind, match.start(1), match.end(1))
    for match in _ADDRESS.finditer(text):
        yield Found("address", match.start(1), match.end())
    for match in _STREET.finditer(text):
        yield Found("address", match.start(), match.end())


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
