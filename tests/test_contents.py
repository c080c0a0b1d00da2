"""Contents of attachments, in a folder and in S3-compatible storage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from kb_assist.bootstrap import open_contents
from kb_assist.bucket import Access, BucketContents
from kb_assist.cli.main import cli
from kb_assist.contents import Contents, FolderContents
from kb_assist.errors import FilesUnavailableError, NotFoundError
from kb_assist.settings import Settings

NAME = "ab" * 32
OTHER = "cd" * 32
_ACCESS = Access(region="eu-central-1", key="key", secret="secret")
# The library reads credentials with a function that Python 3.12 and later warn about.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore.*")


@pytest.fixture
def bucket() -> Iterator[str]:
    with mock_aws():
        client = boto3.client(
            "s3", "eu-central-1", aws_access_key_id="key", aws_secret_access_key="secret"
        )
        where = {"LocationConstraint": "eu-central-1"}
        client.create_bucket(Bucket="kb-files", CreateBucketConfiguration=where)
        client.put_object(Bucket="kb-files", Key="others/file", Body=b"not ours")
        yield "s3://kb-files/files"


@pytest.fixture(params=["folder", "bucket"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> Contents:
    if request.param == "folder":
        return FolderContents(tmp_path / "files")
    return BucketContents(request.getfixturevalue("bucket"), _ACCESS)


def test_what_was_put_comes_back_until_it_is_removed(contents: Contents) -> None:
    before = contents.has(NAME)
    contents.put(NAME, b"log")
    contents.put(NAME, b"log")
    contents.put(OTHER, b"other")
    with contents.open(NAME) as stream:
        read = stream.read()
    names = sorted(contents.names())
    contents.remove(NAME)
    contents.remove(NAME)

    assert (before, read, names) == (False, b"log", [NAME, OTHER])
    assert not contents.has(NAME)
    with pytest.raises(NotFoundError):
        contents.open(NAME)


def test_a_storage_that_refuses_is_unavailable(bucket: str) -> None:
    with pytest.raises(FilesUnavailableError, match="NoSuchBucket"):
        BucketContents("s3://nobodys", _ACCESS).put(NAME, b"log")


def test_a_folder_that_takes_nothing_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    with pytest.raises(FilesUnavailableError):
        FolderContents(tmp_path / "files").put(NAME, b"log")


def test_a_backup_holds_what_is_in_the_bucket_and_puts_it_back(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("KB_ASSIST_FILES", bucket)
    monkeypatch.setenv("KB_ASSIST_S3_REGION", "eu-central-1")
    monkeypatch.setenv("KB_ASSIST_S3_ACCESS_KEY", "key")
    monkeypatch.setenv("KB_ASSIST_S3_SECRET_KEY", "secret")
    contents = open_contents(Settings())
    contents.put(NAME, b"log")
    CliRunner().invoke(cli, ["db", "upgrade"])
    made = CliRunner().invoke(cli, ["db", "backup", "--json"])
    contents.remove(NAME)
    restored = CliRunner().invoke(cli, ["db", "restore", json.loads(made.stdout)["file"], "--yes"])

    assert restored.exit_code == 0, restored.output
    assert contents.open(NAME).read() == b"log"
