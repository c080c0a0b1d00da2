"""The browser tests use the application of the functional tests."""

from tests.functional.conftest import app, services, sign_in_as

__all__ = ["app", "services", "sign_in_as"]
