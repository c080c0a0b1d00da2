"""A small folder of guides: a VPN guide, the home network guide it calls, German texts, cases."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Bundle

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample that a test may change."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "guides"))


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The VPN guide with the guide it calls."""
    return load_folder(SAMPLE).bundle("vpn_connect")
