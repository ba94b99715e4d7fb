"""The tables. One metadata for SQLite and PostgreSQL; migrations are in ``funnel/queue/migrations``.

Instants are 64-bit microseconds in UTC: ``REAL`` has four bytes in PostgreSQL, and epoch seconds in it move by minutes.
Nothing refers by foreign key with a cascade: no deletion may take the record of what happened along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from funnel.errors import InvalidCommandError

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_OPEN = "state NOT IN ('resolved', 'cancelled', 'merged')"
_LIVE_OFFER = "state IN ('drafted', 'offered')"


def _id(name: str = "id", *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(200), primary_key=key, nullable=False)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _ref(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(2_000), nullable=True)


def _instant(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null, primary_key=key, autoincrement=False)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


TENANT = sa.Table(
    "tenant", METADATA, _id(key=True), _text("secret"), _number("head_seq"), _text("head_hash"), _instant("created_at")
)

COMPLAINT = sa.Table(
    "complaint",
    METADATA,
    _id(key=True),
    _id("tenant"),
    _id("source"),
    _id("external_id"),
    _instant("received_at"),
    _instant("created_at"),
    _ref("merchant_id"),
    _ref("consumer_ref"),
    _ref("order_ref"),
    _ref("order_key"),
    _ref("platform_ref"),
    _ref("merchant_ref"),
    _ref("shop_ref"),
    _ref("trade"),
    _ref("scenario"),
    _text("fingerprint"),
    _text("content_digest"),
    _text("masked"),
    _instant("erased_at", null=True),
    sa.UniqueConstraint("tenant", "source", "external_id"),
    sa.Index("ix_complaint_same", "tenant", "consumer_ref", "order_ref"),
    sa.Index("ix_complaint_order", "tenant", "order_key", "merchant_ref", "id"),
    sa.Index("ix_complaint_incident", "tenant", "merchant_id", "scenario", "received_at"),
    sa.Index("ix_complaint_merchant", "tenant", "merchant_id", "created_at"),
)

VAULT = sa.Table(
    "vault",
    METADATA,
    _id("complaint_id", key=True),
    _number("seq", key=True),
    _id("tenant"),
    _ref("subject_ref"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index("ix_vault_subject", "tenant", "subject_ref"),
)

DECISION = sa.Table(
    "decision",
    METADATA,
    _id(key=True),
    _id("tenant"),
    _id("complaint_id"),
    _number("seq"),
    _text("pack_id"),
    _text("pack_digest"),
    _text("engine_version"),
    _text("as_of"),
    _text("lang"),
    _text("context"),
    _text("outcome"),
    _text("tier", null=True),
    _text("scenario", null=True),
    _text("input_digest"),
    _text("output_digest"),
    _text("decision"),
    _instant("decided_at"),
    sa.UniqueConstraint("complaint_id", "seq"),
    sa.Index("ix_decision_time", "tenant", "decided_at", "id"),
)

CASE = sa.Table(
    "queue_case",
    METADATA,
    _id(key=True),
    _id("tenant"),
    _id("complaint_id"),
    _id("external_id"),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("tier", sa.String(64), nullable=False),
    _ref("scenario"),
    _text("skills"),
    _number("priority"),
    _number("rank"),
    _ref("owner"),
    _number("lease_epoch"),
    _instant("lease_until", null=True),
    _text("wait_reason", null=True),
    _instant("wait_until", null=True),
    _text("outcome", null=True),
    _text("code", null=True),
    _instant("opened_at"),
    _instant("queued_at", null=True),
    _instant("closed_at", null=True),
    _instant("next_due"),
    _number("cycle"),
    _number("rounds"),
    _number("reopen_count"),
    _number("return_count"),
    _ref("merged_into"),
    _ref("incident_id"),
    _ref("merchant_id"),
    _number("version"),
    sa.CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_into_itself"),
    sa.CheckConstraint(
        "(owner IS NULL) = (state NOT IN ('claimed', 'waiting_consumer', 'waiting_merchant', 'waiting_third_party'))",
        name="owner_when_held",
    ),
    sa.CheckConstraint("lease_until IS NULL OR owner IS NOT NULL", name="lease_when_held"),
    _partial("uq_case_open", "complaint_id", where=_OPEN, unique=True),
    _partial("ix_case_queued", "tenant", "tier", "rank", "next_due", "id", where="state = 'queued'"),
    _partial("ix_case_owner", "tenant", "owner", where="owner IS NOT NULL"),
    _partial("ix_case_lease", "tenant", "lease_until", where="lease_until IS NOT NULL"),
    _partial("ix_case_wait", "tenant", "wait_until", where="wait_until IS NOT NULL"),
    _partial("ix_case_incident", "tenant", "incident_id", where="incident_id IS NOT NULL"),
    sa.Index("ix_case_complaint", "complaint_id"),
    sa.Index("ix_case_state", "tenant", "state", "tier", "opened_at"),
)

SKILL = sa.Table("case_skill", METADATA, _id("case_id", key=True), _id("skill", key=True))

CLOCK = sa.Table(
    "clock",
    METADATA,
    _id("case_id", key=True),
    _number("cycle", key=True),
    _id("kind", key=True),
    _id("tenant"),
    _text("unit"),
    _number("target"),
    _instant("started_at"),
    _instant("due_at", null=True),
    _number("provisional"),
    _instant("stopped_at", null=True),
    _instant("breached_at", null=True),
    _partial("ix_clock_due", "tenant", "due_at", where="stopped_at IS NULL AND breached_at IS NULL"),
    _partial("ix_clock_provisional", "tenant", "case_id", where="provisional = 1 AND stopped_at IS NULL"),
)

PAUSE = sa.Table(
    "pause",
    METADATA,
    _id("case_id", key=True),
    _number("cycle", key=True),
    _id("kind", key=True),
    _number("from_at", key=True),
    _instant("to_at", null=True),
    _text("reason"),
    _partial("uq_pause_running", "case_id", "cycle", "kind", where="to_at IS NULL", unique=True),
)

OFFER = sa.Table(
    "offer",
    METADATA,
    _id(key=True),
    _id("tenant"),
    _id("case_id"),
    _number("seq"),
    _number("rung", null=True),
    sa.Column("state", sa.String(32), nullable=False),
    _text("text"),
    _number("amount", null=True),
    _instant("made_at"),
    _instant("sent_at", null=True),
    _instant("respond_by"),
    _text("merchant", null=True),
    _text("consumer", null=True),
    _text("note", null=True),
    _instant("closed_at", null=True),
    sa.UniqueConstraint("case_id", "seq"),
    _partial("uq_offer_live", "case_id", where=_LIVE_OFFER, unique=True),
)

EVENT = sa.Table(
    "event",
    METADATA,
    _id("tenant", key=True),
    _number("seq", key=True),
    _ref("case_id"),
    _number("version", null=True),
    _text("type"),
    _text("actor"),
    _instant("at"),
    _text("data"),
    _ref("command_id"),
    _text("prev_hash"),
    _text("hash"),
    sa.UniqueConstraint("case_id", "version"),
)

COMMAND = sa.Table(
    "command",
    METADATA,
    _id("tenant", key=True),
    _id("command_id", key=True),
    _text("name"),
    _text("args_digest"),
    _text("result"),
    _instant("at"),
)

AGENT = sa.Table(
    "agent",
    METADATA,
    _id("tenant", key=True),
    _id(key=True),
    _text("tier"),
    _text("skills"),
    _number("wip_cap"),
    _number("supervisor"),
    _number("active"),
)

FEEDBACK = sa.Table(
    "feedback",
    METADATA,
    _id(key=True),
    _id("tenant"),
    _id("case_id"),
    _id("decision_id"),
    _number("agrees"),
    _ref("scenario"),
    _text("outcome"),
    _text("code"),
    _instant("at"),
    sa.Index("ix_feedback_time", "tenant", "at"),
)

INCIDENT = sa.Table(
    "incident",
    METADATA,
    _id(key=True),
    _id("tenant"),
    sa.Column("merchant_id", sa.String(2_000), nullable=False),
    _id("scenario"),
    sa.Column("state", sa.String(16), nullable=False),
    _instant("opened_at"),
    _instant("closed_at", null=True),
    _number("peak"),
    _partial("uq_incident_open", "tenant", "merchant_id", "scenario", where="state = 'open'", unique=True),
)

LINK = sa.Table(
    "complaint_link",
    METADATA,
    _id("a", key=True),
    _id("b", key=True),
    _id("kind", key=True),
    _id("tenant"),
    _number("score"),
    _instant("at"),
)

STANDING = sa.Table(
    "standing",
    METADATA,
    _id(key=True),
    _id("tenant"),
    sa.Column("merchant_id", sa.String(2_000), nullable=False),
    _text("level"),
    _text("reason"),
    _text("evidence"),
    _text("articles"),
    _instant("from_at"),
    _instant("to_at"),
    _text("decided_by"),
    _text("state"),
    _text("appeal", null=True),
    _instant("appealed_at", null=True),
    _text("appeal_by", null=True),
    _instant("closed_at", null=True),
    sa.Index("ix_standing_merchant", "tenant", "merchant_id", "from_at"),
)

PUBLICATION = sa.Table(
    "publication",
    METADATA,
    _id("tenant", key=True),
    sa.Column("merchant_id", sa.String(2_000), primary_key=True, nullable=False),
    _number("withheld"),
    _text("reason"),
    _text("decided_by"),
    _instant("at"),
)

TABLES = {table.name: table for table in METADATA.sorted_tables}


@cache
def named(prefix: str) -> Mapping[str, sa.Table]:
    """The tables by their plain names, each called as it is in a database where all have a prefix, their indexes, too."""
    if not prefix:
        return TABLES
    metadata, found = sa.MetaData(), {}
    for name, table in TABLES.items():
        found[name] = table.to_metadata(metadata, name=prefix + name)
        for constraint in found[name].constraints:
            if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint):
                kind, _, rest = str(constraint.name).partition("_")
                constraint.name = f"{kind}_{prefix}{rest}"
        for index in found[name].indexes:
            index.name = sa.quoted_name(f"{prefix}{index.name}", quote=None)
    return MappingProxyType(found)


LARGEST: Final = 2**63
"""A whole number from here on fits in no column."""


def is_writable(value: str) -> bool:
    """Whether every store can keep a text: no NUL (PostgreSQL) and no half of a character."""
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def expect_storable(table: str, values: Iterable[tuple[str, Any]], *, kept: bool) -> None:
    """Refuse what a column cannot hold, or be compared with: every store asks here, as each database would say otherwise.

    Args:
        table: The table.
        values: Columns, each with a value.
        kept: Whether the values are written, and not looked for only: then they have to fit.

    Raises:
        InvalidCommandError: One cannot.
    """
    columns = TABLES[table].c
    for name, value in values:
        column = columns[name]
        if value is None:
            if kept and not column.nullable:
                raise InvalidCommandError(f"`{name}` is missing", f"缺少 {name}")
        elif isinstance(column.type, sa.String):
            if not isinstance(value, str):
                raise InvalidCommandError(
                    f"`{name}` should be a text, not {type(value).__name__}",
                    f"{name} 应为文字，不是 {type(value).__name__}",
                )
            if not is_writable(value):
                raise InvalidCommandError(
                    f"`{name}` contains a NUL character or a lone surrogate", f"{name} 含有 NUL 或残缺的字符"
                )
            if kept and column.type.length is not None and len(value) > column.type.length:
                raise InvalidCommandError(
                    f"`{name}` has {len(value)} characters and may have {column.type.length}",
                    f"{name} 有 {len(value)} 个字，最多 {column.type.length} 个",
                )
        elif isinstance(column.type, sa.BigInteger) and not (isinstance(value, int) and -LARGEST <= value < LARGEST):
            raise InvalidCommandError(
                f"`{name}` should be a whole number of at most 64 bits", f"{name} 应为 64 位以内的整数"
            )
