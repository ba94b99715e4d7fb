"""What is wrong with a complaint, field by field, in Chinese and in English.

Pydantic says it in English only, and in words of Python; who reads it sends JSON or a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError

from funnel.complaint import ContractError
from funnel.errors import Problem

_TEXT = ("应为文字", "expected a text")
_NUMBER = ("应为整数", "expected a whole number")
_AMOUNT = ("应为金额，写成 1299.00", "expected an amount, written as 1299.00")
_TIME = (
    "应为存在的日期或时间，写成 2026-11-07 或 2026-11-07T15:00:00+08:00",
    "expected a date or timestamp that exists, written as 2026-11-07 or 2026-11-07T15:00:00+08:00",
)
_MAPPING = ("应为键值对", "expected a mapping")
_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "missing": ("缺少这个字段", "the field is missing"),
        "string_type": _TEXT,
        "string_unicode": ("文字含有残缺的字符", "text must not contain lone surrogates"),
        "string_too_short": ("至少 {min_length} 个字", "expected at least {min_length} character(s)"),
        "string_too_long": ("最多 {max_length} 个字", "expected at most {max_length} characters"),
        "int_type": _NUMBER,
        "int_parsing": _NUMBER,
        "int_parsing_size": _NUMBER,
        "int_from_float": _NUMBER,
        "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
        "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
        "finite_number": ("应为有限的数", "must be a finite number"),
        "decimal_type": _AMOUNT,
        "decimal_parsing": _AMOUNT,
        "bool_type": ("应为 true 或 false", "expected true or false"),
        "bool_parsing": ("应为 true 或 false", "expected true or false"),
        "datetime_type": _TIME,
        "datetime_parsing": _TIME,
        "datetime_from_date_parsing": _TIME,
        "datetime_object_invalid": _TIME,
        "invalid_key": ("键应为文字", "a key should be a text"),
        "tuple_type": ("应为列表", "expected a list"),
        "dict_type": _MAPPING,
        "model_type": _MAPPING,
        "model_attributes_type": _MAPPING,
    }
)
_OF_PYDANTIC = frozenset({"function-after", "constrained-str", "datetime", "[key]"})
"""Steps of a path that pydantic adds of its own."""


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """A validation error as problems by field, each once; values, which may be personal data, are left out."""
    found: dict[Problem, None] = {}
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"] if part not in _OF_PYDANTIC)
        context = item.get("ctx", {})
        own = context.get("error")
        if "[key]" in item["loc"]:  # else its value seems to be to blame
            zh, en = _WORDS["invalid_key"]
        elif isinstance(own, ContractError):
            zh, en = own.zh, own.en
        elif item["type"] in _WORDS:
            zh, en = (words.format_map(context) for words in _WORDS[item["type"]])
        else:
            zh, en = "不合格式", item["msg"]
        found[Problem(path, zh, en)] = None
    return tuple(found)
