"""How often one listener, and one address, may ask for work: counted in Redis, shared by all web processes."""

from __future__ import annotations

import logging
import math
import time
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from uuid import UUID

import redis.exceptions
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from backend.catalogue.errors import TooManyRequests
from backend.settings import Settings

logger = logging.getLogger(__name__)

# Many people can sit behind one address; someone who throws the cookie away must still meet a limit.
LISTENERS_PER_ADDRESS = 5
# Who has an IPv6 address has all of its network, and could take a fresh address for every request.
IPV6_NETWORK_BITS = 64
# A broker that hangs must not make every form hang with it.
REDIS_TIMEOUT_S = 0.5


class Deed(StrEnum):
    """What is counted together; each has its limit in the settings."""

    SUBMIT = "submit"
    MAKE = "make"
    CHANGE = "change"
    PLAY = "play"


def count(settings: Settings, deed: Deed, *, listener_id: UUID, address: str) -> None:
    """Count one deed of a listener and of the address it comes from.

    Without Redis nothing is counted and the deed goes ahead: its job waits in the database until the broker is back.

    Args:
        settings: Whether deeds are counted, and the limits.
        deed: What is asked for.
        listener_id: Who asks.
        address: The network address that the request came from.

    Raises:
        TooManyRequests: if either has used up its share; says in how many seconds to come back.
    """
    if not settings.rate_limits_enabled:
        return
    share = _share_of(settings, deed)
    address_share = type(share)(LISTENERS_PER_ADDRESS * share.amount, share.multiples, share.namespace)
    try:
        for limit, who in ((share, f"listener:{listener_id}"), (address_share, f"address:{network_of(address)}")):
            if not _counter(settings.redis_url).hit(limit, deed, who):
                wait_s = _counter(settings.redis_url).get_window_stats(limit, deed, who).reset_time - time.time()
                raise TooManyRequests(
                    f"No more than {limit} are taken; try again later.", retry_after_s=max(1, math.ceil(wait_s))
                )
    except redis.exceptions.RedisError as error:
        logger.warning("rate limits are not counted, Redis is away: %s", error)


def network_of(address: str) -> str:
    """Return what stands for who holds an address: an IPv4 address itself, the network of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), IPV6_NETWORK_BITS), strict=False))


def _share_of(settings: Settings, deed: Deed) -> RateLimitItem:
    return parse(
        {
            Deed.SUBMIT: settings.rate_limit_uploads,
            Deed.MAKE: settings.rate_limit_makings,
            Deed.CHANGE: settings.rate_limit_posts,
            Deed.PLAY: settings.rate_limit_plays,
        }[deed]
    )


@lru_cache(maxsize=4)
def _counter(redis_url: str) -> SlidingWindowCounterRateLimiter:
    if redis_url.startswith("unix:"):
        redis_url = f"redis+{redis_url}"
    storage = RedisStorage(
        redis_url,
        key_prefix="deepasmr-limits",
        socket_connect_timeout=REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
    )
    return SlidingWindowCounterRateLimiter(storage)
