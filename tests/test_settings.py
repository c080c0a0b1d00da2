"""Settings: sources, faults, documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb_assist.bootstrap import secret_key
from kb_assist.errors import SettingsError
from kb_assist.settings import ENV_PREFIX, Settings, load_settings
from kb_assist.storage.db import Database, sqlite_url


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kb.toml").write_text('port = 9000\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("KB_ASSIST_CONFIG", str(tmp_path / "kb.toml"))
    monkeypatch.setenv("KB_ASSIST_PORT", "9001")

    settings = load_settings()

    assert (settings.port, settings.host) == (9001, "127.0.0.2")


def test_every_fault_is_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_ASSIST_PORT", "many")
    monkeypatch.setenv("KB_ASSIST_THREADS", "-1")
    monkeypatch.setenv("KB_ASSIST_COLOUR", "blue")

    with pytest.raises(SettingsError) as caught:
        load_settings()
    for name in ("KB_ASSIST_PORT", "KB_ASSIST_THREADS", "KB_ASSIST_COLOUR"):
        assert name in caught.value.message


def test_a_secret_is_read_from_a_file_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("very-secret\n")
    monkeypatch.setenv("KB_ASSIST_SECRET_KEY_FILE", str(tmp_path / "key"))

    settings = load_settings()

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(settings)


def test_only_secrets_are_read_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KB_ASSIST_PORT_FILE", str(tmp_path / "port"))

    with pytest.raises(SettingsError, match="not a secret"):
        load_settings()


def test_a_missing_secret_file_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KB_ASSIST_SECRET_KEY_FILE", str(tmp_path / "absent"))

    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        load_settings()


@pytest.mark.parametrize("written", ["", " \n\t\n", "\ufeff", "\x00\x00"])
def test_an_empty_secret_file_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str
) -> None:
    (tmp_path / "key").write_text(written, encoding="utf-8")
    secrets = [
        f"{ENV_PREFIX}{name.upper()}_FILE"
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    ]
    for variable in secrets:
        monkeypatch.setenv(variable, str(tmp_path / "key"))

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(secrets) > 10
    assert [
        name
        for name in secrets
        if f"{name}: {tmp_path / 'key'} is empty" not in caught.value.message
    ] == []


def test_an_empty_secret_is_a_fault_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kb.toml").write_text('inbound_secret = ""\n')
    monkeypatch.setenv("KB_ASSIST_CONFIG", str(tmp_path / "kb.toml"))
    monkeypatch.setenv("KB_ASSIST_ALERTS_SECRET", "  ")

    with pytest.raises(SettingsError) as caught:
        load_settings()
    for name in ("KB_ASSIST_INBOUND_SECRET", "KB_ASSIST_ALERTS_SECRET"):
        assert name in caught.value.message


def test_an_empty_key_of_cookies_is_refused(tmp_path: Path) -> None:
    """A made one is kept; what is left of it after a crash signs nothing."""
    database = Database(sqlite_url(tmp_path / "kb.db"))
    settings = Settings(var=tmp_path)
    assert secret_key(settings, database) == secret_key(settings, database) != ""
    (tmp_path / "secret-key").write_text("\n")

    with pytest.raises(SettingsError, match="is empty"):
        secret_key(settings, database)
    database.close()


def test_a_broken_config_file_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kb.toml").write_text("port = = 1")
    monkeypatch.setenv("KB_ASSIST_CONFIG", str(tmp_path / "kb.toml"))

    with pytest.raises(SettingsError, match=r"kb\.toml"):
        load_settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())
