"""The human queue: what the engine refers reaches a person, with every clock honest and a record that stands up.

`Funnel` takes complaints in and keeps the cases; ``AsyncFunnel(Funnel(…))`` is the same for an event loop.
"""

from funnel.queue._async import AsyncFunnel
from funnel.queue._memory import MemoryStore
from funnel.queue._sql import SqlStore, sqlite_engine
from funnel.queue.audit import verify
from funnel.queue.league import Entry, Rate
from funnel.queue.masking import find_personal, mask
from funnel.queue.model import (
    Agent,
    AuditReport,
    Case,
    ClockRow,
    Event,
    Ingested,
    MerchantStanding,
    Offer,
    Replayed,
    Stats,
    StoredComplaint,
    StoredDecision,
    Swept,
)
from funnel.queue.policy import ACCEPTANCE, RESOLUTION, RESPONSE, Promise, QueuePolicy
from funnel.queue.service import Cipher, Funnel
from funnel.statistics import wilson

__all__ = [
    "ACCEPTANCE",
    "RESOLUTION",
    "RESPONSE",
    "Agent",
    "AsyncFunnel",
    "AuditReport",
    "Case",
    "Cipher",
    "ClockRow",
    "Entry",
    "Event",
    "Funnel",
    "Ingested",
    "MemoryStore",
    "MerchantStanding",
    "Offer",
    "Promise",
    "QueuePolicy",
    "Rate",
    "Replayed",
    "SqlStore",
    "Stats",
    "StoredComplaint",
    "StoredDecision",
    "Swept",
    "find_personal",
    "mask",
    "sqlite_engine",
    "verify",
    "wilson",
]
