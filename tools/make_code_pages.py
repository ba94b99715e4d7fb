"""Write `docs/codes/`: one page a diagnostic code, from the catalogue and the faults that the tests plant."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from test_analysis import FAULTS  # noqa: E402 (found through the path above)
from test_diagnostics import CHANGES, TRAPS  # noqa: E402 (found through the path above)

from funnel.diagnostics._catalog import CATALOG  # noqa: E402 (as above)

GROUPS = {
    "1": ("YAML 写法与陷阱", "YAML and its traps"),
    "2": ("文件的结构", "shape of a file"),
    "3": ("名字", "names"),
    "4": ("法律", "law"),
    "5": ("规则的含义", "meaning of rules"),
    "6": ("场景测试", "scenario tests"),
    "7": ("推演：规则之间", "analysis: rules against each other"),
    "8": ("相似度", "likeness"),
}


def plain(template: str) -> str:
    """A template for reading: blanks become dots, doubled braces single ones."""
    words = template.replace("{{", "\x01").replace("}}", "\x02")
    out, depth = "", 0
    for char in words:
        if char == "{":
            depth, out = 1, out + "…"
        elif char == "}":
            depth = 0
        elif not depth:
            out += char
    return out.replace("\x01", "{").replace("\x02", "}").strip()


def page(code: str) -> str:
    """One page."""
    entry = CATALOG[code]
    zh, en = GROUPS[code[1]]
    severity = {"error": "错误 error：规则包不会载入", "warning": "警告 warning：规则包照常载入"}[entry.severity]
    lines = [
        f"# {code} {plain(entry.zh)}",
        "",
        f"*{zh} · {en}*",
        "",
        severity,
        "",
        "**办法**：" + plain(entry.help_zh),
        "",
    ]
    if code in TRAPS:
        source = TRAPS[code]
        text = source if isinstance(source, str) else source.decode("gb18030")
        lines += ["会报这个错的写法：", "", "```yaml", text.rstrip("\n"), "```", ""]
    elif code in CHANGES or code in FAULTS:
        name, old, new = CHANGES[code] if code in CHANGES else FAULTS[code][0]
        lines += [f"正确的写法（`{name}`）：", "", "```yaml", old.strip("\n"), "```", "", "会报这个错的写法："]
        lines += ["", "```yaml", new.strip("\n") or "（这一行没有了）", "```", ""]
    lines += ["## In English", "", f"**{plain(entry.en)}**", "", "Way out: " + plain(entry.help_en), ""]
    return "\n".join(lines)


def main() -> None:
    folder = ROOT / "docs" / "codes"
    folder.mkdir(parents=True, exist_ok=True)
    index = [
        "# 诊断代码 Diagnostic codes",
        "",
        "`funnel check` 报出的每个代码一页。代码不会改作他用。 A page for each code; codes are never reused.",
        "",
    ]
    for group, (zh, en) in GROUPS.items():
        index += [f"## F{group}xx {zh} {en}", ""]
        for code in sorted(c for c in CATALOG if c[1] == group):
            (folder / f"{code}.md").write_text(page(code), encoding="utf-8")
            index.append(f"- [{code}]({code}.md) {plain(CATALOG[code].zh)} · {plain(CATALOG[code].en)}")
        index.append("")
    (folder / "README.md").write_text("\n".join(index), encoding="utf-8")


if __name__ == "__main__":
    main()
