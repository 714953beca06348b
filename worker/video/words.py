"""What a site says of itself, made fit to be kept and shown: sites are strangers, and some are hostile."""

import hashlib
import re
from urllib.parse import urlsplit

MAX_WORDS_CHARACTERS = 500
MAX_ADDRESS_CHARACTERS = 2000
MAX_KEY_CHARACTERS = 200
"""Keys are indexed: PostgreSQL takes about 2700 bytes there."""

# Control characters, which PostgreSQL or a terminal would stumble over, and those that turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def readable(text: str, max_characters: int = MAX_WORDS_CHARACTERS) -> str:
    """Return what can be read of a text, in one line of bounded length."""
    # Halves of surrogate pairs, which JSON can spell and no encoding can.
    whole = text[: 4 * max_characters].encode("utf-8", "replace").decode()
    return " ".join(_UNSEEN.sub(" ", whole).split())[:max_characters].strip()


def web_address(text: str) -> str | None:
    """Return a web address that a page may link to, None for anything else: `javascript:` is an address too."""
    if len(text) > MAX_ADDRESS_CHARACTERS or text != readable(text, len(text)):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None


def key(text: str) -> str:
    """Return a key that stands for the same thing as a site's own, but is neither long nor unreadable."""
    if text == readable(text, MAX_KEY_CHARACTERS):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable(text.partition(':')[0], 40)}:sha256-{digest}"
