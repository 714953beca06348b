from ipaddress import ip_address, ip_network

import pytest

from worker.video import addresses
from worker.video.addresses import is_public, is_this_machines, may_connect


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_lead_inside_or_may_be_unwrapped_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "142.250.74.78", "2606:4700:4700::1111", "2a00:1450:4001::1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_names_are_never_connected_to_because_their_resolution_would_be_out_of_sight() -> None:
    assert not may_connect("example.org", [ip_network("0.0.0.0/0")])


def test_an_opened_network_admits_its_addresses_and_no_others() -> None:
    opened = [ip_network("127.0.0.1/32")]
    assert may_connect("127.0.0.1", opened)
    assert not may_connect("127.0.0.2", opened)
    assert not may_connect("::1", opened)


def test_the_machine_knows_its_own_addresses() -> None:
    assert is_this_machines(ip_address("127.0.0.1"))
    assert not is_this_machines(ip_address("8.8.8.8"))
    assert not is_this_machines(ip_address("2606:4700:4700::1111"))


def test_a_public_address_of_this_machine_itself_leads_behind_its_firewall(monkeypatch: pytest.MonkeyPatch) -> None:
    assert may_connect("8.8.8.8", [])
    monkeypatch.setattr(addresses, "is_this_machines", lambda address: str(address) == "8.8.8.8")
    assert not may_connect("8.8.8.8", [])
    assert may_connect("8.8.8.8", [ip_network("8.8.8.8/32")])
