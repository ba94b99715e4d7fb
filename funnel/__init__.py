"""funnel: triage of consumer complaints. Rules with their legal basis settle what they can; people get the rest.

>>> import funnel
>>> engine = funnel.Engine(funnel.load_pack("cn-ecommerce"))  # doctest: +SKIP
>>> engine.decide({"id": "c-1", "text": "买了半个月还不发货,我要退款"}).outcome  # doctest: +SKIP
'ask'
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funnel.complaint import Complaint, Consumer, Evidence, Merchant, Order
    from funnel.decision import Decision, Matter, Question, Reason, Referral, Remedy
    from funnel.diagnostics import Diagnostic, Span
    from funnel.engine.engine import Engine
    from funnel.engine.interview import Interview
    from funnel.engine.shadow import Shadow
    from funnel.errors import (
        AnswerError,
        ArgumentError,
        BatchError,
        ComplaintError,
        FunnelError,
        MappingError,
        PackError,
        PackNotFoundError,
        Problem,
        QueueError,
        SourceError,
    )
    from funnel.facts.values import Grade
    from funnel.pack.loader import check_pack, load_pack
    from funnel.pack.model import Pack

__version__ = "0.1.0"

__all__ = [
    "AnswerError",
    "ArgumentError",
    "BatchError",
    "Complaint",
    "ComplaintError",
    "Consumer",
    "Decision",
    "Diagnostic",
    "Engine",
    "Evidence",
    "FunnelError",
    "Grade",
    "Interview",
    "MappingError",
    "Matter",
    "Merchant",
    "Order",
    "Pack",
    "PackError",
    "PackNotFoundError",
    "Problem",
    "Question",
    "QueueError",
    "Reason",
    "Referral",
    "Remedy",
    "Shadow",
    "SourceError",
    "Span",
    "__version__",
    "check_pack",
    "load_pack",
]

# Where each name lives. Loaded when first used, so that `funnel --help` does not load pydantic.
_HOMES = MappingProxyType(
    {
        name: module
        for module, names in (
            ("funnel.complaint", ("Complaint", "Consumer", "Evidence", "Merchant", "Order")),
            ("funnel.decision", ("Decision", "Matter", "Question", "Reason", "Referral", "Remedy")),
            ("funnel.diagnostics", ("Diagnostic", "Span")),
            ("funnel.engine.engine", ("Engine",)),
            ("funnel.engine.interview", ("Interview",)),
            ("funnel.engine.shadow", ("Shadow",)),
            (
                "funnel.errors",
                (
                    "AnswerError",
                    "ArgumentError",
                    "BatchError",
                    "ComplaintError",
                    "FunnelError",
                    "MappingError",
                    "PackError",
                    "PackNotFoundError",
                    "Problem",
                    "QueueError",
                    "SourceError",
                ),
            ),
            ("funnel.facts.values", ("Grade",)),
            ("funnel.pack.loader", ("check_pack", "load_pack")),
            ("funnel.pack.model", ("Pack",)),
        )
        for name in names
    }
)


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'funnel' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every public name, loaded or not."""
    return sorted({*globals(), *__all__})
