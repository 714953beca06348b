"""`deepasmr migrate`: the database's schema."""


def migrate() -> None:
    """Bring the database at DEEPASMR_DATABASE_URL to the newest schema."""
    from backend import migrations
    from backend.settings import get_settings

    migrations.migrate(get_settings().database_url)
