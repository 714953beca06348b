"""Every setting of the platform, read once from the environment (prefix `DEEPASMR_`)."""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read from the environment at the first call."""
    return Settings()


def _storage_in_data_dir(validated: dict[str, Any]) -> str:
    return (Path(validated["data_dir"]).absolute() / "storage").as_uri()


class Settings(BaseSettings):
    """What an operator may decide. Each description says what the variable means and in which unit."""

    model_config = SettingsConfigDict(env_prefix="DEEPASMR_", frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str = Field(
        default="postgresql+psycopg://deepasmr@localhost/deepasmr",
        description="PostgreSQL with the pgvector extension. A plain postgresql:// address is accepted too.",
    )
    redis_url: str = Field(
        default="redis://localhost:6379/0",
        pattern="^(redis|rediss|unix)://",
        description="Redis that carries job messages and rate limits: redis://, rediss:// or unix:///path/to/redis.sock.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of the embedded services, the secret key and (unless said otherwise) the stored audio.",
    )
    storage_url: str = Field(
        default_factory=_storage_in_data_dir,
        pattern="^(file|s3)://",
        description="Where audio bytes live: file:///path or s3://bucket/prefix. Default: storage in DATA_DIR.",
    )
    s3_endpoint_url: str | None = Field(
        default=None,
        description="Address of an S3-compatible server other than Amazon's. Keys and region: AWS_* variables.",
    )
    secret_key: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(32)),
        description="Signs the listener cookie. Unset, each process makes its own and cookies end with it.",
    )
    admin_token: SecretStr | None = Field(
        default=None,
        description="Opens ingestion and deletion of sources when the platform is not bound to loopback.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web server binds.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that the web server binds.")
    secure_cookies: bool = Field(
        default=False, description="Send cookies over HTTPS only. Turn on behind a TLS-terminating proxy."
    )
    trusted_origins: tuple[str, ...] = Field(
        default=(),
        description='Origins, beside the request\'s own, that may send forms: a JSON list such as ["https://asmr.example"].',
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of proxies whose X-Forwarded-* headers are believed, separated by commas.",
    )
    frontend_dist: Path = Field(
        default=Path(__file__).resolve().parent.parent / "frontend" / "dist",
        description="Folder of the built front end (Vite's output with its manifest).",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Let ingestion reach private, loopback and link-local addresses. For tests and closed networks.",
    )
    video_proxy: str | None = Field(
        default=None,
        description="Proxy that ingestion goes through (http://host:port); HTTP_PROXY and the like are ignored. "
        "Keeping private addresses out of reach is then the proxy's task.",
    )
    max_source_seconds: float = Field(
        default=4 * 3600.0, gt=0, description="Longest video that is ingested, in seconds."
    )
    max_source_bytes: int = Field(
        default=2 * 1024**3, gt=0, description="Largest download of one video's audio, in bytes."
    )
    max_upload_seconds: float = Field(default=4 * 3600.0, gt=0, description="Longest upload, in seconds.")
    max_upload_bytes: int = Field(default=500 * 1024**2, gt=0, description="Largest upload, in bytes.")
    storage_reserve_bytes: int = Field(
        default=512 * 1024**2,
        ge=0,
        description="Bytes that stay free on the disk of a storage in a folder, for the database; what would take them "
        "is refused.",
    )
    max_queued_jobs: int = Field(
        default=20, gt=0, description="Jobs that one listener may have waiting or running at a time."
    )
    rate_limit_uploads: str = Field(default="30/hour", description="Uploads and ingestions a listener may send.")
    rate_limit_makings: str = Field(default="120/hour", description="Variations and mixes a listener may ask for.")
    rate_limit_posts: str = Field(default="300/minute", description="All other changes a listener may send.")
    rate_limit_plays: str = Field(
        default="60/minute", description="Plays that a listener's player may tell of; further ones are not remembered."
    )
    rate_limits_enabled: bool = Field(default=True, description="Count requests against the rate limits.")
    database_pool_size: int = Field(default=10, gt=0, description="Database connections that one process keeps.")
    database_statement_timeout_s: float = Field(
        default=30.0, gt=0, description="Longest a single database statement may take, in seconds."
    )
    counts_kept_s: float = Field(
        default=5.0, ge=0, description="How long the numbers of public sounds beside triggers are kept, in seconds."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", description="Least severe log level that is written: DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        return url

    @property
    def bound_to_loopback(self) -> bool:
        """Whether only this machine can reach the web server."""
        return self.host in LOOPBACK_HOSTS

    @property
    def broker_url(self) -> str:
        """The Redis address in Celery's spelling: `unix:///path?db=1` becomes `redis+socket:///path?virtual_host=1`."""
        parts = urlsplit(self.redis_url)
        if parts.scheme != "unix":
            return self.redis_url
        database = parse_qs(parts.query).get("db", ["0"])[0]
        return f"redis+socket://{parts.path}?virtual_host={database}"
