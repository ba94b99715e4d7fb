"""Conditions as authors write them, drawn at random over the small pack's vocabulary."""

import json

from hypothesis import strategies as st

from funnel.diagnostics import Diagnostics
from funnel.pack._conditions import ConditionReader
from funnel.pack._nodes import load_bytes
from funnel.pack._reader import Reader

LEAVES = (
    {"goods_intact": True},
    {"goods_intact": {"is_not": False}},
    {"defect_shown": False},
    {"goods_kind": "fresh"},
    {"goods_kind": {"in": ["custom", "fresh"]}},
    {"quantity": {"at_least": 2}},
    {"quantity": {"between": [2, 5]}},
    {"price_paid": {"more_than": "100.00"}},
    {"days_since_receipt": {"at_most": "param.return_days"}},
    {"signed_on": {"known": True}},
    {"claim": "refund"},
    {"grievance": ["refused", "broken"]},
    {"signal": "intact"},
    {"signal": ["broken", "injury"]},
    {"goods_intact": True, "quantity": {"at_most": 3}},
)
"""What may stand alone; the last says two things at once."""


def _groups(inner):
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        lists.map(lambda items: {"all": items}),
        lists.map(lambda items: {"any": items}),
        inner.map(lambda item: {"not": item}),
    )


conditions = st.recursive(st.sampled_from(LEAVES), _groups, max_leaves=8)
"""Conditions as plain data, in the shape of the file."""


def node(content):
    """Plain data as it would stand in a file: JSON is YAML."""
    sink = Diagnostics()
    found = load_bytes(json.dumps(content, ensure_ascii=False).encode(), "rule.yaml", sink)
    assert not len(sink), sink.sorted()
    return found


def reader(pack):
    """A reader of conditions against a pack, and where it puts what is wrong."""
    sink = Diagnostics()
    made = ConditionReader(Reader(sink), pack.vocabulary.facts, pack.lexicon.signals, pack.register.parameters)
    return made, sink


def read(pack, content):
    """The condition that plain data means."""
    conditions_, sink = reader(pack)
    found = conditions_.read(node(content))
    assert not len(sink), sink.sorted()
    return found
