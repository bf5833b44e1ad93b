"""API keys: one file of hashes, made and revoked from the command line, re-read by servers when it changes.

A key is 256 random bits, so guessing it is hopeless and one SHA-256 is the right hash: the slow hashes made
for passwords would only slow down every request. The file never holds a key, only its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from graph.errors import BadInput

_PREFIX: Final = "malha"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_CHARACTERS: Final = 128
_NO_DIGEST: Final = "0" * 64


class Scope(StrEnum):
    """What a key may be used for; a key may have several, and none includes another."""

    OMS = "oms"
    ANALYST = "analyst"
    PLANNER = "planner"
    ADMIN = "admin"


class Key(BaseModel):
    """What is known of a key: everything but the key itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created_at: AwareDatetime
    revoked_at: AwareDatetime | None = None


class _Page(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    keys: tuple[Key, ...] = ()


class KeyFile:
    """The file of hashes; it is replaced whole, so a reader never sees half of a change."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Key, ...]:
        """Return all keys, revoked ones too, in order of creation; none where there is no file.

        BadInput when the file cannot be read.
        """
        try:
            return _Page.model_validate_json(self.path.read_bytes()).keys
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            raise BadInput(f"{self.path} is no file of API keys ({type(error).__name__}).") from error

    def create(self, name: str, scopes: Iterable[Scope], now: datetime) -> tuple[Key, str]:
        """Add a key; return what is kept of it, and the key itself, which nobody can show again.

        BadInput for a name that is taken or no plain word, and for a key without scope.
        """
        granted = tuple(sorted(set(scopes), key=list(Scope).index))
        if not granted:
            raise BadInput(f"A key needs a scope: one or more of {', '.join(Scope)}.")
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name: letters, digits, '.', '_' and '-', at most 64.")
        with self._locked():
            keys = self.read()
            if any(key.name == name and key.revoked_at is None for key in keys):
                raise BadInput(f"There is a key named {name!r}: revoke it first, or take another name.")
            key_id = secrets.token_hex(4)
            token = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
            key = Key(key_id=key_id, name=name, scopes=granted, sha256=_digest(token), created_at=now)
            self._write((*keys, key))
        return key, token

    def revoke(self, name_or_id: str, now: datetime) -> Key:
        """Revoke a key that is in force; BadInput when there is none of that name or id."""
        with self._locked():
            keys = self.read()
            for place, key in enumerate(keys):
                if name_or_id in (key.name, key.key_id) and key.revoked_at is None:
                    revoked = key.model_copy(update={"revoked_at": now})
                    self._write((*keys[:place], revoked, *keys[place + 1 :]))
                    return revoked
        raise BadInput(f"No key in force has the name or id {name_or_id!r}: see malha keys list.")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time change the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, keys: tuple[Key, ...]) -> None:
        fresh = self.path.with_name(f".{self.path.name}.new-{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(_Page(keys=keys).model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


class KeyRing:
    """The keys in force, as a server needs them: found by token, never older than the file."""

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._stamp: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def find(self, token: str) -> Key | None:
        """Return the key in force that ``token`` is, or None; the comparison takes the same time for all.

        BadInput when the file is damaged: then no key is good, not even one that was.
        """
        self._refresh()
        prefix, _, rest = token[:_MOST_CHARACTERS].partition("_")
        key = self._keys.get(rest.partition("_")[0]) if prefix == _PREFIX else None
        good = hmac.compare_digest(_digest(token), key.sha256 if key else _NO_DIGEST)
        return key if good else None

    def _refresh(self) -> None:
        try:
            about = self._file.path.stat()
        except FileNotFoundError:
            stamp = None
        else:
            stamp = (about.st_ino, about.st_mtime_ns, about.st_size)
        if stamp is None or stamp != self._stamp:
            self._stamp, self._keys = None, {}
            self._keys = {key.key_id: key for key in self._file.read() if key.revoked_at is None}
            self._stamp = stamp


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
