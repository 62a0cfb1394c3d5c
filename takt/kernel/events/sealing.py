"""Personal values of events, encrypted under the key of the person they belong to."""

import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from takt.kernel.events.models import PersonKey

type Person = tuple[str, int]


def keys_of(people: set[Person]) -> dict[Person, bytes]:
    """The key of each person; one is made where there was none."""
    if not people:
        return {}
    PersonKey.objects.bulk_create(
        [PersonKey(kind=k, object_id=i, key=AESGCM.generate_key(256)) for k, i in sorted(people)],
        ignore_conflicts=True,
    )
    return _existing(people)


def _existing(people: set[Person]) -> dict[Person, bytes]:
    rows = PersonKey.objects.filter(object_id__in={i for _, i in people})
    found = {(r.kind, r.object_id): bytes(r.key) for r in rows}
    return {p: found[p] for p in people if p in found}


def forget_keys(people: Iterable[Person]) -> None:
    """Erase people: what was sealed under their keys can't be read again, in no event."""
    by_kind: dict[str, list[int]] = {}
    for kind, number in people:
        by_kind.setdefault(kind, []).append(number)
    for kind, numbers in by_kind.items():
        PersonKey.objects.filter(kind=kind, object_id__in=numbers).delete()


def seal(person: Person, key: bytes, values: dict[str, Any]) -> bytes:
    nonce = os.urandom(12)
    owner = f"{person[0]}:{person[1]}".encode()
    text = AESGCM(key).encrypt(nonce, json.dumps(values, ensure_ascii=False).encode(), owner)
    return bytes([len(owner)]) + owner + nonce + text


def person_of(sealed: bytes) -> Person:
    kind, _, number = sealed[1 : 1 + sealed[0]].decode().partition(":")
    return kind, int(number)


def unseal_all(sealed: list[bytes]) -> list[dict[str, Any] | None]:
    """The values, in order; None where the person has been erased."""
    people = [person_of(s) for s in sealed]
    keys = _existing(set(people)) if people else {}
    out: list[dict[str, Any] | None] = []
    for person, blob in zip(people, sealed, strict=True):
        key = keys.get(person)
        if key is None:
            out.append(None)
            continue
        start = 1 + blob[0]
        text = AESGCM(key).decrypt(blob[start : start + 12], blob[start + 12 :], blob[1:start])
        out.append(json.loads(text))
    return out
