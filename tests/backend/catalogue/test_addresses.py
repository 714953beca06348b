"""Many spellings of a video's address, one meaning."""

import pytest

from backend.catalogue.addresses import normalised
from backend.catalogue.errors import NotAVideoAddress, PrivateAddress

YOUTUBE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "url",
    [
        YOUTUBE,
        "http://youtube.com/watch?v=dQw4w9WgXcQ",
        "youtube.com/watch?v=dQw4w9WgXcQ",
        "https://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ&list=PL123&t=42s",
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        "  https://www.youtube.com/live/dQw4w9WgXcQ?t=9  ",
    ],
)
def test_every_spelling_of_a_youtube_video_is_one(url: str) -> None:
    assert normalised(url) == YOUTUBE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Example.ORG:443/v/1#t=5", "https://example.org/v/1"),
        ("http://example.org", "http://example.org/"),
        ("http://example.org:8080/a?b=1&utm_source=x&c=", "http://example.org:8080/a?b=1&c="),
        ("https://vimeo.com/1?fbclid=z", "https://vimeo.com/1"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/ä"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://www.youtube.com/playlist?list=PL1", "https://www.youtube.com/playlist?list=PL1"),
    ],
)
def test_other_addresses_lose_what_says_nothing(url: str, expected: str) -> None:
    assert normalised(url) == expected
    assert normalised(normalised(url)) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "just words",
        "nail tapping",
        "ftp://example.org/v",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user:pass@example.org/v",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org\\@evil.example/",
        "https://example.org/\x00",
        "https://" + "a" * 64 + ".org/",
        "https://[::1/",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(NotAVideoAddress):
        normalised(url)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[fe80::1]",
        "0.0.0.0",  # noqa: S104
        "nas.local",
    ],
)
def test_a_private_network_named_outright_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(PrivateAddress):
        normalised(f"http://{host}/v.mp4")
    assert normalised(f"http://{host}:8123/v.mp4", allow_private=True) == f"http://{host}:8123/v.mp4"
