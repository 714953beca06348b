"""`deepasmr migrate`: the database's schema."""

from deepasmr.errors import DatabaseAway


def migrate() -> None:
    """Bring the database at DEEPASMR_DATABASE_URL to the newest schema."""
    from sqlalchemy.exc import OperationalError

    from backend import migrations
    from backend.settings import get_settings

    try:
        migrations.migrate(get_settings().database_url)
    except OperationalError as away:
        raise DatabaseAway(f"the database at DEEPASMR_DATABASE_URL cannot be used: {away.orig}") from away
