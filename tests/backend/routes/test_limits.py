"""How often one may ask."""

from __future__ import annotations

from uuid import uuid4

import pytest

from backend.catalogue.errors import TooManyRequests
from backend.routes import limits
from backend.routes.limits import Deed, count
from backend.settings import Settings
from tests.services import RedisServer
from tests.visits import serving, slug_of


def test_the_share_of_a_listener_is_what_the_settings_say(settings: Settings) -> None:
    few = settings.model_copy(update={"rate_limit_makings": "3/minute"})
    listener = uuid4()
    for _ in range(3):
        count(few, Deed.MAKE, listener_id=listener, address="192.0.2.1")
    with pytest.raises(TooManyRequests) as refused:
        count(few, Deed.MAKE, listener_id=listener, address="192.0.2.1")
    assert 1 <= int(str(refused.value.extensions["retry_after_s"])) <= 120
    count(few, Deed.SUBMIT, listener_id=listener, address="192.0.2.1")
    count(few, Deed.MAKE, listener_id=uuid4(), address="192.0.2.1")


def test_throwing_the_cookie_away_does_not_give_a_new_share_for_ever(settings: Settings) -> None:
    few = settings.model_copy(update={"rate_limit_makings": "2/hour"})
    for _ in range(2 * limits.LISTENERS_PER_ADDRESS):
        count(few, Deed.MAKE, listener_id=uuid4(), address="192.0.2.2")
    with pytest.raises(TooManyRequests):
        count(few, Deed.MAKE, listener_id=uuid4(), address="192.0.2.2")


def test_a_fresh_address_of_the_same_ipv6_network_does_not_give_a_new_share(settings: Settings) -> None:
    few = settings.model_copy(update={"rate_limit_makings": "1/hour"})
    for n in range(limits.LISTENERS_PER_ADDRESS):
        count(few, Deed.MAKE, listener_id=uuid4(), address=f"2001:db8:0:7::{n}")
    with pytest.raises(TooManyRequests):
        count(few, Deed.MAKE, listener_id=uuid4(), address="2001:db8:0:7:ffff::1")
    count(few, Deed.MAKE, listener_id=uuid4(), address="2001:db8:0:8::1")


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_holder_of_addresses_has_one_name(address: str, holder: str) -> None:
    assert limits.network_of(address) == holder


def test_limits_that_are_switched_off_count_nothing(settings: Settings) -> None:
    off = settings.model_copy(update={"rate_limit_makings": "1/hour", "rate_limits_enabled": False})
    listener = uuid4()
    for _ in range(3):
        count(off, Deed.MAKE, listener_id=listener, address="192.0.2.3")


def test_who_asks_too_often_is_told_when_to_come_back(committed: Settings) -> None:
    with serving(committed.model_copy(update={"rate_limit_uploads": "2/minute"})) as web:
        visitor = web.visitor()
        statuses = [
            visitor.post("/api/v1/sources", json={"url": f"https://video.example/{n}"}).status_code for n in range(2)
        ]
        refused = visitor.post("/api/v1/sources", json={"url": "https://video.example/3"})
    assert statuses == [202, 202]
    assert refused.status_code == 429
    assert slug_of(refused) == "too-many-requests"
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after_s"] >= 1


def test_without_redis_work_is_taken_and_waits_in_the_database(
    committed: Settings, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(committed) as web:
        redis_server.stop()
        try:
            response = web.visitor().post("/api/v1/sources", json={"url": "https://video.example/1"})
            ready = web.visitor().get("/readyz")
        finally:
            redis_server.start()
        assert response.status_code == 202
        assert response.json()["job"]["state"] == "queued"
        assert "rate limits are not counted" in caplog.text
        assert ready.status_code == 503
        assert ready.json()["services"] == {"database": True, "broker": False, "storage": True}
        assert web.visitor().get("/readyz").status_code == 200
