"""Web addresses of videos: many spellings, one meaning."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from backend.catalogue.errors import NotAVideoAddress, PrivateAddress

MAX_CHARACTERS = 2000

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What sites add to an address to learn who passed it on.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|igshid|mc_[ce]id")
_YOUTUBE = re.compile(r"(?:www\.|m\.|music\.)?youtube(?:-nocookie)?\.com")
_YOUTUBE_PATH = re.compile(r"/(?:shorts|embed|live|v)/([\w-]{11})/?")
_YOUTUBE_ID = re.compile(r"[\w-]{11}")


def normalised(url: str, *, allow_private: bool = False) -> str:
    """Return the one spelling of a video's address, so that the same video is known again.

    The host in lower case and ASCII, no default port, no fragment, no tracking words; YouTube's spellings become one.

    Args:
        url: As somebody pasted it; a missing https:// is added.
        allow_private: Let addresses of private networks pass.

    Raises:
        NotAVideoAddress: if it is no http or https address, or carries a password.
        PrivateAddress: if it names a private network outright. What a name leads to is checked when it is connected to.
    """
    url = url.strip()
    if not url or len(url) > MAX_CHARACTERS or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise NotAVideoAddress
    if re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", url):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
    except ValueError as error:
        raise NotAVideoAddress from error
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.password is not None:
        raise NotAVideoAddress
    if not allow_private and _is_private(host):
        raise PrivateAddress(host=host)
    if (video_id := _youtube_id(host, parts)) is not None:
        return f"https://www.youtube.com/watch?v={video_id}"
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    words = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
    ]
    query = f"?{urlencode(words)}" if words else ""
    return f"{parts.scheme}://{netloc}{parts.path or '/'}{query}"


def _youtube_id(host: str, parts: SplitResult) -> str | None:
    if host == "youtu.be":
        found: str | None = unquote(parts.path).strip("/")
    elif not _YOUTUBE.fullmatch(host):
        return None
    elif parts.path == "/watch":
        found = dict(parse_qsl(parts.query)).get("v")
    else:
        match = _YOUTUBE_PATH.fullmatch(parts.path)
        found = match[1] if match else None
    return found if found and _YOUTUBE_ID.fullmatch(found) else None


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
