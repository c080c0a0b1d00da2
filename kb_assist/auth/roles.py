"""The one table of roles and permissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb_assist.articles.model import Audience
from kb_assist.auth.model import Permission, Role, Scope, User

# The table below stays readable with a short name.
P = Permission

_READER = frozenset({P.SEARCH, P.REMARK})
_OWN = frozenset({P.ACCOUNT_OWN, P.TOKENS_OWN})
_L1 = (
    _READER
    | _OWN
    | {P.TICKET_READ, P.TICKET_WORK, P.TICKET_ASSIGN, P.TICKET_CLOSE, P.ESCALATE}
    | {P.RECORDS_READ, P.GUIDES_RUN, P.STATUS_READ}
)
_L2 = _L1 | {
    P.READ_L2,
    P.BULK,
    P.RECORDS_EDIT,
    P.GAPS_READ,
    P.REPORTS_READ,
    P.STATUS_EDIT,
}

PERMISSIONS: dict[Role, frozenset[P]] = {
    Role.L1_AGENT: _L1,
    Role.L2_AGENT: _L2,
    Role.L3_AGENT: _L2 | {P.ACCEPT_ESCALATION},
    Role.CONTENT_OWNER: _READER
    | _OWN
    | {P.READ_L2, P.TICKET_READ, P.RECORDS_READ, P.GUIDES_RUN, P.GUIDES_PUBLISH}
    | {P.GAPS_READ, P.GAPS_DECIDE, P.STATUS_READ, P.REPORTS_READ},
    Role.ADMIN: frozenset(P),
}

# Whoever reads while the sign-in is switched off.
GUEST = _READER

# Tokens cannot make tokens: whoever finds one cannot make it last.
SCOPES: dict[Scope, frozenset[P]] = {
    Scope.SEARCH: _READER | {P.READ_L2},
    Scope.TICKETS_READ: frozenset({P.TICKET_READ, P.RECORDS_READ, P.STATUS_READ}),
    Scope.TICKETS_WRITE: frozenset(
        {P.TICKET_READ, P.TICKET_WORK, P.TICKET_ASSIGN, P.TICKET_CLOSE, P.BULK, P.ESCALATE}
        | {P.ACCEPT_ESCALATION, P.RECORDS_READ, P.RECORDS_EDIT, P.STATUS_READ, P.STATUS_EDIT}
    ),
    Scope.GUIDES: frozenset({P.GUIDES_RUN, P.GUIDES_PUBLISH}),
    Scope.REPORTS: frozenset({P.GAPS_READ, P.REPORTS_READ, P.STATUS_READ}),
    Scope.ADMIN: frozenset({P.RECORDS_IMPORT, P.GAPS_DECIDE, P.WEBHOOKS_MANAGE}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request acts for and what it may do."""

    user: User | None
    """None: nobody signed in."""
    permissions: frozenset[P]
    reads: Audience
    """Articles up to this audience."""

    def may(self, *needed: P) -> bool:
        return self.permissions.issuperset(needed)


def permissions_of(role: Role) -> frozenset[P]:
    return PERMISSIONS[role]


def scopes_for(role: Role) -> tuple[Scope, ...]:
    """The scopes that give this role anything at all, in the order of the enum."""
    return tuple(scope for scope in Scope if SCOPES[scope] & PERMISSIONS[role])


def principal_of(user: User, scopes: Iterable[Scope] | None = None) -> Principal:
    """``scopes`` None: the person; else a token, which may do what both allow."""
    permissions = PERMISSIONS[user.role]
    if scopes is not None:
        permissions &= frozenset[P]().union(*(SCOPES[scope] for scope in scopes))
    reads = Audience.L2 if P.READ_L2 in permissions else Audience.L1
    return Principal(user, permissions, reads)


def guest(audience: Audience) -> Principal:
    """The anonymous reader while the sign-in is switched off."""
    return Principal(None, GUEST, audience)


NOBODY = Principal(None, frozenset(), Audience.CUSTOMER)
