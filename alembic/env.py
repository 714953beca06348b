"""Where Alembic meets our tables. `backend.migrations.migrate` brings its own connection; a shell uses the settings."""

from logging import getLogger

from alembic import context
from sqlalchemy import Connection, create_engine

from backend.settings import get_settings
from backend.tables import Table

getLogger("alembic").setLevel("INFO")


def run(connection: Connection) -> None:
    """Run the migrations on a connection, all in one transaction: a failing one leaves the schema as it was."""
    context.configure(connection=connection, target_metadata=Table.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(url=get_settings().database_url, target_metadata=Table.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    with create_engine(get_settings().database_url).connect() as own:
        run(own)
