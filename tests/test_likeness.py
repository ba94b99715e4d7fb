"""Likeness: what a text reads like by a table that was learnt; the table's file; and that no file of it does harm."""

import base64
import json
import math
import re
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.facts.likeness import (
    GATE,
    LEAST_OF_SENTENCE,
    LEAST_OF_TEXT,
    MAX_GRAMS,
    MAX_TRAITS,
    NONE,
    Likeness,
    LikenessError,
    Table,
    Trait,
    grams,
    parse,
    quantised,
    rarity_of,
    together,
)
from funnel.facts.normalise import normalise

ALPHABET = "退款没到货天不给换假的坏"
CHARS = st.sampled_from(ALPHABET)
GRAMS = st.text(CHARS, min_size=1, max_size=2)
FIGURES = st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 5))
TEXTS = st.text(st.sampled_from(ALPHABET + "，。 12ab"), max_size=60)


@st.composite
def parts(draw, names, some=GRAMS):
    """What a table is made of."""
    names = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    rarity = draw(st.dictionaries(some, st.integers(1, 255), min_size=1, max_size=60))
    weights = {gram: draw(st.binary(min_size=len(names), max_size=len(names))) for gram in rarity}
    scales = st.floats(1e-4, 2).map(lambda x: float(f"{x:.6g}"))
    return [Trait(name, draw(FIGURES), draw(scales), draw(FIGURES)) for name in names], rarity, weights


@st.composite
def likenesses(draw):
    """Small ones, of any content that `Likeness` allows."""
    near, sure, apart = draw(FIGURES), draw(FIGURES), draw(FIGURES)
    return Likeness.made(
        *draw(parts([NONE, GATE + "injury", "late", "fake", "broken"])),
        examples=draw(st.text("0123456789abcdef")),
        near=near,
        sure=sure,
        apart=apart,
        sentences=draw(st.none() | tables()),
    )


def tables():
    """Tables of sentences."""
    edges = st.builds(str.__add__, st.just("^"), CHARS) | st.builds(str.__add__, CHARS, st.just("$"))
    return parts([GATE + "injury", GATE + "refunded", GATE + "minor"], GRAMS | edges).map(lambda made: Table.of(*made))


def figures(content):
    """What a file says, read without the library: rarities as steps, weights as signed numbers."""
    names = content["grams"].split(" ")
    table = zlib.decompress(base64.b64decode(content["table"]))
    lanes = len(content["traits"]) + 1
    assert len(table) == lanes * len(names)
    rows = {name: table[i * lanes : (i + 1) * lanes] for i, name in enumerate(names)}
    return content["traits"], {n: r[0] for n, r in rows.items()}, {n: [b - 128 for b in r[1:]] for n, r in rows.items()}


def plain(file, normal, *, sentence=False):
    """The margins of a text, computed in the way of a textbook: vectors of floats, their product, the bias."""
    content = json.loads(file)
    traits, rarity, weights = figures(content["sentences"] if sentence else content)
    known = sorted(gram for gram in grams(normal, edges=sentence) if gram in rarity)
    if len(known) < (LEAST_OF_SENTENCE if sentence else LEAST_OF_TEXT):
        return None
    # A row's weight holds the rarity of its gram already; the text's vector is put to length one.
    length = math.sqrt(math.fsum(rarity_of(rarity[gram]) ** 2 for gram in known))
    return {
        trait["name"]: trait["bias"] + math.fsum(weights[g][i] * trait["scale"] for g in known) / length
        for i, trait in enumerate(traits)
    }


# --- grams ----------------------------------------------------------------------------------------------------------------


@given(text=TEXTS)
def test_grams_are_the_characters_and_the_neighbours_inside_one_run(text):
    """Written here again by hand: go through the text, join neighbours unless a mark or a space stands between."""
    found, last, digit = set(), "", False
    for char in text:
        if char in "0123456789":
            if digit:
                continue
            char, digit = "0", True  # noqa: PLW2901 (what it counts as)
        else:
            digit = False
        if not char.isalnum():
            last = ""
            continue
        found |= {char, last + char}
        last = char
    assert grams(text) == found


