"""Dated parameters, resolved once a window."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from types import MappingProxyType

from funnel.engine.evaluate import Parameters
from funnel.law.register import Register


class ParameterTable:
    """The value of every parameter on any day. Immutable: one mapping for each window between changes."""

    def __init__(self, register: Register) -> None:
        days = {
            day
            for parameter in register.parameters.values()
            for value in parameter.values
            for day in (value.from_, value.until)
            if day is not None
        }
        self._days = sorted(days)
        self._windows = [self._on(register, None), *(self._on(register, day) for day in self._days)]

    @staticmethod
    def _on(register: Register, day: dt.date | None) -> Parameters:
        found = {
            name: value.value
            for name, parameter in register.parameters.items()
            for value in parameter.values
            if day is not None and value.in_force(day)
        }
        return MappingProxyType(found)

    def on(self, day: dt.date) -> Parameters:
        """Every parameter that has a value on that day."""
        return self._windows[bisect_right(self._days, day)]
