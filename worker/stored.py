"""This process's door to the stored audio."""

from functools import lru_cache

from backend.settings import get_settings
from backend.storage import Storage


@lru_cache(maxsize=1)
def storage() -> Storage:
    """Open the storage of the settings, once."""
    settings = get_settings()
    return Storage.open(settings.storage_url, endpoint_url=settings.s3_endpoint_url)
