"""The examples run: a FastAPI helpdesk, a Django one, and what they show to whoever watches."""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from queue_kit import SetClock, complaint, desk

from funnel.queue import MemoryStore
from funnel.queue.metrics import observe, prometheus_text, samples

ROOT = Path(__file__).resolve().parents[1]


class Client:
    """Calls an ASGI application in this process, without a socket."""

    def __init__(self, app):
        self.app = app

    def call(self, method, path, json=None):
        async def go():
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://helpdesk") as client:
                return await client.request(method, path, json=json)

        return asyncio.run(go())

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, json):
        return self.call("POST", path, json)


@pytest.fixture
def client(tmp_path, monkeypatch):
    pytest.importorskip("fastapi")
    pytest.importorskip("prometheus_client")
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import fastapi_helpdesk  # noqa: PLC0415

    app = fastapi_helpdesk.make_app(str(tmp_path / "helpdesk.db"))
    yield Client(app)
    app.state.desk.close()


def test_a_fastapi_helpdesk_keeps_ticket_and_case_together(client):
    sent = complaint()
    first = client.post("/complaints", json=sent)
    again = client.post("/complaints", json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(client.get("/tickets").json()) == 1
    assert client.post("/complaints", json={"id": "x"}).status_code == 422
    assert client.post("/complaints", json=complaint(received_at="2090-01-01T00:00:00Z")).status_code == 422
    assert len(client.get("/tickets").json()) == 1
    case = first.json()["case"]["id"]
    assert client.post("/cases/nope/claim", json={"agent": "amy"}).status_code == 404
    claim = client.post(f"/cases/{case}/claim", json={"agent": "amy"}).json()
    assert client.post(f"/cases/{case}/claim", json={"agent": "law"}).status_code == 409
    end = {"agent": "amy", "epoch": claim["lease_epoch"], "outcome": "mediated", "code": "x", "note": "谈妥"}
    assert client.post(f"/cases/{case}/resolve", json=end | {"epoch": 99}).status_code == 409
    end["command_id"] = "r-1"
    for _ in range(2):  # sent again, as the answer got lost
        assert client.post(f"/cases/{case}/resolve", json=end).json()["state"] == "resolved"
    assert client.post(f"/cases/{case}/resolve", json=end | {"command_id": "r-2"}).status_code == 409
    assert client.post(f"/cases/{case}/resolve", json={"outcome": "mediated"}).status_code == 422
    shown = client.get(f"/cases/{case}").json()
    assert [event["type"] for event in shown["history"]] == ["opened", "claimed", "resolved"]
    assert 'funnel_cases{state="resolved",tenant="default",tier="mediator"} 1.0' in client.get("/metrics").text


def test_a_fastapi_helpdesk_settles_asks_and_brings_people_in(client):
    settled = client.post("/complaints", json=complaint("settle")).json()["case"]
    assert settled["state"] == "offered"
    (offer,) = client.get(f"/cases/{settled['id']}").json()["offers"]
    assert (offer["offer"], offer["amount"]) == (1, 8900)
    assert client.post(f"/cases/{settled['id']}/offer/merchant", json={"reply": "accept"}).status_code == 422  # which?
    assert (
        client.post(f"/cases/{settled['id']}/offer/merchant", json={"reply": "accept", "offer": 2}).status_code == 404
    )
    for _ in range(2):  # a webhook comes twice
        assert (
            client.post(f"/cases/{settled['id']}/offer/merchant", json={"reply": "accept", "offer": 1}).status_code
            == 200
        )
    for _ in range(2):
        done = client.post(f"/cases/{settled['id']}/offer/consumer", json={"reply": "accept", "offer": 1}).json()
        assert (done["state"], done["outcome"]) == ("resolved", "settled")
    late = client.post("/complaints", json=complaint("settle")).json()["case"]
    client.post(f"/cases/{late['id']}/offer/merchant", json={"reply": "counter", "note": "一半", "offer": 1})
    assert client.post(f"/cases/{late['id']}/offer/consumer", json={"reply": "accept", "offer": 1}).status_code == 409
    asked = client.post("/complaints", json=complaint("ask")).json()["case"]
    facts = {"facts": {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}}
    assert client.post(f"/cases/{asked['id']}/answer", json=facts).status_code == 422  # no party keeps a record
    assert client.post(f"/cases/{asked['id']}/looked", json=facts | {"agent": "amy"}).json()["state"] == "offered"
    assert client.post(f"/cases/{asked['id']}/human", json={"reason": "找人"}).json()["state"] == "queued"
    assert [case["id"] for case in client.get("/cases").json()] == [asked["id"]]


def test_a_django_helpdesk_hands_tickets_over_on_commit_and_reconciles(tmp_path):
    pytest.importorskip("django")
    result = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "django_helpdesk.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PATH": "", "TMPDIR": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 2  # the one rolled back never arrived
    assert any("nondelivery" in line for line in lines)
    assert any("lawyer food_unsafe" in line for line in lines)


@pytest.fixture
def watched(engine):
    clock = SetClock()
    d = desk(engine, MemoryStore(), clock, tenant="shop")
    d.ingest(complaint())
    d.ingest(complaint("settle"))
    clock.forward(days=10)
    d.sweep()
    return d, clock


def test_figures_name_states_and_tiers_and_no_person_or_firm(watched):
    d, clock = watched
    found = {(s.name, tuple(sorted(s.labels.items()))): s.value for s in samples(d.stats(), "shop", clock.now)}
    assert found["funnel_cases", (("state", "queued"), ("tenant", "shop"), ("tier", "mediator"))] == 1
    assert found["funnel_decisions", (("outcome", "settle"), ("tenant", "shop"))] == 1
    assert found["funnel_promises_broken", (("promise", "response"), ("tenant", "shop"))] == 1
    assert found["funnel_oldest_queued_seconds", (("tenant", "shop"),)] == 10 * 86400
    assert {key for _, labels in found for key, _ in labels} <= {"tenant", "state", "tier", "outcome", "promise"}


def test_prometheus_reads_it_and_a_queue_that_fails_is_down(watched):
    pytest.importorskip("prometheus_client")
    d, _ = watched
    text = prometheus_text([d])
    assert 'funnel_up{tenant="shop"} 1.0' in text
    assert 'funnel_promises_broken{promise="resolution",tenant="shop"} 2.0' in text

    class Down:
        tenant = "down"

        def stats(self):
            from funnel.errors import StoreBusyError  # noqa: PLC0415

            raise StoreBusyError("busy")

    assert 'funnel_up{tenant="down"} 0.0' in prometheus_text([d, Down()])


def test_opentelemetry_observes_it(watched):
    sdk = pytest.importorskip("opentelemetry.sdk.metrics")
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415

    d, _ = watched
    reader = InMemoryMetricReader()
    provider = sdk.MeterProvider([reader])
    observe(provider.get_meter("funnel"), [d])
    data = reader.get_metrics_data()
    names = {m.name for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    assert {"funnel_cases", "funnel_decisions", "funnel_oldest_queued_seconds"} <= names
    provider.shutdown()
