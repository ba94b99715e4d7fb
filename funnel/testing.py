"""For the tests of packs: hypothesis strategies made from a pack's own vocabulary, and scenario files as pytest items.

With funnel installed, pytest collects each test of each scenario file once it is told where they are::

    # pyproject.toml
    [tool.pytest.ini_options]
    funnel_pack = "rules/mine"            # a folder, or the name of a shipped pack
    funnel_scenarios = "scenarios/mine"   # only files below this folder are collected
    testpaths = ["tests", "scenarios"]

A failing item shows what was expected, what came, and the conditions that stood in the way.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX, FactSpec
from funnel.pack.model import Pack

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_GRADES: Final = ("record", "evidence", "stated")
_FAR: Final = 1_000_000
_FEN: Final = 100


def facts_of(pack: Pack) -> tuple[str, ...]:
    """Names of the facts that a complaint may state in its ``facts``: declared, and not computed from others."""
    return tuple(
        name
        for name, spec in sorted(pack.vocabulary.facts.items())
        if not name.startswith(SIGNAL_PREFIX) and name not in BUILT_IN_DATES and spec.derivation is None
    )


def values(spec: FactSpec) -> SearchStrategy[Any]:
    """Values of a fact as a complaint writes them: yuan as text, dates as ISO text, sets as lists.

    Args:
        spec: The fact, as ``pack.vocabulary[name]`` gives it.
    """
    from hypothesis import strategies as st  # noqa: PLC0415 (a development dependency)

    match spec.type:
        case "bool":
            return st.booleans()
        case "enum":
            return st.sampled_from(sorted(spec.members))
        case "set":
            return st.lists(st.sampled_from(sorted(spec.members)), max_size=3, unique=True)
        case "date":
            return st.dates(dt.date(2021, 1, 1), dt.date(2026, 12, 31)).map(dt.date.isoformat)
    low = spec.low if spec.low is not None else 0
    high = spec.high if spec.high is not None else max(low, _FAR)
    whole = st.integers(low, high)
    if spec.type == "money":
        return whole.map(lambda fen: f"{fen // _FEN}.{fen % _FEN:02d}")
    return whole


def complaints(pack: Pack, *, facts: int = 12) -> SearchStrategy[dict[str, Any]]:
    """Complaints that a pack can read, in the contract's shape, with facts of every grade.

    Args:
        pack: The pack whose vocabulary is drawn from.
        facts: How many facts at most.

    Example:
        >>> @given(complaints(pack))  # doctest: +SKIP
        ... def test_money_never_moves_on_the_consumers_word_alone(complaint): ...
    """
    from hypothesis import strategies as st  # noqa: PLC0415 (a development dependency)

    names = facts_of(pack)

    def stated(name: str) -> SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"value": values(pack.vocabulary[name]), "grade": st.sampled_from(_GRADES)})

    @st.composite
    def build(draw: Any) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=facts, unique=True))
        moment = draw(st.datetimes(dt.datetime(2025, 6, 1), dt.datetime(2026, 12, 31)))  # noqa: DTZ001 (the pack's zone)
        return {
            "id": f"g-{draw(st.integers(0, 10**9))}",
            "received_at": moment.isoformat(timespec="seconds"),
            "facts": {name: draw(stated(name)) for name in chosen},
        }

    return build()
