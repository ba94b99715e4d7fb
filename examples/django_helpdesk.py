"""A helpdesk on Django that hands its new tickets to funnel by a signal, as django-helpdesk's ``new_ticket_done`` does.

    pip install funnel django
    python examples/django_helpdesk.py          # makes three tickets, prints what became of them, and ends

Django's database and the queue's are two, so the hand-over is on commit: a crash in between leaves a ticket without a
case. `reconcile` finds such tickets; taking in is idempotent, so that it may run at any time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection, models, transaction
from django.dispatch import Signal

import funnel
from funnel.queue import Agent, Funnel

new_ticket_done = Signal()
"""Sent with ``ticket`` when a ticket has been saved."""


def configure(folder: Path) -> None:
    """Set Django up with a database in a folder."""
    if not settings.configured:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "helpdesk.sqlite3")}
        settings.configure(DATABASES={"default": database}, INSTALLED_APPS=[], USE_TZ=True, SECRET_KEY="example-only")  # noqa: S106
        django.setup()


def ticket_model() -> Any:
    """The ticket's model; made after Django is configured, as a single file has no app of its own."""

    class Ticket(models.Model):
        title = models.CharField(max_length=200)
        description = models.TextField()
        order = models.JSONField(default=dict)
        submitter = models.CharField(max_length=200, blank=True)

        class Meta:
            app_label = "helpdesk_example"

        def __str__(self) -> str:
            return self.title

    return Ticket


class Bridge:
    """Hands tickets over.

    Args:
        desk: The funnel.
        model: The ticket's model.
    """

    def __init__(self, desk: Funnel, model: Any) -> None:
        self.desk, self.model = desk, model
        new_ticket_done.connect(self.on_new_ticket, dispatch_uid="funnel", weak=False)

    def on_new_ticket(self, sender: Any, ticket: Any, **_: Any) -> None:
        """Take the ticket in once its transaction is committed; one that is rolled back never gets there."""
        del sender
        transaction.on_commit(lambda: self.take_in(ticket))

    def take_in(self, ticket: Any) -> Any:
        """The ticket as a complaint."""
        complaint = {
            "id": str(ticket.pk),
            "text": f"{ticket.title}。{ticket.description}",
            "order": ticket.order,
            "consumer": {"id": ticket.submitter or None},
        }
        return self.desk.ingest(complaint, source="django")

    def reconcile(self) -> int:
        """Take in what a crash left out; returns how many."""
        return sum(not self.take_in(ticket).duplicate for ticket in self.model.objects.order_by("pk"))


def main(folder: Path) -> int:
    """A demonstration: three tickets, one rolled back, one that lost its hand-over."""
    configure(folder)
    ticket = ticket_model()
    with connection.schema_editor() as editor:
        editor.create_model(ticket)
    desk = Funnel(funnel.load_pack("cn-ecommerce"), str(folder / "funnel.db"))
    desk.put_agent(Agent("amy", tier="lawyer"))
    bridge = Bridge(desk, ticket)
    with transaction.atomic():
        first = ticket.objects.create(title="不发货", description="付款半个月了还不发货", submitter="u-1")
        new_ticket_done.send(sender=ticket, ticket=first)
    try:
        with transaction.atomic():
            lost = ticket.objects.create(title="撤回的", description="这一件没有提交")
            new_ticket_done.send(sender=ticket, ticket=lost)
            raise RuntimeError  # noqa: TRY301 (something goes wrong before the commit)
    except RuntimeError:
        pass
    ticket.objects.create(
        title="面包发霉", description="买的面包发霉了，吃了拉肚子", submitter="u-2"
    )  # no signal: a crash
    found = bridge.reconcile()
    for case in desk.cases(state=("asked", "offered", "queued")):
        print(f"{case.external_id}: {case.state} {case.tier} {case.scenario}")  # noqa: T201 (a demonstration)
    desk.close()
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(Path(name)) != 1)
