"""The browser tests use the application of the functional tests."""

from tests.functional.conftest import app, services

__all__ = ["app", "services"]
