"""Check that relative links in the documentation lead somewhere and that schemas are what the code gives."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import orjson
from make_code_pages import page as code_page
from make_contract_page import NAME as CONTRACT
from make_contract_page import REASONS, codes_of_contract
from make_contract_page import page as contract_page
from make_law_pages import pages as law_pages
from make_rule_pages import pages as rule_pages
from make_rule_pages import tests_of

from funnel.diagnostics._catalog import CATALOG
from funnel.pack.loader import load_pack
from funnel.pack.model import Pack
from funnel.schemas import NAMES, schema

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
ANCHOR = re.compile(r'<a id="([^"]+)">')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def broken_links() -> list[str]:
    """Links to files that are not there, and to anchors that their page has not."""
    texts = {page: page.read_text(encoding="utf-8") for page in (*ROOT.glob("*.md"), *DOCS.glob("**/*.md"))}
    anchors = {page: anchors_of(text) for page, text in texts.items()}
    found = []
    for page, text in texts.items():
        for target, anchor in LINK.findall(text):
            if "://" in target or target.startswith("mailto:"):
                continue
            to = (page.parent / target).resolve() if target else page
            if not to.exists():
                found.append(f"{page.relative_to(ROOT)}: {target}")
            elif anchor and to in anchors and anchor not in anchors[to]:
                found.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    return found


def anchors_of(text: str) -> frozenset[str]:
    """The anchors of a page: those it sets, and those of its headings as hosts of repositories make them."""
    slugs = (re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(text))
    return frozenset({*ANCHOR.findall(text), *slugs})


def stale_schemas(pack: Pack) -> list[str]:
    found = []
    for name in NAMES:
        wanted = orjson.dumps(schema(name, pack), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        path = ROOT / "schema" / f"{name}.schema.json"
        if not path.is_file() or path.read_bytes() != wanted:
            found.append(f"{path.relative_to(ROOT)}: run `make schema`")
    return found


def stale_pages(pack: Pack) -> list[str]:
    wanted = {**rule_pages(pack, tests_of(pack)), **law_pages(pack)}
    wanted[CONTRACT] = contract_page(pack)
    wanted |= {f"codes/{code}.md": code_page(code) for code in CATALOG}
    found = []
    for name, text in wanted.items():
        path = DOCS / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(f"docs/{name}: run `make docs`")
    made = (path for folder in ("rules", "law") for path in (DOCS / folder).rglob("*.md"))
    strays = sorted(
        path.relative_to(DOCS).as_posix() for path in made if path.relative_to(DOCS).as_posix() not in wanted
    )
    return found + [f"docs/{name}: made from nothing any more; run `make docs`" for name in strays]


def missing_pages() -> list[str]:
    pages = {path.stem for path in (ROOT / "docs" / "codes").glob("F*.md")}
    return [f"docs/codes/{code}.md is missing" for code in sorted(set(CATALOG) - pages)] + [
        f"docs/codes/{page}.md is about no code" for page in sorted(pages - set(CATALOG))
    ]


def unlike_codes() -> list[str]:
    return [
        f"reason code {code}: not both in docs/contract.md and tools/make_contract_page.py"
        for code in sorted(codes_of_contract() ^ set(REASONS))
    ]


def main() -> None:
    pack = load_pack("cn-ecommerce")
    problems = [*broken_links(), *stale_schemas(pack), *stale_pages(pack), *missing_pages(), *unlike_codes()]
    print("\n".join(problems) or "docs: links, schemas and generated pages are in order")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
