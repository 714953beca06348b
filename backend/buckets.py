"""S3 buckets as the object store library opens them, with our patience."""

from datetime import timedelta

from obstore.store import S3Store

CONNECT_TIMEOUT = timedelta(seconds=3)
REQUEST_TIMEOUT = timedelta(minutes=10)
RETRY_TIMEOUT = timedelta(seconds=15)
N_RETRIES = 4


def bucket(url: str, endpoint_url: str | None) -> S3Store:
    """Open `s3://bucket/prefix`; credentials and region come from AWS_* variables.

    Args:
        url: Which.
        endpoint_url: Address of an S3-compatible server; None means Amazon's.
    """
    plain_http = endpoint_url is not None and endpoint_url.startswith("http://")
    return S3Store.from_url(
        url,
        config={"endpoint": endpoint_url} if endpoint_url else None,
        client_options={
            "allow_http": plain_http,
            "connect_timeout": CONNECT_TIMEOUT,
            "timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": N_RETRIES, "retry_timeout": RETRY_TIMEOUT},
    )
