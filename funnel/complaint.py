"""The complaint: what comes in. See the contract in ``docs/contract.md``.

Only ``id`` and one of ``text`` or ``facts`` are required. Fields that the contract does not know are kept
(`Complaint.unknown_fields`), passed through and reported, and reject a complaint only where JSON cannot hold them.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StringConstraints,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

MAX_TEXT = 1_000_000
"""Longest text of a complaint, in characters. Longer ones are rejected, not cut."""

MAX_AMOUNT = Decimal(1_000_000_000_000)
"""Amounts at or above this (10^12) are taken for a mistake and rejected."""

EARLIEST = dt.date(1990, 1, 1)
"""The first day that a complaint can name."""

_LATEST = dt.date(2100, 1, 1)
_FEN_PLACES = 2
_AMOUNT = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")
"""Amounts as people write them; a decimal is read from ``1e3``, ``1_000`` and ``１９９`` as well."""
_NO_NUMBER = re.compile(r"\s*[+-]?(nan|inf(inity)?)\s*", re.IGNORECASE)
_DAY = "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?)?"
_ISO = re.compile(f"[0-9]{{4}}{_DAY}{_TIME}")
"""A day, or one with a time, and with or without an offset. Seconds since 1970, as text too, are none."""


class ContractError(ValueError):
    """A value that the contract does not take; pydantic collects these.

    Attributes:
        zh, en: What was expected, in Chinese and English. Never contain the value, which may be personal data.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        """Both languages."""
        return f"{self.zh}: {self.en}"


def _to_decimal(value: object) -> object:
    """Read an amount exactly: a float through its shortest decimal form, never through binary."""
    if isinstance(value, bool):
        raise ContractError("金额应为数字，不是 true 或 false", "an amount is a number, not true or false")
    if isinstance(value, str) and not _AMOUNT.fullmatch(value) and not _NO_NUMBER.fullmatch(value):
        raise ContractError("应为金额，写成 1299.00", "expected an amount, written as 1299.00")
    if isinstance(value, float):
        return Decimal(repr(value))
    return value


def _check_amount(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ContractError("金额应为有限的数", "an amount must be a finite number")
    if value < 0:
        raise ContractError("金额不能是负数", "an amount must not be negative")
    if value >= MAX_AMOUNT:
        raise ContractError("金额应低于一万亿", "an amount must be below 1,000,000,000,000")
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_FEN_PLACES:
        raise ContractError("金额最多两位小数", "an amount has at most two decimals")
    return value.quantize(Decimal("0.01"))


Amount = Annotated[
    Decimal,
    BeforeValidator(_to_decimal),
    AfterValidator(_check_amount),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*0*[0-9]{1,12}(\.[0-9]{1,2}0*)?\s*$"},
                {"type": "number", "minimum": 0, "exclusiveMaximum": int(MAX_AMOUNT)},
            ],
            "description": "In the pack's currency, at most two decimals. Written as a string on the way out.",
        }
    ),
]
"""Money in the pack's currency, exact to the hundredth, not negative."""


def _no_bool(value: object) -> object:
    """Refuse true and false where a number is meant: they are 1 and 0 to Python, and nobody's count."""
    if isinstance(value, bool):
        raise ContractError("应为整数，不是 true 或 false", "expected a whole number, not true or false")
    return value


def _midnight(value: object) -> object:
    """Accept a bare date (``2026-11-07``) where an instant is asked for: midnight."""
    if isinstance(value, bool | int | float) or (isinstance(value, str) and not _ISO.fullmatch(value)):
        raise ContractError(
            "应为存在的日期或时间，写成 2026-11-07 或 2026-11-07T15:00:00+08:00",
            "expected a date or timestamp that exists, written as 2026-11-07 or 2026-11-07T15:00:00+08:00",
        )
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 (given its timezone at intake)
    return value


def _check_year(value: dt.datetime) -> dt.datetime:
    if not EARLIEST <= value.date() < _LATEST:
        raise ContractError("日期应在 1990 至 2099 年之间", "a date must lie between 1990 and 2099")
    return value


Instant = Annotated[
    AwareDatetime | NaiveDatetime,
    BeforeValidator(_midnight),
    AfterValidator(_check_year),
    WithJsonSchema({"type": "string", "pattern": f"^(199[0-9]|20[0-9]{{2}}){_DAY}{_TIME}$"}),
]
"""A point in time, ISO 8601. Without an offset it is read in the pack's timezone."""


def _check_scalars(value: str) -> str:
    if "\x00" in value:
        raise ContractError("文字不能含有 NUL 字符", "text must not contain NUL characters")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ContractError("文字含有残缺的字符", "text must not contain lone surrogates") from None
    return value


_NO_NUL = "^[^\\u0000]*$"
Text = Annotated[str, AfterValidator(_check_scalars), WithJsonSchema({"type": "string", "pattern": _NO_NUL})]
_SHORT, _LONGEST_ID = 2_000, 200
ShortText = Annotated[
    str,
    StringConstraints(max_length=_SHORT),
    AfterValidator(_check_scalars),
    WithJsonSchema({"type": "string", "maxLength": _SHORT, "pattern": _NO_NUL}),
]


