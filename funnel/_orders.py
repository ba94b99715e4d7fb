"""Which order a complaint is about, and whether two complaints are about one.

A number alone is no order: shops number theirs alike. Platform and merchant tell them apart where both complaints name them;
what one of them leaves out sets nothing apart, as the same refund paid twice costs more than a second look.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from funnel.complaint import Complaint

_NOTHING: Final = frozenset(
    {"无", "没有", "暂无", "空", "未知", "不详", "n/a", "na", "none", "null", "nil", "nan", "unknown", "undefined"}
)
"""What forms and exports write where there is no number."""

T = TypeVar("T")
Told = tuple[T | None, T | None, T | None]
"""Platform, merchant's id and merchant's name, as one complaint tells them; None: it does not."""


@dataclass(frozen=True, slots=True)
class OrderNamed:
    """An order as a complaint names it, in one spelling.

    Attributes:
        number: The order's id.
        told: What sets it apart from another order of that number.
    """

    number: str
    told: Told[str]


def order_of(complaint: Complaint) -> OrderNamed | None:
    """The order that a complaint names; None where it names none."""
    number = _spelled(complaint.order.id)
    if number is None:
        return None
    merchant = complaint.merchant
    return OrderNamed(number, (_spelled(complaint.platform), _spelled(merchant.id), _spelled(merchant.name)))


def apart(one: Told[Any], other: Told[Any]) -> bool:
    """Whether two orders of one number are two: of two platforms, or of two merchants.

    Merchants are compared by id where both tell it, else by name where both tell that. Holds whatever stands for the words: their
    digests do as well.
    """
    (platform, merchant, shop), (other_platform, other_merchant, other_shop) = one, other
    if None not in (platform, other_platform) and platform != other_platform:
        return True
    if None not in (merchant, other_merchant):
        return bool(merchant != other_merchant)
    return None not in (shop, other_shop) and shop != other_shop


def _spelled(value: str | None) -> str | None:
    """A value in one spelling: width, case, blanks and characters that do not show make no difference. None: it says nothing."""
    if value is None:
        return None
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKC", value).casefold()
        if not c.isspace() and unicodedata.category(c) != "Cf"
    )
    if plain in _NOTHING or not any(c.isalnum() for c in plain) or not plain.strip("0"):
        return None
    return plain
