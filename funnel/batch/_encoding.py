"""What a text file is written in: found out from its bytes, never asked for, never guessed over."""

from __future__ import annotations

import codecs
import re
from typing import Protocol

from funnel.batch.rows import RowProblem

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CJK = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]")


class Readable(Protocol):
    """Gives bytes; fewer than asked for is not the end, none is."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes."""
        ...


def decodes(sample: bytes, encoding: str) -> bool:
    """Whether bytes are text in an encoding; a character cut off at the end is no matter."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


def sniff_encoding(sample: bytes) -> str:
    """The encoding of a text file from its beginning: BOM, else UTF-8 if it decodes, else that of the header, else of most lines."""
    if sample.startswith(UTF16_MARKS):
        return "utf-16"
    if sample.startswith(codecs.BOM_UTF8) or decodes(sample, "utf-8"):
        return "utf-8"
    lines = sample.splitlines()
    if not sample.endswith((b"\n", b"\r")):
        lines = lines[:-1] or lines  # the last one may be cut
    header = next((line for line in lines if line.strip()), b"")
    if not header.isascii():  # a header that does not decode would cost every row
        return "utf-8" if decodes(header, "utf-8") else "gb18030"
    lines = [line for line in lines if not line.isascii()]
    good = sum(decodes(line, "utf-8") for line in lines)
    return "utf-8" if good * 2 > len(lines) else "gb18030"  # the odd rows become rejects, whichever it is


class Recoded:
    """A stream turned into UTF-8 as it is read. What does not decode comes out as bytes that are no UTF-8 either."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        # Lone surrogates (UTF-16) and stray bytes (GB18030) survive as such, so that their row is rejected, not mended.
        self._errors = "surrogatepass" if encoding == "utf-16" else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._done = False

    def read(self, size: int, /) -> bytes:
        """Up to some bytes; empty only at the end."""
        while not self._done:
            data = self._stream.read(size)
            self._done = not data
            try:
                text = self._decoder.decode(data, final=self._done)
            except UnicodeDecodeError:  # half a character at the end of the file
                return b"\xff"
            if text:
                return text.encode("utf-8", self._errors)
        return b""


class RowDecoder:
    """Decodes row after row. A file that was plain ASCII so far may still turn out to be GB18030.

    Args:
        encoding: ``utf-8`` or ``gb18030``.
        sure: Whether the beginning of the file has shown it; else the first row that is not ASCII does.
    """

    def __init__(self, encoding: str, *, sure: bool) -> None:
        self.encoding = encoding
        self._sure = sure

    def decode(self, data: bytes) -> tuple[str | None, RowProblem | None]:
        """The text of a row, or why it has none."""
        if data.isascii():
            return data.decode("ascii"), None
        if not self._sure:
            if self.encoding == "utf-8" and not decodes(data, "utf-8") and decodes(data, "gb18030"):
                self.encoding = "gb18030"
            self._sure = True
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError as error:
            return None, RowProblem(
                "undecodable",
                f"这一行第 {error.start + 1} 个字节起不是 {self.encoding} 编码",
                f"not {self.encoding} from byte {error.start + 1} of the row on",
            )
        if self.encoding == "gb18030" and _is_utf8(data):
            # Three bytes of UTF-8 often make one and a half characters of GB18030: it decodes, into nonsense.
            return None, RowProblem(
                "undecodable",
                "这一行是 utf-8 编码，文件其余部分是 gb18030",
                "this row is in utf-8, the rest of the file in gb18030",
            )
        return text, None


def _is_utf8(data: bytes) -> bool:
    try:
        return _CJK.search(data.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False
