"""The service around a store: takes complaints in, brings the hard ones to people, keeps every promise's clock.

Each command is one transaction: the row, its event and its clocks change together or not at all. There is no daemon:
`Funnel.sweep`, called from cron, Celery or a loop of your own, does what falls due. Whoever crashes between two commands
leaves nothing half done.
"""

from __future__ import annotations

from funnel.queue._base import Cipher
from funnel.queue._handling import Handling
from funnel.queue._intake import Intake
from funnel.queue._offers import Offers
from funnel.queue._reading import Reading
from funnel.queue._record import Record
from funnel.queue._standing import Standings
from funnel.queue._sweeping import Sweeping

__all__ = ["Cipher", "Funnel"]


class Funnel(Intake, Offers, Handling, Sweeping, Reading, Record, Standings):
    """A tenant's funnel: decides complaints, settles or asks, and keeps the human queue.

    Args:
        pack: The pack to decide with, an `Engine` made of one, or a pack's name or folder, as for `load_pack`.
        store: A store, or its address: a path of an SQLite file, ``sqlite:///…`` or ``postgresql://…``.
        tenant: Whose queue; tenants never see each other's cases.
        policy: How the desk works.
        calendar: Days of rest; default: the pack's.
        clock: Tells the time, with an offset; default: the engine's where it was given one, else the store's own where all
            workers share one (PostgreSQL), else the machine's.
        masker: Masks personal data in what is kept outside the vault.
        cipher: Encrypts the vault; default: it is kept as it is, readable to whoever reads the database.

    Raises:
        StoreError: The store cannot be opened, or is none, such as an SQLAlchemy engine (see `bind` for those).
        PackError: A pack given by name cannot be loaded.

    Example:
        >>> desk = Funnel(funnel.load_pack("cn-ecommerce"), "funnel.db")  # doctest: +SKIP
        >>> desk.ingest({"id": "c-1", "text": "买了半个月还不发货"}, source="web").case.state  # doctest: +SKIP
        'asked'
    """
