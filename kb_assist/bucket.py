"""Contents of attachments in S3-compatible storage; the only door to boto3."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from kb_assist.errors import N_, FilesUnavailableError, NotFoundError, SettingsError

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Access:
    """Without keys, what the machine itself is given: its role, or the usual variables."""

    endpoint: str | None = None
    region: str | None = None
    key: str | None = None
    secret: str | None = field(default=None, repr=False)


class BucketContents:
    """One object each; see ``contents.Contents``. Safe to share between threads."""

    def __init__(self, address: str, access: Access) -> None:
        """``address``: ``s3://bucket/prefix``. Nothing is asked before the first use.

        Raises SettingsError where boto3 is not installed.
        """
        self._bucket, _, prefix = address.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = _client(access)

    def has(self, name: str) -> bool:
        with _reaching():
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.ClientError as error:
                if _is_missing(error):
                    return False
                raise
        return True

    def put(self, name: str, content: bytes) -> None:
        with _reaching():
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def open(self, name: str) -> IO[bytes]:
        """Read at once, so that a connection that breaks is an error and not half a file."""
        with _reaching():
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            return io.BytesIO(found["Body"].read())

    def remove(self, name: str) -> None:
        with _reaching():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def names(self) -> Iterator[str]:
        with _reaching():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield str(found["Key"]).removeprefix(self._prefix)


def _client(access: Access) -> Any:
    # Only here: who keeps files in a folder need not install it.
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError as error:
        raise SettingsError(
            "The library for S3 is not installed.",
            remedy="Install it: pip install 'kb-assist[s3]'.",
        ) from error
    # Other makers' storage knows buckets by path, and not always the newer checksums.
    style = "path" if access.endpoint else "auto"
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"max_attempts": _ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": style},
        request_checksum_calculation="when_required",
    )
    return boto3.client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.key,
        aws_secret_access_key=access.secret,
        config=config,
    )


@contextmanager
def _reaching() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if _is_missing(error):
            raise NotFoundError(N_("The content of this attachment is missing.")) from error
        said = error.response.get("Error", {}).get("Code", "no reason")
        raise _unavailable(str(said)) from error
    except BotoCoreError as error:
        raise _unavailable(type(error).__name__) from error


def _is_missing(error: Any) -> bool:
    return error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404")


def _unavailable(reason: str) -> FilesUnavailableError:
    return FilesUnavailableError(
        N_("The storage of attachments does not do as asked: %(reason)s.", reason=reason),
        remedy=N_("Check KB_ASSIST_FILES, KB_ASSIST_S3_ENDPOINT and the keys."),
    )
