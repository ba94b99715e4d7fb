"""The pack digest: SHA-256 over the canonical form of what the files mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from funnel.pack._nodes import ListNode, Node, ScalarNode

_UNORDERED = frozenset(
    {
        "all", "any", "in", "not_in", "contains_any", "contains_all", "unless", "basis", "supports", "phrases", "except",
        "before", "after", "negators", "not_negators", "negation_breaks", "hedges", "not_hedges", "overrides", "forums",
        "keys", "holidays", "workdays", "statutory", "also", "versions", "claim", "grievance", "values",
    }
)  # fmt: skip
"""Fields whose lists mean sets: their order is not part of the meaning."""


def canonical(node: Node, field: str = "") -> Any:
    """Plain data that is equal for files that mean the same."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        items = [item.value if isinstance(item, ScalarNode) else canonical(item) for item in node.items]
        return sorted(items, key=_key) if field in _UNORDERED else items
    return {
        name: value.value if isinstance(value, ScalarNode) else canonical(value, name)
        for name, value in node.values.items()
        if name != _MARGINAL
    }


_MARGINAL = "funnel"
"""The format version is about the file, not about its meaning."""


def _key(value: Any) -> str:
    # As the encoder below writes a text, without making an encoder for each of ten thousand phrases.
    return encode_basestring(value) if isinstance(value, str) else _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


def digest(sections: Mapping[str, Any]) -> str:
    """Hex SHA-256 of canonical sections."""
    return hashlib.sha256(_ENCODER.encode(sections).encode("utf-8")).hexdigest()


def merge_sections(files: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Canonical sections of a pack from what its files mean: ``{path: (section, content)}``.

    Names in one section may be spread over any number of files; that is not part of the meaning.
    """
    sections: dict[str, Any] = {}
    for _, (section, content) in sorted(files.items()):
        if not isinstance(content, dict):
            continue
        target = sections.setdefault(section, {})
        for key, value in content.items():
            held = target.get(key)
            if isinstance(value, dict) and isinstance(held, dict):
                held.update(value)  # in place: a section may be spread over thousands of files
            elif isinstance(value, list) and isinstance(held, list):
                target[key] = sorted([*held, *value], key=_key)
            else:
                target[key] = value
    return sections
