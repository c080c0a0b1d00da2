"""Hashing and judging passwords; the only door to argon2."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb_assist.auth.model import AccountFault

SHORTEST = 10
# Long enough for any sentence, short enough that hashing stays cheap.
LONGEST = 200

# What is tried first; a longer list would refuse little more at this length.
_COMMON = frozenset(
    "passwort password kennwort geheim willkommen welcome qwertz qwerty asdfgh abc letmein admin"
    " changeme iloveyou hallo sommer winter frühling herbst summer nordwind kb-assist kbassist"
    " fussball football schatz".split()
)


class Passwords:
    """argon2id; the defaults take about 50 ms and 32 MiB a check."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 32_768) -> None:
        """Tests pass small numbers to be quick."""
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._decoy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(_composed(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """None never matches, and takes as long: nobody learns by time which logins exist."""
        try:
            fits = self._hasher.verify(stored or self._decoy, _composed(password)[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return fits and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def faults_of(password: str, *, login: str = "") -> tuple[AccountFault, ...]:
    """What is wrong with a new password; length counts, not kinds of characters."""
    composed = _composed(password)
    if len(composed) < SHORTEST:
        return (AccountFault.PASSWORD_SHORT,)
    if len(composed) > LONGEST:
        return (AccountFault.PASSWORD_LONG,)
    core = _undecorated(composed)
    if len(set(composed)) < 5 or core in _COMMON or core == _undecorated(login):
        return (AccountFault.PASSWORD_COMMON,)
    return ()


def _undecorated(word: str) -> str:
    """``Sommer2026!`` is ``sommer``."""
    return word.casefold().strip("0123456789!?.,-_#*+ ")


def _composed(password: str) -> str:
    """The same characters whichever keyboard wrote them."""
    return unicodedata.normalize("NFKC", password)
