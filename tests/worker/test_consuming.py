from types import SimpleNamespace

import pytest

from worker import consuming


def a_consumer(*, can_consume: bool) -> SimpleNamespace:
    qos = SimpleNamespace(can_consume=lambda: can_consume)
    return SimpleNamespace(task_consumer=SimpleNamespace(channel=SimpleNamespace(qos=qos)))


def test_an_idle_worker_whose_channel_waits_for_an_acknowledgement_is_stuck() -> None:
    assert consuming._is_stuck(a_consumer(can_consume=False))


def test_an_idle_worker_that_can_consume_is_well() -> None:
    assert not consuming._is_stuck(a_consumer(can_consume=True))


def test_a_worker_between_two_connections_is_left_alone() -> None:
    assert not consuming._is_stuck(SimpleNamespace(task_consumer=None))


def test_reconnecting_raises_what_celery_takes_for_a_lost_connection() -> None:
    from worker.app import celery

    with celery.connection_for_read() as connection, pytest.raises(connection.connection_errors):
        consuming._reconnect()
