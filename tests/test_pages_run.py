"""The Python on the pages for embedders: it runs as it stands, gives what it says, and is typed."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from funnel.queue import Funnel

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "README.zh-CN.md", "docs/queue.md", "docs/guide-embedders.md")
SAID = re.compile(r"^(?P<code>\S.*?)  # (?P<said>'[^']*'|True|False|\d+)(?P<more>.*)$")

if not all((ROOT / page).is_file() for page in PAGES):
    pytest.skip("an installed wheel has no pages", allow_module_level=True)


def code_of(page):
    text = (ROOT / page).read_text("utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_as_it_stands_and_gives_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, said = {}, []
    for line in code_of(page).splitlines():
        found = SAID.match(line)
        said += [(found["code"], ast.literal_eval(found["said"]))] if found else []
    for statement in ast.parse(code_of(page)).body:
        source = ast.unparse(statement)
        if isinstance(statement, ast.Expr):
            value = eval(source, names)  # noqa: S307 (our own pages)
            for code, expected in said:
                if ast.unparse(ast.parse(code)) == source:
                    assert value == expected, code
        else:
            exec(source, names)  # noqa: S102 (as above)
    assert said
    for kept in filter(lambda value: isinstance(value, Funnel), names.values()):
        kept.close()


def typed(*files):
    args = ["--strict", f"--config-file={ROOT / 'pyproject.toml'}", f"--cache-dir={ROOT / '.mypy_cache'}", *files]
    return subprocess.run([sys.executable, "-m", "mypy", *args], capture_output=True, text=True, check=False, cwd=ROOT)


WRONG = """from funnel import Engine, batch

engine = Engine("cn-ecommerce", lang="fr")
engine = Engine("cn-ecommerce", matcher="fast")
source = batch.open_source("c.csv", format="exel")
plan = batch.plan_for(engine.pack, lang="de")
summary = batch.run_batch([source], engine.decide, batch.assembler_for(engine.pack), lang="chinese")
print(batch.render_text(summary, "english"))
"""


def test_a_word_of_a_closed_set_is_checked_before_it_runs(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, "utf-8")
    found = typed(str(path))
    lines = {int(number) for number in re.findall(r"wrong\.py:(\d+): error", found.stdout)}
    assert lines == set(range(3, len(WRONG.splitlines()) + 1)), found.stdout + found.stderr


def test_the_python_of_the_pages_is_typed(tmp_path):
    files = []
    for page in PAGES:
        path = tmp_path / f"{Path(page).stem.replace('-', '_').replace('.', '_')}.py"
        path.write_text(code_of(page), "utf-8")
        files.append(str(path))
    found = typed(*files)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_commands_that_the_page_of_the_queue_lists_take_what_it_says():
    table = (ROOT / "docs/queue.md").read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    listed = re.findall(
        r"`(\w+)\(([\w, *]*)\)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    )
    assert len(listed) > 15
    for name, given in listed:
        takes = inspect.signature(getattr(Funnel, name)).parameters
        plain, _, named = given.partition("*")
        plain, named = ({word for word in part.split(", ") if word} for part in (plain.strip(" ,"), named.strip(" ,")))
        assert plain | named <= takes.keys(), name
        assert named == {word for word in plain | named if takes[word].kind is inspect.Parameter.KEYWORD_ONLY}, name
        assert ("command_id" in takes) == (name != "renew"), name
        assert {p.name for p in takes.values() if p.default is p.empty and p.name != "self"} <= plain | named, name
