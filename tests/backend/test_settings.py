"""Settings: read once, frozen, each with a sentence for the operator."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from backend.settings import Settings


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DEEPASMR_{name.upper()}", raising=False)


@pytest.mark.parametrize("plain", ["postgresql://me@db/asmr", "postgres://me@db/asmr"])
def test_a_plain_postgres_address_gets_the_driver(plain: str) -> None:
    assert Settings(database_url=plain).database_url == "postgresql+psycopg://me@db/asmr"


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("rediss://host:6379/0", "rediss://host:6379/0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
    ],
)
def test_the_broker_address_is_in_celery_s_spelling(redis_url: str, broker_url: str) -> None:
    assert Settings(redis_url=redis_url).broker_url == broker_url


def test_audio_lies_in_the_data_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).storage_url == (tmp_path / "storage").as_uri()
    assert Settings(data_dir=tmp_path, storage_url="s3://bucket").storage_url == "s3://bucket"


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False)])  # noqa: S104
def test_loopback_is_told_apart(host: str, expected: bool) -> None:
    assert Settings(host=host).bound_to_loopback is expected


def test_variables_carry_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPASMR_MAX_UPLOAD_BYTES", "123")
    monkeypatch.setenv("DEEPASMR_ALLOW_PRIVATE_ADDRESSES", "1")
    settings = Settings()
    assert settings.max_upload_bytes == 123
    assert settings.allow_private_addresses


def test_secrets_are_not_printed() -> None:
    settings = Settings(secret_key="very secret", admin_token="also secret")
    assert "secret" not in repr(settings).replace("secret_key", "")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
