"""This process's door to the stored audio."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from backend.settings import get_settings
from backend.storage import Storage, storage_of

# File systems take 255.
NAME_MAX_BYTES = 200


@lru_cache(maxsize=1)
def storage() -> Storage:
    """Open the storage of the settings, once."""
    return storage_of(get_settings())


@contextmanager
def named_copy(key: str, title: str) -> Iterator[Path]:
    """Give a path with the bytes of a key, under a name that a listener knows when it turns up in a refusal.

    Args:
        key: Where the bytes lie.
        title: What the listener calls them.

    Raises:
        NoSuchObject: if there are no bytes under the key.
    """
    name = re.sub(r"[^\w. -]", "_", title).strip(" .").encode()[-NAME_MAX_BYTES:].decode(errors="ignore") or "recording"
    with storage().local_copy(key) as path, tempfile.TemporaryDirectory(prefix="deepasmr-named-") as folder:
        link = Path(folder) / name
        link.symlink_to(path.absolute())
        yield link
