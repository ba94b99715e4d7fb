"""The analysis says of a pack what brute force and z3 say of it, on packs drawn at random whose facts hang together."""

import pytest
from analysis_oracle import judged

PACKS, EACH = 300, 25
"""bench/agreement.py does the same with thousands."""


@pytest.mark.parametrize("first", range(0, PACKS, EACH))
def test_the_analysis_agrees_with_every_combination_tried_and_with_z3(first):
    for seed in range(first, first + EACH):
        verdict = judged(seed)
        assert verdict.by_z3 == verdict.expected, f"pack {seed}: the oracles disagree"
        assert verdict.found == verdict.expected, f"pack {seed}"
        assert verdict.undecided == 0, f"pack {seed}"
