"""Cells of a workbook that have no value: errors such as #N/A, and formulas that nobody has reckoned.

What reads workbooks gives both as empty cells, and an order without its amount would be decided as if nobody had told it.

A workbook is a stranger's file. Python's XML reader loads nothing from elsewhere, and its expat (2.4.1 or later, in every Python
that this library runs on) ends entities that expand without bound with an error, which is told as a workbook that cannot be read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from posixpath import join, normpath
from typing import IO, Final
from xml.etree import ElementTree as ET

from funnel.batch.rows import Unreckoned

Place = tuple[int, int]
"""Row and column of a cell, from 0."""

_TELLING: Final = re.compile(rb"""\st=["']e["']|<(?:\w+:)?f[\s>/]""")
"""What stands in a sheet that has an error or a formula; most have neither, and are not parsed."""
_LONGEST: Final = 64
_CHUNK: Final = 1 << 20
_REFERENCE: Final = re.compile(r"^([A-Z]{1,3})([0-9]{1,7})$")
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Faults:
    """The cells without a value of a workbook.

    Args:
        data: The file. One that is no .xlsx (an old .xls) says nothing of such cells.
    """

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data)) if zipfile.is_zipfile(io.BytesIO(data)) else None
        self._members = dict(self._sheets()) if self._archive is not None else {}

    def of(self, sheet: str) -> Mapping[Place, Unreckoned]:
        """The cells of a sheet that have no value, with what stands there.

        Raises:
            xml.etree.ElementTree.ParseError: The sheet is damaged.
        """
        member = self._members.get(sheet)
        if self._archive is None or member is None or member not in self._archive.namelist():
            return {}
        with self._archive.open(member) as file:
            if not _is_telling(file):
                return {}
        with self._archive.open(member) as file:
            return dict(_found(file))

    def _sheets(self) -> Iterator[tuple[str, str]]:
        """Each sheet's name and where it is kept."""
        assert self._archive is not None  # noqa: S101 (the caller has looked)
        names = self._archive.namelist()
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(names):
            return
        targets = {
            item.get("Id"): item.get("Target", "")
            for item in ET.fromstring(self._archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 (see the module)
        }
        for item in ET.fromstring(self._archive.read("xl/workbook.xml")).iter():  # noqa: S314 (see the module)
            if _tag(item) == "sheet" and (target := targets.get(item.get(_RELATION))):
                yield item.get("name", ""), target[1:] if target.startswith("/") else normpath(join("xl", target))


def _is_telling(file: IO[bytes]) -> bool:
    before = b""
    while chunk := file.read(_CHUNK):
        if _TELLING.search(before + chunk):
            return True
        before = chunk[-_LONGEST:]
    return False


def _found(file: IO[bytes]) -> Iterator[tuple[Place, Unreckoned]]:
    row, column = -1, -1
    for event, item in ET.iterparse(file, ("start", "end")):  # noqa: S314 (see the module)
        kind = _tag(item)
        if event == "start" and kind == "row":
            row, column = int(item.get("r", row + 2)) - 1, -1
        elif event == "start" and kind == "c":
            reference = _REFERENCE.match(item.get("r", ""))
            column = _column(reference[1]) if reference else column + 1  # a cell need not say where it is
        elif event == "end" and kind == "c":
            if (fault := _fault(item)) is not None:
                yield (row, column), fault
        elif event == "end" and kind == "row":
            item.clear()


def _fault(cell: ET.Element) -> Unreckoned | None:
    parts = {_tag(part): part.text or "" for part in cell}
    if cell.get("t") == "e":
        return Unreckoned(parts.get("v") or "#?")
    # A text (t="str") may be empty; what should be a number and has none was never reckoned.
    if "f" in parts and not parts.get("v") and cell.get("t", "n") == "n":
        return Unreckoned(f"={parts['f']}")
    return None


def _tag(item: ET.Element) -> str:
    return item.tag.rpartition("}")[2]


def _column(letters: str) -> int:
    found = 0
    for letter in letters:
        found = 26 * found + ord(letter) - ord("A") + 1
    return found - 1
