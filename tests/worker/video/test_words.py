import pytest

from worker.video import words


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Evening taps", "Evening taps"),
        ("  two\n lines\t", "two lines"),
        ("a\x00b", "a b"),
        ("half \ud800 a pair", "half ? a pair"),
        ("\u202egnp.exe", "gnp.exe"),
        ("잠들기 전 빗소리 💧", "잠들기 전 빗소리 💧"),
        ("x" * 10_000, "x" * 500),
        ("\x00\n", ""),
    ],
)
def test_a_text_keeps_what_can_be_read_of_it(told: str, kept: str) -> None:
    assert words.readable(told) == kept


@pytest.mark.parametrize(
    "address", ["https://video.example/1?a=b#t=3", "http://[2606:4700::1]:8080/x", "https://예.kr/"]
)
def test_web_addresses_stay_as_they_are(address: str) -> None:
    assert words.web_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//video.example/1",
        "/1",
        "",
        "https:///1",
        "http://[",
        "https://video.example/\x00",
        "https://video.example/" + "x" * 2000,
    ],
)
def test_what_no_page_may_link_to_is_left_out(address: str) -> None:
    assert words.web_address(address) is None


def test_keys_stay_apart_however_they_are_written() -> None:
    long = ["site:" + "x" * 5000 + end for end in ("a", "b", "\x00", "\ud800")]
    keys = {words.key(each) for each in long}
    assert len(keys) == len(long)
    assert all(each.startswith("site:sha256-") and len(each) < 200 for each in keys)
    assert words.key("youtube:dQw4w9WgXcQ") == "youtube:dQw4w9WgXcQ"