@given(text=TEXTS)
def test_edges_are_the_first_and_the_last_character_of_each_run(text):
    more = grams(text, edges=True) - grams(text)
    runs = ["".join(run) for run in re.findall(r"[^\W_]+", re.sub("[0-9]+", "0", text))]
    assert more == {"^" + run[0] for run in runs} | {run[-1] + "$" for run in runs}
    assert grams(text) <= grams(text, edges=True)


@given(text=TEXTS, other=TEXTS)
def test_a_mark_parts_texts_and_order_of_parts_does_not_matter(text, other):
    assert grams(f"{text}，{other}") == grams(text) | grams(other) == grams(f"{other}。{text}")


@pytest.mark.parametrize("number", ["1", "12", "100000", "007"])
def test_which_number_it_is_tells_nothing(number):
    assert grams(f"扣了{number}元") == grams("扣了5元") == {"扣", "了", "0", "元", "扣了", "了0", "0元"}


@given(rarity=st.floats(1, 10))
def test_a_rarity_in_a_byte_is_near_the_rarity(rarity):
    assert abs(rarity_of(quantised(rarity)) - rarity) < 0.11
    assert 1 <= quantised(rarity) <= 255


@given(rarity=st.floats(0, 1e6))
def test_no_rarity_is_nought_in_its_byte_or_above_it(rarity):
    assert 1 <= quantised(rarity) <= 255


# --- comparing ------------------------------------------------------------------------------------------------------------


@settings(max_examples=120)
@given(likeness=likenesses(), text=TEXTS)
def test_comparing_is_the_plain_computation_from_the_files_own_figures(likeness, text):
    normal = normalise(text).text
    margins, want = likeness.compare(normal), plain(likeness.dump(), normal)
    assert (margins is None) == (want is None)
    if margins is not None:
        assert list(margins.of) == list(likeness.traits)
        assert margins.of == pytest.approx(want, abs=1e-9, rel=1e-9)


