"""Signals: alternatives, gaps inside a clause, negation, hedges, normalisation; linear in the text."""

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.facts.normalise import normalise
from funnel.facts.phrases import PhraseError, parse
from funnel.facts.signals import Lexicon, ReadingSpec, Signal, _cue, _joined, _live, _overlaps
from funnel.facts.vocabulary import GRIEVANCES

WORDS = {"商家": ("商家", "卖家")}


def lexicon(*phrases, excepts=(), **options):
    made = tuple(p for source in phrases for p in parse(source, WORDS))
    barred = tuple(p for source in excepts for p in parse(source, WORDS))
    options = {"negators": ("没有", "没", "不是", "未"), "not_negators": ("没几天", "没想到"), "negation_breaks": ("就",), "hedges": ("如果", "是不是", "是否坏"), **options}  # fmt: skip
    return Lexicon([Signal("s", {"zh": "s"}, made, barred)], **options)


def found(text, *phrases, **options):
    return [(h.negated, text and h.phrase) for h in lexicon(*phrases, **options).scan(text).hits]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("商家就是不给退", True),
        ("卖家一直都不给我退", False),  # 不给…退 is not 不给退
        ("商家说这说那说了半天也不给退", False),  # the gap is too long
        ("商家来了。不给退", False),  # another clause
        ("商家 不給退", True),  # traditional, spaced
        ("商*家不 给 退", True),  # evasive
        ("商家不给\u200b退", True),  # zero-width
    ],
)
def test_a_gap_stays_inside_a_clause_and_below_its_length(text, hit):
    assert bool(found(text, "{商家}<6>不给退")) is hit


def test_alternatives_may_hold_gaps_and_nest():
    for text in ("甲丙", "乙x丙", "丁丙"):
        assert found(text, "(甲|乙…|(丁|戊))丙")


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("等了2.5小时才到", True),
        ("等了1,280秒才到", True),
        ("等了2.小时才到", False),
        ("等了.5小时才到", False),
        ("等了2。5小时才到", False),
        ("等了一会,5点才到", False),
    ],
)
def test_a_point_or_comma_inside_a_number_ends_no_clause(text, hit):
    assert bool(found(text, "等了<8>才到")) is hit


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("主要是坏掉了", True),
        ("要是坏掉了", False),
        ("主要是要是坏掉了怎么办", False),  # one hedge inside a longer word, one of its own
        ("主 要 是坏掉了", True),
    ],
)
def test_a_hedge_inside_a_longer_word_that_is_none_hedges_nothing(text, hit):
    assert bool(found(text, "坏掉", hedges=("要是",), not_hedges=("主要是",))) is hit


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("东西坏掉了", False),
        ("东西没坏掉", True),
        ("没有坏掉", True),
        ("没几天坏掉", False),
        ("没用就坏掉", False),
        ("不是坏掉是不想要", True),
    ],
)
def test_a_negator_right_before_a_match_negates_it(text, negated):
    assert found(text, "坏掉") == [(negated, "坏掉")]


@pytest.mark.parametrize("text", ["如果坏掉怎么办", "是不是坏掉了", "不是没有坏掉", "是否坏掉"])
def test_hedges_and_double_negations_say_nothing(text):
    assert found(text, "坏掉") == []


def test_a_match_that_touches_an_exception_does_not_count():
    assert found("怀疑不是假货啊", "假货", excepts=["不是假货"]) == []
    assert found("就是假货", "假货", excepts=["不是假货"])


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("退100元", [10000]),
        ("最多退100元", []),
        ("客服说退100元,我要退300元", [30000]),
        ("客服说的,退100元", [10000]),
    ],
)
def test_a_cue_that_touches_an_exception_of_its_reading_is_none(text, sums):
    excepts = (*parse("最多退", {}), *parse("客服<4>退", {}))
    reading = ReadingSpec("claimed", "claimed", "amount", ("退",), (), 2, excepts)
    assert [bound.reading.value for bound in Lexicon((), [reading]).scan(text).readings] == sums


@pytest.mark.parametrize(
    ("source", "code"),
    [("甲", "F508"), ("(甲乙", "F506"), ("甲)乙", "F506"), ("{没有}甲", "F308"), ("甲<99>乙", "F506"), ("…甲乙", "F506"), ("甲，乙", "F519"), ("(" + "|".join("甲乙丙丁戊己庚辛壬癸") + ")" * 1 + "(一|二|三|四|五|六|七|八|九|十)" * 3, "F507")],
)  # fmt: skip
def test_malformed_phrases_are_refused_with_their_code(source, code):
    with pytest.raises(PhraseError) as caught:
        parse(source, WORDS)
    assert caught.value.code == code


