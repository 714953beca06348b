"""One platform for the walks of a module: starting a worker that holds networks takes seconds."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from backend import database
from backend.settings import get_settings
from backend.tables import Table
from tests.services import RedisServer
from tests.walks.platform import Platform
from tests.worker.site import serving
from worker import stored


@pytest.fixture(scope="module")
def platform(
    postgres_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Real services and a site on loopback; no worker yet."""
    folder = tmp_path_factory.mktemp("platform")
    with pytest.MonkeyPatch.context() as environment, serving(tmp_path_factory.mktemp("site")) as site:
        for name in [name for name in os.environ if name.startswith("DEEPASMR_") and name != "DEEPASMR_WEIGHTS_DIR"]:
            environment.delenv(name)
        environment.setenv("DEEPASMR_DATABASE_URL", postgres_url)
        environment.setenv("DEEPASMR_REDIS_URL", redis_server.url)
        environment.setenv("DEEPASMR_DATA_DIR", str(folder / "data"))
        environment.setenv("DEEPASMR_ALLOW_PRIVATE_ADDRESSES", "1")
        environment.setenv("DEEPASMR_MAX_UPLOAD_SECONDS", "7200")
        environment.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
        redis_server.flush()
        get_settings.cache_clear()
        stored.storage.cache_clear()
        platform = Platform(folder, site, redis_server)
        yield platform
        platform.stop_workers()
        # The names are ours, and triggers are seeded by a migration.
        tables = ", ".join(table.name for table in Table.metadata.sorted_tables if table.name != "triggers")
        with database.engine(get_settings()).begin() as connection:
            connection.execute(text(f"TRUNCATE {tables}"))
    get_settings.cache_clear()
    stored.storage.cache_clear()
