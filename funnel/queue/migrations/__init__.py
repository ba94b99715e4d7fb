"""Alembic migrations of the queue's schema, shipped in the wheel. `HEAD` is the newest revision."""

HEAD = "0001"
"""The revision this library works with; a test keeps it the head of ``versions/``."""