@given(st.text(alphabet="退款 *\u200b１Ａａ繁體國、。\t-", max_size=40))
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text).text
    assert normalise(once).text == once


@given(st.text(alphabet="商家不给退 *\u200b１Ａ繁體國、。", max_size=40))
def test_every_hit_points_to_words_of_the_original(text):
    scan = lexicon("不给退", "{商家}<6>不给退").scan(text)
    for hit in scan.hits:
        start, end = scan.normal.span(hit.start, hit.end)
        assert 0 <= start < end <= len(text)
        assert normalise(text[start:end]).text in scan.normal.text


@given(st.text(max_size=200))
def test_no_text_raises(text):
    lexicon("{商家}<6>不给退", "坏掉").scan(text)


def test_matching_is_linear_in_hostile_texts(pack):
    for unit in ("不给退", "没有", "商家不给退没有退款"):
        times = []
        for size in (3_000, 12_000):
            text = unit * (size // len(unit))
            rounds = []
            for _ in range(3):  # the quickest: what else the machine does only adds
                gc.collect()  # and so does a great heap to be swept
                start = time.process_time()
                pack.lexicon.scan(text)
                rounds.append(time.process_time() - start)
            times.append(min(rounds))
        assert times[1] < 10 * times[0] + 0.1, unit  # four times the text; the square would be sixteen times


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1])), max_size=12),
    st.tuples(st.integers(0, 45), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1])),
)
def test_joined_exceptions_bar_exactly_what_one_of_them_bars(bars, hit):
    start, end = hit
    assert _overlaps(_joined(bars), start, end) == any(a < end and start < b for a, b in bars)


@pytest.mark.parametrize("said", ["付了199元，", "买了半个月还不发货，要退款，", "是不是主要是如果不是没有不"])
def test_a_text_ten_times_as_long_takes_some_ten_times_as_long(engine, said):
    def seconds(length):
        text = (said * length)[:length]
        began = time.process_time()
        engine.decide({"id": "c", "text": text})
        return time.process_time() - began

    seconds(4_000)
    assert seconds(40_000) < 40 * max(seconds(4_000), 0.01)  # by squares it would be a hundred times


_SPOTS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4)).map(lambda p: (p[0], p[0] + p[1])), max_size=8)


@given(_SPOTS, _SPOTS)
def test_a_word_inside_a_longer_one_is_found_as_by_looking_at_each(words, longer):
    found = _live({0: words, 1: longer}, frozenset({0}), frozenset({1}))
    assert found == sorted(p for p in words if not any(a <= p[0] and p[1] <= b for a, b in longer))


@given(_SPOTS, _SPOTS, st.integers(0, 30), st.integers(0, 9), st.lists(st.integers(0, 35), max_size=4))
def test_the_nearest_cue_of_a_value_is_found_as_by_looking_at_each(before, after, at, within, ends):
    ends = sorted(ends)
    gaps = [(at - p[1], p, p[1], at) for p in before] + [(p[0] - at - 2, p, at + 2, p[0]) for p in after]
    near = [(gap, p) for gap, p, low, high in gaps if 0 <= gap <= within and not any(low <= end < high for end in ends)]
    got = _cue(sorted((p[1], p) for p in before), sorted((p[0], p) for p in after), (at, at + 2), within, ends)
    assert got == (min(near)[1] if near else None)


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("我颜色买错了想退货 店家甩一句不管", False),  # a stop between four characters and four more
        ("买错了想退货 也不管", True),  # fewer on one side
        ("我颜色买错了想退货店家甩一句不管", True),
        ("我想退 货店家甩一句就是不管", True),  # a word with a blank in it is still the word
    ],
)
def test_a_blank_for_a_stop_ends_the_clause_of_what_names_a_matter_and_parts_no_word(text, hit):
    phrases = tuple(parse("退货<8>不管", WORDS))
    naming = Signal("s", {"zh": "s"}, phrases, (), ((GRIEVANCES, frozenset({"x"})),))
    assert bool(Lexicon([naming]).scan(text).hits) is hit
    assert found(text, "退货<8>不管")  # what may bar is heard across it


@pytest.mark.parametrize(
    ("text", "negated"), [("衣服我都没有 退货他不肯", True), ("衣服我是没有的 退货他不肯给", False)]
)
def test_what_denies_reaches_over_no_such_blank(text, negated):
    assert [one for one, _ in found(text, "退货")] == [negated]
