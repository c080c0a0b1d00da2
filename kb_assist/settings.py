"""Every setting of kb-assist: one frozen object, read once from environment and TOML file."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kb_assist.environment import Secret, describe, secrets_from_files, unknown_variables
from kb_assist.errors import SettingsError

ENV_PREFIX = "KB_ASSIST_"
CONFIG_FILE_VARIABLE = "KB_ASSIST_CONFIG"
DEFAULT_CONFIG_FILE = "kb-assist.toml"
BUNDLED_MODEL = "bundled"

Holidays = Literal[
    "none", "DE", "BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL",
    "SN", "ST", "TH",
]  # fmt: skip
RoleName = Literal["l1_agent", "l2_agent", "l3_agent", "content_owner", "admin"]

# Read by commands and tests beside the settings themselves, so not a mistyped setting.
_NOT_SETTINGS = frozenset({CONFIG_FILE_VARIABLE})


class Settings(BaseSettings):
    """Defaults suit one machine without internet. Paths are relative to the working folder."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True
    )

    articles: Path = Field(Path("articles"), description="Folder with the Markdown articles.")
    var: Path = Field(
        Path("var"),
        description="Folder for everything kb-assist writes: models, indexes, caches, reports.",
    )
    model: str = Field(
        BUNDLED_MODEL,
        min_length=1,
        description="Embedding model: `bundled`, a sentence-transformers folder, or a model name"
        " that is already in the local model cache.",
    )
    model_download: bool = Field(
        False, description="Allow sentence-transformers to download `model` from a model hub."
    )
    query_prefix: str | None = Field(
        None,
        description="Text put before a query. Unset: what the model declares, else nothing.",
    )
    passage_prefix: str | None = Field(
        None,
        description="Text put before a passage. Unset: what the model declares, else nothing.",
    )
    embedding_url: str | None = Field(
        None,
        pattern=r"^https?://[^@\s]+$",
        description="Address of a shared embedding service with the OpenAI interface, up to `/v1`."
        " Set: no model is loaded here.",
    )
    embedding_key: Secret | None = Field(
        None, description="Its bearer key; `embed-serve` asks for it when it is set."
    )
    embedding_model: str | None = Field(
        None,
        min_length=1,
        description="Which model of the service. Unset: the only one it has.",
    )
    embedding_timeout: Annotated[float, Field(ge=0.05, le=60)] = Field(
        2.0,
        description="Seconds for one text of the service; a search then goes on by words only.",
    )
    threads: Annotated[int, Field(ge=0, le=256)] = Field(
        0, description="Threads for the model. 0: one per core, at most 4."
    )
    exact_limit: Annotated[int, Field(ge=1_000)] = Field(
        50_000,
        description="Up to this many chunks vector search is exact; above it uses an HNSW graph.",
    )
    vectors: Literal["faiss", "pgvector"] = Field(
        "faiss",
        description="Where the index keeps vectors: `faiss` files of this machine, or `pgvector`"
        " in the PostgreSQL database, where every node finds them.",
    )
    search_database_url: Secret | None = Field(
        None,
        description="With `pgvector`: a read replica that searches go to."
        " Unset: the database itself.",
    )
    keep_indexes: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="How many published indexes are kept for rollback."
    )
    audience: Literal["customer", "l1", "l2"] = Field(
        "l2",
        description="Articles that may be read while the sign-in is off: this audience and below.",
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        8080, description="Port the server listens on."
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Address under which people reach kb-assist, for links in mails, webhooks and"
        " single sign-on. Unset: the address of the request.",
    )
    server_threads: Annotated[int, Field(ge=1, le=256)] = Field(
        8, description="Requests served at the same time."
    )
    node_name: str | None = Field(
        None, description="Name of this node in figures and logs. Unset: the machine's name."
    )
    proxies: Annotated[int, Field(ge=0, le=5)] = Field(
        0,
        description="How many reverse proxies stand in front; as many `X-Forwarded-*` entries are"
        " believed. 0: none.",
    )
    drain_seconds: Annotated[int, Field(ge=0, le=300)] = Field(
        0,
        description="After SIGTERM `/readyz` is 503 for this long before the server stops, so that"
        " load balancers notice. 0: it stops when it has answered what it has in hand.",
    )
    database_url: Secret | None = Field(
        None,
        description="Database, as `sqlite:///file.db` or `postgresql://user:password@host/name`."
        " Unset: SQLite in `var/kb-assist.db`.",
    )
    secret_key: Secret | None = Field(
        None,
        description="Key that signs cookies and forms. Unset: made once and kept, in the PostgreSQL"
        " database or else in `var/secret-key`.",
    )
    secure_cookies: bool = Field(
        False, description="Send cookies over HTTPS only. Switch on behind a TLS proxy."
    )
    sign_in: Literal["on", "off"] = Field(
        "on",
        description="`off`: no accounts, whoever reaches the address may search and read, and"
        " nothing else. For one trusted machine.",
    )
    session_idle_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(
        120, description="A session ends after this long without a request."
    )
    session_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        12, description="A session ends this long after signing in, used or not."
    )
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Address of an OpenID Connect provider. Set: single sign-on is offered.",
    )
    oidc_client_id: str | None = Field(
        None, description="Name under which the provider knows kb-assist."
    )
    oidc_client_secret: Secret | None = Field(
        None, description="Secret shared with the provider. Unset: a public client, with PKCE only."
    )
    oidc_name: str = Field(
        "Single sign-on", min_length=1, description="What the button on the sign-in page says."
    )
    oidc_role_claim: str = Field(
        "roles", min_length=1, description="Claim of the identity token that holds roles or groups."
    )
    oidc_roles: dict[str, RoleName] = Field(
        {},
        description='Claim values to roles, as JSON: `{"it-desk": "l1_agent"}`. The highest role'
        " wins.",
    )
    oidc_default_role: RoleName | None = Field(
        None,
        description="Role of people whose claim names none. Unset: they are not admitted.",
    )
    business_hours: str = Field(
        "mon-fri 08:00-18:00",
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-(mon|tue|wed|thu|fri|sat|sun)"
        r" ([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        description="When the time of response and resolution targets counts.",
    )
    time_zone: str = Field("Europe/Berlin", description="Where those hours are.")
    holidays: Holidays = Field(
        "none",
        description="Whose holidays are days off: `DE` for those of all of Germany, a state such"
        " as `NW`, or `none`.",
    )
    targets: str = Field(
        "15m/4h! 30m/8h 2h/20h 4h/50h 10h/100h",
        pattern=r"^(\d+[mh]/\d+[mh]!? ){4}\d+[mh]/\d+[mh]!?$",
        description="Time to answer and to resolve for P1 to P5, in minutes or hours of business"
        " time; `!` counts around the clock.",
    )
    auto_close_days: Annotated[int, Field(ge=0, le=365)] = Field(
        7, description="A resolved ticket is closed after this many days. 0: never."
    )
    attachment_max_mb: Annotated[int, Field(ge=1, le=100)] = Field(
        15, description="Largest attachment. A ticket holds ten times as much in all."
    )
    files: str | None = Field(
        None,
        description="Where attachments are kept: a folder, which several nodes share, or"
        " `s3://bucket/prefix`. Unset: `var/attachments`.",
    )
    s3_endpoint: str | None = Field(
        None, pattern=r"^https?://", description="Address of S3-compatible storage other than AWS."
    )
    s3_region: str | None = Field(None, description="Region of the bucket.")
    s3_access_key: Secret | None = Field(
        None, description="Access key. Unset: what the machine itself is given."
    )
    s3_secret_key: Secret | None = Field(None, description="Secret of the access key.")
    redact: str = Field(
        "email,iban,card,phone,name,user",
        pattern=r"^$|^(email|iban|card|phone|name|user|ip|mac)"
        r"(,(email|iban|card|phone|name|user|ip|mac))*$",
        description="Personal data replaced in exports, reports and drafts: `email`, `iban`,"
        " `card`, `phone`, `name`, `user`, `ip`, `mac`.",
    )
    guide_link_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        72, description="A link that lets a customer follow a guide works this long."
    )
    retention_days: Annotated[int, Field(ge=0)] = Field(
        0, description="`tickets retention` empties tickets closed longer ago than this. 0: none."
    )
    inbound_secret: Secret | None = Field(
        None, description="Key that signs incoming webhooks. Unset: none are accepted."
    )
    alerts_secret: Secret | None = Field(
        None,
        description="Key of other monitoring systems, as a bearer token or to sign alerts. Unset:"
        " none are accepted.",
    )
    zammad_url: str | None = Field(
        None, pattern=r"^https?://", description="Address of a Zammad that sends tickets."
    )
    zammad_token: Secret | None = Field(
        None, description="Zammad's access token, for notes with suggestions."
    )
    zammad_secret: Secret | None = Field(
        None, description="Key with which Zammad signs its webhooks."
    )
    imap_host: str | None = Field(None, description="Mail server that `tickets fetch-mail` asks.")
    imap_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        993, description="Its port; always TLS."
    )
    imap_user: str = Field("", description="Mailbox for tickets.")
    imap_password: Secret | None = Field(None, description="Password of that mailbox.")
    imap_folder: str = Field("INBOX", description="Folder that new mails are read from.")
    smtp_host: str | None = Field(
        None, description="Mail server that digests are sent through. Unset: none are sent."
    )
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="Its port.")
    smtp_security: Literal["starttls", "tls", "off"] = Field(
        "starttls",
        description="How the connection is encrypted; `off` only without `smtp_user`, for a server"
        " on the same machine.",
    )
    smtp_user: str = Field("", description="Account there. Empty: none is needed.")
    smtp_password: Secret | None = Field(None, description="Password of that account.")
    smtp_sender: str = Field(
        "kb-assist@localhost",
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Address that mails come from.",
    )
    tools: Path | None = Field(
        None, description="TOML file with the tools that `kb-assist watch` probes."
    )
    probes_at_once: Annotated[int, Field(ge=1, le=500)] = Field(
        64, description="How many tools are probed at the same time."
    )
    default_language: Literal["auto", "de", "en"] = Field(
        "auto",
        description="Language of the pages before a reader chooses; `auto` asks the browser.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged."
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="`json`: one object a line, and one line for each request, with its id.",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("there is no such time zone")
        return name

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        url = self.database_url.get_secret_value() if self.database_url else ""
        if self.vectors == "pgvector" and not url.startswith("postgres"):
            raise ValueError("vectors=pgvector needs database_url to be a PostgreSQL address")
        if self.smtp_user and self.smtp_security == "off":
            raise ValueError("smtp_user needs smtp_security starttls or tls")
        if self.oidc_issuer is not None and not self.oidc_client_id:
            raise ValueError("oidc_issuer needs oidc_client_id (KB_ASSIST_OIDC_CLIENT_ID)")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then TOML file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_config_file())
        return init_settings, env_settings, toml

    @property
    def node(self) -> str:
        """What this node is called."""
        return self.node_name or platform.node()

    @property
    def models_dir(self) -> Path:
        return self.var / "models"

    @property
    def index_dir(self) -> Path:
        return self.var / "index"

    @property
    def cache_dir(self) -> Path:
        return self.var / "cache"

    @property
    def database_file(self) -> Path:
        """The SQLite file that is used while no `database_url` is set."""
        return self.var / "kb-assist.db"

    @property
    def attachments_dir(self) -> Path:
        """Where attachments are unless they are in a bucket."""
        return Path(self.files) if self.files else self.var / "attachments"

    @property
    def reports_file(self) -> Path:
        """Problems readers reported to an earlier version, one JSON object a line."""
        return self.var / "reports.jsonl"

    @property
    def gap_queries_file(self) -> Path:
        """Vectors of the tickets that gaps are looked for in."""
        return self.cache_dir / "gap-queries.sqlite"

    @property
    def centre_file(self) -> Path:
        """What was learned about where queries lie; see ``retrieval.centre``."""
        return self.var / "query-centre.npz"

    @property
    def fusion_file(self) -> Path:
        """Fusion parameters fitted on the user's own tickets; optional."""
        return self.var / "fusion.json"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings once, at start.

    ``overrides`` come from the command line and win; None means "not given". Raises SettingsError
    with every fault in one message.
    """
    fields = {name: str(field.annotation) for name, field in Settings.model_fields.items()}
    faults = unknown_variables(os.environ, ENV_PREFIX, fields, _NOT_SETTINGS)
    given = {key: value for key, value in overrides.items() if value is not None}
    secrets, secret_faults = secrets_from_files(os.environ, ENV_PREFIX, fields)
    faults += secret_faults
    settings: Settings | None = None
    try:
        settings = Settings(**{**secrets, **given})
    except ValidationError as error:
        faults += [describe(fault, ENV_PREFIX) for fault in error.errors()]
    except (OSError, ValueError) as error:
        faults.append(f"{_config_file()}: {error}")
    if faults or settings is None:
        listing = "\n".join(f"  - {fault}" for fault in faults)
        raise SettingsError(
            f"{len(faults)} setting(s) cannot be used:\n{listing}",
            remedy="Correct them; docs/settings.md lists every setting.",
        )
    return settings


def _config_file() -> Path:
    return Path(os.environ.get(CONFIG_FILE_VARIABLE, DEFAULT_CONFIG_FILE))
