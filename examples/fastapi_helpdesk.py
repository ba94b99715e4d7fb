"""A small helpdesk on FastAPI: its tickets and funnel's cases in one SQLite file, kept in one transaction.

    pip install 'funnel[prometheus]' fastapi uvicorn
    uvicorn --factory examples.fastapi_helpdesk:make_app          # listens on 127.0.0.1 only

It has no login of its own: put it behind one before anybody else can reach it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Body, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

import funnel
from funnel.errors import QueueError
from funnel.queue import Agent, Case, Funnel, SqlStore
from funnel.queue.metrics import prometheus_text
from funnel.queue.model import CaseOutcome

TICKETS = sa.Table(
    "ticket",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("complaint_id", sa.String(200), unique=True, nullable=False),
    sa.Column("case_id", sa.String(200), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
)


def make_app(path: str | None = None) -> FastAPI:
    """The application.

    Args:
        path: The SQLite file; default: ``HELPDESK_DB`` or ``helpdesk.db``.
    """
    store = SqlStore(path or os.environ.get("HELPDESK_DB", "helpdesk.db"))
    desk = Funnel(funnel.load_pack("cn-ecommerce"), store)
    TICKETS.metadata.create_all(store.engine)
    desk.put_agent(Agent("amy", tier="mediator"), by="helpdesk")
    desk.put_agent(Agent("law", tier="lawyer", supervisor=True), by="helpdesk")
    app = FastAPI(title="helpdesk")
    app.state.desk = desk

    @app.exception_handler(QueueError)
    async def refused(_request: Request, error: QueueError) -> JSONResponse:
        return JSONResponse({"error": type(error).__name__, "detail": str(error)}, status_code=error.status)

    @app.exception_handler(funnel.ComplaintError)
    async def unreadable(_request: Request, error: funnel.ComplaintError) -> JSONResponse:
        problems = [{"field": p.field, "message": p.message} for p in error.problems]
        return JSONResponse({"error": "ComplaintError", "problems": problems}, status_code=422)

    # Plain functions: FastAPI runs them in a worker thread, and each command is one short transaction.

    @app.post("/complaints")
    def take_in(complaint: Annotated[dict[str, Any], Body()], response: Response) -> dict[str, Any]:
        with store.engine.begin() as connection:  # the ticket and the case, both or neither
            taken = desk.bind(connection).ingest(complaint, source="web")
            if not taken.duplicate:
                title = str(taken.case.scenario or "complaint")
                row = {"complaint_id": taken.case.external_id, "case_id": taken.case.id, "title": title}
                connection.execute(TICKETS.insert(), row)
        response.status_code = 200 if taken.duplicate else 201
        return {"case": shown(taken.case), "duplicate": taken.duplicate, "changed": taken.changed}

    @app.get("/tickets")
    def tickets() -> list[dict[str, Any]]:
        with store.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.select(TICKETS)).mappings()]

    @app.get("/cases")
    def cases(state: str = "queued") -> list[dict[str, Any]]:
        return [shown(case) for case in desk.cases(state=state)]

    @app.get("/cases/{case_id}")
    def one(case_id: str) -> dict[str, Any]:
        return {
            "case": shown(desk.case(case_id)),
            "complaint": dict(desk.complaint(case_id).masked),
            "decision": dict(desk.decisions(case_id)[-1].decision),
            "offers": [
                {"offer": o.seq, "state": o.state, "text": o.text, "amount": o.amount, "respond_by": o.respond_by}
                for o in desk.offers(case_id)
            ],
            "history": [{"at": e.at, "type": e.type, "actor": e.actor} for e in desk.events(case_id)],
        }

    @app.post("/cases/{case_id}/claim")
    def claim(case_id: str, agent: Annotated[str, Body(embed=True)]) -> dict[str, Any]:
        return shown(desk.claim(case_id, agent))

    @app.post("/cases/{case_id}/answer")
    def answer(case_id: str, facts: Annotated[dict[str, Any], Body(embed=True)]) -> dict[str, Any]:
        """What the consumer answers: stated and no more, whatever grade is claimed (that is refused)."""
        return shown(desk.answer(case_id, facts))

    @app.post("/cases/{case_id}/looked")
    def looked(case_id: str, agent: Annotated[str, Body()], facts: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        """What somebody of the desk has seen on a document or a record: never to be reached by a party."""
        return shown(desk.answer(case_id, facts, actor=agent))

    @app.post("/cases/{case_id}/offer/{side}")
    def answer_offer(
        case_id: str,
        side: str,
        offer: Annotated[int, Body()],
        reply: Annotated[str, Body()],
        note: Annotated[str, Body()] = "",
    ) -> dict[str, Any]:
        """What a side says to the offer it was shown, by its number: a late answer is not taken for one to the next."""
        return shown(desk.answer_offer(case_id, side, reply, note=note, offer=offer))  # type: ignore[arg-type]  # checked there

    @app.post("/cases/{case_id}/human")
    def human(case_id: str, reason: Annotated[str, Body(embed=True)]) -> dict[str, Any]:
        return shown(desk.request_human(case_id, reason))

    @app.post("/cases/{case_id}/resolve")
    def resolve(
        case_id: str,
        agent: Annotated[str, Body()],
        epoch: Annotated[int, Body()],
        outcome: Annotated[CaseOutcome, Body()],
        code: Annotated[str, Body()],
        note: Annotated[str, Body()],
        basis: Annotated[tuple[str, ...], Body()] = (),
        command_id: Annotated[str | None, Body()] = None,
    ) -> dict[str, Any]:
        """End a case. Whether the claim still holds is asked in the command, so that a retry by its id gets the first result."""
        claim = replace(desk.case(case_id), owner=agent, lease_epoch=epoch)
        return shown(desk.resolve(claim, outcome, code=code, note=note, basis=basis, command_id=command_id))

    @app.get("/metrics")
    def metrics() -> PlainTextResponse:
        return PlainTextResponse(prometheus_text([desk]))

    return app


def shown(case: Case) -> dict[str, Any]:
    """What a client needs of a case."""
    names = (
        "id",
        "external_id",
        "state",
        "tier",
        "scenario",
        "owner",
        "lease_epoch",
        "priority",
        "next_due",
        "outcome",
    )
    return {name: getattr(case, name) for name in names}
