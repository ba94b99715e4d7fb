"""Check that relative links in the documentation lead somewhere and that schemas are what the code gives."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import orjson
from make_code_pages import page as code_page
from make_rule_pages import page as rule_page

from funnel.diagnostics._catalog import CATALOG
from funnel.pack.loader import load_pack
from funnel.schemas import NAMES, schema

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def broken_links() -> list[str]:
    found = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        targets = LINK.findall(page.read_text(encoding="utf-8"))
        inner = (t for t in targets if "://" not in t and not t.startswith("mailto:"))
        found += [f"{page.relative_to(ROOT)}: {t}" for t in inner if not (page.parent / t).exists()]
    return found


def stale_schemas() -> list[str]:
    pack = load_pack("cn-ecommerce")
    found = []
    for name in NAMES:
        wanted = orjson.dumps(schema(name, pack), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        path = ROOT / "schema" / f"{name}.schema.json"
        if not path.is_file() or path.read_bytes() != wanted:
            found.append(f"{path.relative_to(ROOT)}: run `make schema`")
    return found


def stale_pages() -> list[str]:
    pack = load_pack("cn-ecommerce")
    wanted = {f"rules/{r.id.replace('.', '/', 1)}.md": rule_page(pack, r) for r in pack.rules.values()}
    wanted |= {f"codes/{code}.md": code_page(code) for code in CATALOG}
    found = []
    for name, text in wanted.items():
        path = ROOT / "docs" / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(f"docs/{name}: run `make docs`")
    return found


def missing_pages() -> list[str]:
    pages = {path.stem for path in (ROOT / "docs" / "codes").glob("F*.md")}
    return [f"docs/codes/{code}.md is missing" for code in sorted(set(CATALOG) - pages)] + [
        f"docs/codes/{page}.md is about no code" for page in sorted(pages - set(CATALOG))
    ]


def main() -> None:
    problems = [*broken_links(), *stale_schemas(), *stale_pages(), *missing_pages()]
    print("\n".join(problems) or "docs: links, schemas and code pages are in order")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