class _Part(BaseModel):  # noqa: PLW1641 (pydantic gives what is frozen its hash)
    """A part of the complaint: frozen, tolerant of fields it does not know.

    A field that was not given is not written, and two parts are equal only where the same fields were given: ``null`` says
    something (the record has no shipment), a field left out says nothing.
    """

    # A message of pydantic's would else quote what was given, which may be personal data.
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, hide_input_in_errors=True)

    @property
    def extra(self) -> dict[str, Any]:
        """Fields that the contract does not know, as they came."""
        return dict(self.model_extra or {})

    @model_serializer(mode="wrap")
    def _as_given(self, written: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]  # noqa: ANN202 (what is returned would take the place of the fields in the JSON schema)
        content = written(self)
        for name, field in type(self).model_fields.items():
            if name in self.model_fields_set or name not in content:
                continue
            if getattr(self, name) == field.get_default(call_default_factory=True):
                del content[name]  # what was put into `facts` later stays
        return content

    def __eq__(self, other: object) -> bool:
        """Whether the other one says the same, and leaves the same unsaid."""
        if not isinstance(other, _Part):
            return NotImplemented
        return super().__eq__(other) and self.model_fields_set == other.model_fields_set


class Consumer(_Part):
    """Who complains. ``id`` is the platform's own identifier, never a name or number of a person."""

    id: ShortText | None = None
    age: Annotated[int, Field(ge=0, le=150), BeforeValidator(_no_bool)] | None = None
    region: ShortText | None = None
    prior_complaints: Annotated[int, Field(ge=0), BeforeValidator(_no_bool)] | None = None


class Merchant(_Part):
    """Whom the complaint is about."""

    id: ShortText | None = None
    name: ShortText | None = None
    self_operated: bool | None = None
    credit: ShortText | None = None


class Order(_Part):
    """What the order system knows. Values here carry the grade ``record``.

    ``price`` is the price really paid for one piece, ``quantity`` the number of pieces, ``total_paid`` (optional) what
    was really paid for the order line in all when discounts make it differ from price times quantity.
    """

    id: ShortText | None = None
    kind: ShortText | None = None
    category: ShortText | None = None
    category_text: ShortText | None = None
    price: Amount | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_no_bool)] | None = None
    total_paid: Amount | None = None
    paid_at: Instant | None = None
    ship_by: Instant | None = None
    shipped_at: Instant | None = None
    delivered_at: Instant | None = None
    signed_at: Instant | None = None
    cancelled_at: Instant | None = None


class Evidence(_Part):
    """A document supplied: ``kind`` is a slug such as ``photo`` or ``inspection_report``, ``note`` free text."""

    kind: ShortText
    note: Text | None = None


class Complaint(_Part):
    """A consumer's complaint, as the contract has it.

    Example:
        >>> Complaint(id="c-1", text="买了半个月还不发货")
        Complaint(id='c-1')

    Raises:
        pydantic.ValidationError: A field does not fit the contract. Whoever builds one by hand gets this as it is, in
            English and without values in the message, so that it works as a model of other models and of web frameworks.
            Given a mapping, `funnel.Engine.decide` raises `funnel.ComplaintError` in its place, and a batch makes a
            rejects row.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["text"], "properties": {"text": {"type": "string", "pattern": r"\S"}}},
                {"required": ["facts"], "properties": {"facts": {"type": "object", "minProperties": 1}}},
            ]
        }
    )

    id: Annotated[
        str,
        StringConstraints(min_length=1, max_length=_LONGEST_ID),
        AfterValidator(_check_scalars),
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _LONGEST_ID, "pattern": _NO_NUL}),
    ]
    received_at: Instant | None = None
    channel: ShortText | None = None
    text: (
        Annotated[
            str,
            StringConstraints(max_length=MAX_TEXT),
            AfterValidator(_check_scalars),
            WithJsonSchema({"type": "string", "maxLength": MAX_TEXT, "pattern": _NO_NUL}),
        ]
        | None
    ) = None
    platform: ShortText | None = None
    claims: tuple[ShortText, ...] = ()
    claimed_amount: Amount | None = None
    consumer: Consumer = Consumer()
    merchant: Merchant = Merchant()
    order: Order = Order()
    evidence: tuple[Evidence, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_something_to_decide_on(self) -> Self:
        if not (self.text and self.text.strip()) and not self.facts:
            raise ContractError(
                "投诉要有文字或事实，这件都没有", "a complaint needs a text or facts; this one has neither"
            )
        return self

    @property
    def unknown_fields(self) -> dict[str, Any]:
        """Every field that the contract does not know, by its path: ``colour``, ``order.pirce``, ``evidence.0.nte``.

        A key at the top that is written like a path (``"order.pirce"``) goes before the field at that path.
        """
        found = self.extra
        parts: list[tuple[str, _Part]] = [
            ("consumer", self.consumer),
            ("merchant", self.merchant),
            ("order", self.order),
            *((f"evidence.{index}", item) for index, item in enumerate(self.evidence)),
        ]
        for path, part in parts:
            for name, value in (part.model_extra or {}).items():
                found.setdefault(f"{path}.{name}", value)
        return found

    def __repr__(self) -> str:
        """Name the complaint without its contents, which are personal data."""
        return f"Complaint(id={self.id!r})"

    __str__ = __repr__
