"""Alembic migrations of the queue's schema, shipped in the wheel. `HEAD` is the newest revision."""

VERSION_TABLE = "funnel_version"
"""Where the revision is kept: not in Alembic's ``alembic_version``, which is the host's where both share a database."""
REVISIONS = ("0001", "0002")
"""Every revision there is, oldest first; a test keeps it so."""
HEAD = REVISIONS[-1]
"""The revision this library works with; a test keeps it the head of ``versions/``."""
