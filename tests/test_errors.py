"""Exceptions travel: whatever is raised can be copied and sent to another process with all that it says."""

import ast
import copy
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import funnel
from funnel import errors
from funnel.complaint import ContractError
from funnel.errors import ComplaintError, FunnelError, PackError, Problem, TwoLanguageError
from funnel.facts.likeness import LikenessError
from funnel.facts.phrases import PhraseError

GOOD = {"id": "a", "text": "买了半个月还不发货，我要退款"}
EXTRAS = {"funnel.batch.spark", "funnel.batch.dask", "funnel._pytest_plugin", "funnel.__main__"}


def every_class():
    """The exceptions of the whole library, wherever they are; those with a private name never leave their module."""
    found = set()
    for module in pkgutil.walk_packages(funnel.__path__, "funnel."):
        if module.name in EXTRAS or ".migrations" in module.name:
            continue
        try:
            content = vars(importlib.import_module(module.name))
        except ImportError:  # an extra that is not installed
            continue
        found |= {
            item
            for item in content.values()
            if inspect.isclass(item)
            and issubclass(item, Exception)
            and item.__module__.startswith("funnel")
            and item.__name__[0] != "_"
        }
    return sorted(found, key=lambda item: (item.__module__, item.__name__))


def example(kind):
    """One of them, made from a text for each argument; those that take something else are made from that."""
    if issubclass(kind, ComplaintError):
        return kind([Problem("order.price", "应为数字", "expected a number"), Problem("", "空的", "empty")])
    if issubclass(kind, PackError):
        with pytest.raises(PackError) as caught:
            funnel.load_pack("tests/packs/nowhere")
        return kind("载入不了", "it does not load", caught.value.diagnostics)
    if issubclass(kind, PhraseError):
        return kind("F501", phrase="不|发货", near="a")
    words = ["没有", "none", "bad-id"]
    if not inspect.isfunction(kind.__init__):  # as any exception
        return kind(words[0])
    given = [p for p in inspect.signature(kind.__init__).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    return kind(*words[: len(given) - 1])


CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile("[a-z]{2,} [a-z]+ [a-z]{2,}")


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_whatever_is_raised_on_purpose_speaks_both_languages_each_by_itself(kind):
    if issubclass(kind, FunnelError) and kind is not FunnelError:
        error = example(kind)
        assert (error.text("zh"), error.text("en"), error.text()) == (error.zh, error.en, error.zh)


def said(node):
    """The words of a text in the source, without what is filled in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def calls():
    """Each call in the source that makes an error of two languages, Chinese first."""
    kinds = {kind.__name__ for kind in every_class() if issubclass(kind, TwoLanguageError)}
    for path in sorted(Path(funnel.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                yield f"{path.name}:{node.lineno}", node.args


def test_each_message_is_written_once_in_chinese_and_once_in_english():
    """Sentences of both languages stood in one, whatever --lang asked for."""
    found = list(calls())
    assert len(found) > 60
    for place, args in found:
        if isinstance(args[0], ast.Starred):
            continue
        zh, en = (said(arg) for arg in args[:2])
        assert not ENGLISH.search(zh), place
        assert not CHINESE.search(en), place


def same(one, two):
    assert type(one) is type(two)
    assert (one.args, str(one), vars(one)) == (two.args, str(two), vars(two))


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_library_is_the_same_after_a_pickle_and_a_copy(kind):
    error = example(kind)
    error.add_note("at row 3")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        same(error, pickle.loads(pickle.dumps(error, protocol)))
    same(error, copy.copy(error))
    same(error, copy.deepcopy(error))


def test_the_tree_holds_all_of_them():
    kinds = set(every_class())
    assert {PhraseError, LikenessError, ContractError, FunnelError} <= kinds
    assert {item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, Exception)} <= kinds


def test_what_is_wrong_with_a_pack_travels_with_its_findings(tmp_path):
    (tmp_path / "pack.yaml").write_text("funnel: 1\nid: x\nlangauge: zh\n", "utf-8")
    with pytest.raises(PackError) as caught:
        funnel.load_pack(tmp_path)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.diagnostics == caught.value.diagnostics
    assert [d.message("en") for d in again.diagnostics] == [d.message("en") for d in caught.value.diagnostics]


def outcome(complaint):
    return funnel.Engine("cn-ecommerce").decide(complaint).outcome


def test_one_bad_complaint_does_not_break_a_pool_of_processes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        bad, good = pool.submit(outcome, {"id": "a"}), pool.submit(outcome, GOOD)
        with pytest.raises(ComplaintError) as caught:
            bad.result(timeout=60)
        assert caught.value.problems == (
            Problem("", "投诉要有文字或事实，这件都没有", "a complaint needs a text or facts; this one has neither"),
        )
        assert good.result(timeout=60) in {"ask", "refer"}
