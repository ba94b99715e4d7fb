"""The pytest plugin (see `funnel.testing`). Imports of funnel are late: every pytest run on the machine loads this."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from funnel.author.scenario_tests import Result, ScenarioTest

_COMPILED = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the two settings."""
    parser.addini("funnel_pack", "pack that scenario files test: a folder or the name of a shipped one", default="")
    parser.addini("funnel_scenarios", "folder whose scenario files are collected", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario file below the folder that was named."""
    folder = parent.config.getini("funnel_scenarios")
    if not folder or file_path.suffix not in {".yaml", ".yml"}:
        return None
    if not file_path.is_relative_to((parent.config.rootpath / folder).resolve()):
        return None
    made: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return made


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its tests; a file that cannot be read is one error with every finding."""
        from funnel.author.scenario_tests import load_suite  # noqa: PLC0415 (see the module)

        compiled = _compiled(self.config)
        suite = load_suite(compiled.pack, [self.path])
        if suite.diagnostics:
            lines = [f"{d.span}: {d.code}: {d.message('zh')}" for d in suite.diagnostics]
            raise self.CollectError("\n".join(lines))
        for test in suite.tests:
            yield ScenarioItem.from_parent(self, name=test.name, test=test)


class ScenarioItem(pytest.Item):
    """One sentence of law."""

    def __init__(self, *, test: ScenarioTest, **more: Any) -> None:
        super().__init__(**more)
        self.test = test

    def runtest(self) -> None:
        """Decide its complaint and compare."""
        from funnel.author.scenario_tests import run  # noqa: PLC0415 (see the module)

        result = run(_compiled(self.config), self.test)
        if not result.passed:
            raise ScenarioFailedError(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected and what came; no traceback, as no line of Python is at fault."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file and the line of the sentence."""
        return self.path, self.test.span.line - 1, f"{self.test.rule}: {self.name}"


class ScenarioFailedError(Exception):
    """A scenario test came out otherwise than expected."""

    def __init__(self, result: Result) -> None:
        lines = [f"{result.test.rule}: {result.test.name}", f"  {result.test.span}"]
        lines += [f"  {m.key}: 应为 {m.expected}, 实为 {m.got}" for m in result.mismatches]
        super().__init__("\n".join([*lines, *(f"  原因: {why}" for why in result.killers)]))


def _compiled(config: pytest.Config) -> Any:
    if _COMPILED not in config.stash:
        import funnel  # noqa: PLC0415 (see the module)
        from funnel.engine.decide import compile_pack  # noqa: PLC0415 (see the module)

        name = config.getini("funnel_pack") or "cn-ecommerce"
        folder = config.rootpath / name
        config.stash[_COMPILED] = compile_pack(funnel.load_pack(folder if folder.is_dir() else name))
    return config.stash[_COMPILED]