@settings(max_examples=120)
@given(likeness=likenesses(), text=TEXTS)
def test_comparing_a_sentence_is_the_same_computation_from_its_own_table(likeness, text):
    if likeness.sentences is None:
        return
    normal = normalise(text).text
    margins, want = likeness.sentences.compare_sentence(normal), plain(likeness.dump(), normal, sentence=True)
    assert (margins is None) == (want is None)
    if margins is not None:
        assert margins.of == pytest.approx(want, abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("text", ["付款半个月还不发货，我要退款", "孩子偷偷充值三百块", "味道不错，下次再来"])
def test_the_shipped_one_compares_as_its_file_says(pack, text):
    file = (Path(pack.root) / "likeness.json").read_text("utf-8")
    normal = normalise(text).text
    assert dict(pack.likeness.compare(normal).of) == pytest.approx(plain(file, normal), abs=1e-9)


@given(count=st.integers(0, 12), likeness=likenesses())
def test_a_text_of_too_few_known_grams_says_nothing(likeness, count):
    singles = [gram for gram in likeness.known if len(gram) == 1][:count]
    text = "，".join(singles)  # each stands alone, so that no pair is made
    assert (likeness.compare(text) is None) == (len(singles) < LEAST_OF_TEXT)


@given(likeness=likenesses(), text=TEXTS, times=st.integers(2, 4))
def test_saying_it_again_changes_nothing(likeness, text, times):
    assert likeness.compare("，".join([text] * times)) == likeness.compare(text)


@given(likeness=likenesses(), text=TEXTS)
def test_the_likest_comes_first_and_no_gate_is_among_them(likeness, text):
    margins = likeness.compare(text)
    if margins is None:
        return
    order = margins.ranked()
    assert sorted(order) == sorted(name for name in likeness.traits if not name.startswith(GATE))
    assert [margins.of[name] for name in order] == sorted((margins.of[name] for name in order), reverse=True)


@pytest.mark.parametrize("byte", [0, 255])
def test_a_text_that_holds_every_gram_of_the_largest_table_overflows_no_lane(byte):
    names = [chr(0x4E00 + i // 300) + chr(0x5000 + i % 300) for i in range(MAX_GRAMS)]
    traits = [Trait(name, 0.0, 1.0, 0.0) for name in ("a", "b", "c")]
    weights = bytes((byte, 128, 255 - byte))
    one = Likeness.made(
        traits, dict.fromkeys(names, 255), dict.fromkeys(names, weights), examples="", near=0, sure=0, apart=0
    )
    margins = one.compare("，".join(names)).of
    length = math.sqrt(MAX_GRAMS) * rarity_of(255)
    assert margins["a"] == pytest.approx(MAX_GRAMS * (byte - 128) / length)
    assert margins["b"] == 0
    assert margins["c"] == pytest.approx(MAX_GRAMS * (127 - byte) / length)


def test_a_very_long_text_takes_time_in_proportion_to_its_length(pack):
    """A million characters, every gram of the shipped table among them; ten times the text takes about ten times as long."""
    whole = "，".join(pack.likeness.known)

    def seconds(length):
        text = (whole * (length // len(whole) + 1))[:length]
        began = time.process_time()
        margins = pack.likeness.compare(text)
        assert margins is not None
        return time.process_time() - began, margins

    assert len(whole) < 200_000
    short, one = seconds(200_000)
    long, other = seconds(1_000_000)
    assert one == other
    assert long < 25 * short + 0.5
    want = plain((Path(pack.root) / "likeness.json").read_text("utf-8"), whole)
    assert dict(other.of) == pytest.approx(want, rel=1e-9, abs=1e-9)


# --- the file -------------------------------------------------------------------------------------------------------------


@settings(max_examples=120)
@given(likeness=likenesses(), text=TEXTS)
def test_what_is_written_is_read_as_it_was(likeness, text):
    file = likeness.dump()
    again = parse(file)
    assert again.dump() == file
    assert again == likeness
    assert again.compare(text) == likeness.compare(text)
    assert (again.sentences is None) == (likeness.sentences is None)
    if likeness.sentences is not None:
        assert again.sentences.compare_sentence(text) == likeness.sentences.compare_sentence(text)


def test_the_shipped_file_is_what_would_be_written(pack):
    assert pack.likeness.dump() == (Path(pack.root) / "likeness.json").read_text("utf-8")


GOOD = json.loads(
    Likeness.made(
        [Trait("late", -1.0, 0.5, 0.1), Trait(GATE + "injury", -1.0, 0.5, 0.2)],
        {"退": 3, "退款": 9, "款": 4},
        {"退": b"\x80\x81", "退款": b"\x00\xff", "款": b"\x10\x20"},
        examples="e",
        near=0.1,
        sure=0.5,
        apart=0.4,
        sentences=Table.of(
            [Trait(GATE + "injury", -1.0, 0.5, 0.2)], {"退": 3, "款$": 9}, {"退": b"\x80", "款$": b"\xff"}
        ),
    ).dump()
)
TABLE = zlib.decompress(base64.b64decode(GOOD["table"]))


def packed(table):
    return base64.b64encode(zlib.compress(table)).decode()


def trait(**more):
    return {"traits": [{**GOOD["traits"][0], **more}, GOOD["traits"][1]]}


BROKEN = {
    "another version": {"funnel": 2},
    "a version that is true": {"funnel": True},
    "no traits": {"traits": []},
    "a trait twice": {"traits": [GOOD["traits"][0], GOOD["traits"][0]]},
    "too many traits": {"traits": [{**GOOD["traits"][0], "name": str(n)} for n in range(MAX_TRAITS + 1)]},
    "traits in a mapping": {"traits": {"late": 1}},
    "a trait that is a word": {"traits": ["late"]},
    "a trait that is nothing": {"traits": [None]},
    "a trait without a figure": {"traits": [{"name": "late", "bias": 0, "scale": 1}]},
    "a trait whose name is a number": trait(name=5),
    "a bias that is true": trait(bias=True),
    "a bias that is a word": trait(bias="1"),
    "a bias that is no number": trait(bias=math.nan),
    "a scale without end": trait(scale=math.inf),
    "a cut above every float": trait(cut=10**400),
    "near no number": {"near": math.nan},
    "sure is true": {"sure": True},
    "apart is nothing": {"apart": None},
    "examples are a number": {"examples": 5},
    "grams in a list": {"grams": ["退", "款"]},
    "a gram twice": {"grams": "退 退 款"},
    "no grams": {"grams": "", "table": packed(TABLE[:3])},
    "an empty gram": {"grams": "退  款"},
    "too many grams": {"grams": " ".join(map(str, range(MAX_GRAMS + 1)))},
    "a table too short": {"table": packed(TABLE[:-1])},
    "a table too long": {"table": packed(TABLE + b"\x80")},
    "a table cut off": {"table": GOOD["table"][:-8]},
    "a table that is not packed": {"table": base64.b64encode(TABLE).decode()},
    "a table not in base 64": {"table": "退款"},
    "a table not in base 64 either": {"table": "!!!!"},
    "a table with something behind it": {"table": base64.b64encode(zlib.compress(TABLE) + b"x").decode()},
    "a table that is a number": {"table": 5},
    "a table that is nothing": {"table": None},
    "a bomb": {"table": packed(bytes(60_000_000))},
    "sentences that read like a scenario": {
        "sentences": {**GOOD["sentences"], "traits": [{**GOOD["sentences"]["traits"][0], "name": "late"}]}
    },
    "sentences that are nothing": {"sentences": None},
    "sentences without grams": {"sentences": {k: v for k, v in GOOD["sentences"].items() if k != "grams"}},
    "sentences with the table of the texts": {"sentences": {**GOOD["sentences"], "table": GOOD["table"]}},
    "a gram without rarity": {"table": packed(b"\x00" + TABLE[1:])},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_said_to_be_broken(what):
    text = json.dumps({**GOOD, **BROKEN[what]})
    began = time.process_time()
    with pytest.raises(LikenessError) as caught:
        parse(text)
    assert caught.value.zh
    assert caught.value.en
    assert time.process_time() - began < 3


@pytest.mark.parametrize("key", [key for key in GOOD if key != "sentences"])
def test_a_missing_part_is_said_to_be_missing(key):
    with pytest.raises(LikenessError, match=key):
        parse(json.dumps({k: v for k, v in GOOD.items() if k != key}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "{} {}", "退", "null", "5", "[]", '""', "\ufeff{}", "[" * 100_000, '{"a":' * 100_000, "9" * 10_000, '{"traits": %s}' % ("9" * 5_000), "NaN"],
    ids=lambda text: text[:12] or "nothing",
)  # fmt: skip
def test_what_is_no_such_json_is_an_error_of_its_own(text):
    with pytest.raises(LikenessError):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "name", "bias"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def harmless(text):
    """Reading is refused in the one way, or it gives a likeness that answers."""
    try:
        found = parse(text)
    except LikenessError:
        return
    margins = found.compare("退款退货，" * 10 + "".join(found.known))
    assert margins is None or margins.of.keys() == found.traits.keys()
    if found.sentences is not None:
        margins = found.sentences.compare_sentence("退款退货，" * 10 + "".join(found.sentences.known))
        assert margins is None or margins.of.keys() == found.sentences.traits.keys()


@settings(max_examples=120)
@given(content=JSON)
def test_no_json_raises_anything_else(content):
    harmless(json.dumps(content))


@settings(max_examples=120)
@given(key=st.sampled_from(list(GOOD)), value=JSON)
def test_no_part_of_any_shape_in_a_good_file_raises_anything_else(key, value):
    harmless(json.dumps({**GOOD, key: value}))


@settings(max_examples=120)
@given(key=st.sampled_from(["name", "bias", "scale", "cut"]), value=JSON)
def test_no_figure_of_any_shape_in_a_good_file_raises_anything_else(key, value):
    harmless(json.dumps({**GOOD, **trait(**{key: value})}))


@settings(max_examples=120)
@given(data=st.data())
def test_no_good_file_with_some_characters_changed_raises_anything_else(data):
    text = list(json.dumps(GOOD, ensure_ascii=False))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.text(max_size=3))
        if not text:
            break
    harmless("".join(text))


@given(table=st.binary(min_size=9, max_size=9))
def test_a_table_of_any_content_is_read_or_refused(table):
    harmless(json.dumps({**GOOD, "table": packed(table)}))


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.floats(-3, 3), st.floats(0, 3))
def test_a_sentence_reads_no_less_like_a_gate_for_reading_more_like_one_that_opens_some(margins, whichever, more):
    assert together(margins, whichever + more) >= together(margins, whichever) - 1e-9
    assert together(margins) == together(margins, 0.0) >= max(margins) - 1e-9
