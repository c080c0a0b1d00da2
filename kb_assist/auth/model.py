"""The values of the account area."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the team; ``roles.PERMISSIONS`` says what that allows."""

    L1_AGENT = "l1_agent"
    L2_AGENT = "l2_agent"
    L3_AGENT = "l3_agent"
    CONTENT_OWNER = "content_owner"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing a request or a page may do; every route names the ones it needs."""

    SEARCH = "search"
    READ_L2 = "read_l2"
    REMARK = "remark"
    TICKET_READ = "ticket_read"
    TICKET_WORK = "ticket_work"
    TICKET_ASSIGN = "ticket_assign"
    TICKET_CLOSE = "ticket_close"
    BULK = "bulk"
    ESCALATE = "escalate"
    ACCEPT_ESCALATION = "accept_escalation"
    RECORDS_READ = "records_read"
    RECORDS_EDIT = "records_edit"
    RECORDS_IMPORT = "records_import"
    GUIDES_RUN = "guides_run"
    GUIDES_PUBLISH = "guides_publish"
    GAPS_READ = "gaps_read"
    GAPS_DECIDE = "gaps_decide"
    STATUS_READ = "status_read"
    STATUS_EDIT = "status_edit"
    REPORTS_READ = "reports_read"
    ACCOUNT_OWN = "account_own"
    TOKENS_OWN = "tokens_own"
    ACCOUNTS_MANAGE = "accounts_manage"
    WEBHOOKS_MANAGE = "webhooks_manage"


class Scope(StrEnum):
    """What an API token is for; ``roles.SCOPES`` says which permissions that covers."""

    SEARCH = "search"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    GUIDES = "guides"
    REPORTS = "reports"
    ADMIN = "admin"


class SupportLevel(StrEnum):
    L1 = "l1"
    L2 = "l2"
    L3 = "l3"


@dataclass(frozen=True, slots=True)
class Group:
    """A team that tickets are assigned to."""

    id: int
    name: str
    support_level: SupportLevel


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    """Lower case, unique, never changes."""
    display_name: str
    email: str
    role: Role
    groups: tuple[Group, ...]
    language: str | None
    """``de`` or ``en``; None follows the browser."""
    theme: str | None
    active: bool
    has_password: bool
    """False: this person signs in through the single sign-on only."""
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A personal token as its owner sees it; the secret itself is not kept."""

    id: int
    user_id: int
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class EventKind(StrEnum):
    """What the log of accounts tells."""

    CREATED = "created"
    CHANGED = "changed"
    ENABLED = "enabled"
    DISABLED = "disabled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name, no password
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED = "locked"
    TOKEN_CREATED = "token_created"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """``actor_id`` None: the command line or nobody signed in."""

    at: datetime
    kind: EventKind
    user_id: int | None
    actor_id: int | None
    facts: dict[str, object]


class AccountFault(StrEnum):
    """Why an account or a password is not accepted."""

    LOGIN_INVALID = "login_invalid"
    LOGIN_TAKEN = "login_taken"
    NAME_MISSING = "name_missing"
    EMAIL_INVALID = "email_invalid"
    PASSWORD_SHORT = "password_short"  # noqa: S105
    PASSWORD_LONG = "password_long"  # noqa: S105
    PASSWORD_COMMON = "password_common"  # noqa: S105
    PASSWORD_WRONG = "password_wrong"  # noqa: S105
    LOCKED = "locked"
    LAST_ADMIN = "last_admin"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, for these reasons."""

    faults: tuple[AccountFault, ...]
