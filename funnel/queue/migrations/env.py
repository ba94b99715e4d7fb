"""Runs the migrations on the connection that the store hands over; there is no offline mode."""

from alembic import context

from funnel.queue.migrations import VERSION_TABLE

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=context.config.attributes["prefix"] + VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
