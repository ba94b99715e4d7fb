"""The pack digest: SHA-256 over the canonical form of what the files mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from funnel.pack._nodes import ListNode, MapNode, Node, ScalarNode

_UNORDERED = frozenset(
    {
        "all", "any", "in", "not_in", "contains_any", "contains_all", "unless", "basis", "supports", "phrases", "except",
        "before", "after", "negators", "not_negators", "negation_breaks", "hedges", "overrides", "forums", "keys",
        "holidays", "workdays", "statutory", "also", "versions", "claim", "grievance", "values",
    }
)  # fmt: skip
"""Fields whose lists mean sets: their order is not part of the meaning."""


def canonical(node: Node, field: str = "") -> Any:
    """Plain data that is equal for files that mean the same."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        items = [canonical(item) for item in node.items]
        return sorted(items, key=_key) if field in _UNORDERED else items
    return {key.value: canonical(value, key.value) for key, value in node.entries if not _is_marginal(key.value)}


def _is_marginal(key: str) -> bool:
    return key == "funnel"  # the format version is about the file, not about its meaning


def _key(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def digest(sections: Mapping[str, Any]) -> str:
    """Hex SHA-256 of canonical sections."""
    return hashlib.sha256(_key(sections).encode("utf-8")).hexdigest()


def merge_sections(files: Mapping[str, tuple[str, Node]]) -> dict[str, Any]:
    """Canonical sections of a pack from its files: ``{path: (section, node)}``.

    Names in one section may be spread over any number of files; that is not part of the meaning.
    """
    sections: dict[str, Any] = {}
    for _, (section, node) in sorted(files.items()):
        if not isinstance(node, MapNode):
            continue
        content = canonical(node)
        target = sections.setdefault(section, {})
        for key, value in content.items():
            if isinstance(value, dict) and isinstance(target.get(key), dict):
                target[key] = {**target[key], **value}
            elif isinstance(value, list) and isinstance(target.get(key), list):
                target[key] = sorted([*target[key], *value], key=_key)
            else:
                target[key] = value
    return sections
