"""The published examples under schemas/examples/crypto/ open and verify, or are refused as they say."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from transfer.crypto import errors
from transfer.crypto.errors import UnknownKey
from transfer.crypto.keys import PrivateJwk, PrivateKey, PublicKey, SuiteName
from transfer.crypto.suites import suite

FOLDER: Final = Path(__file__).parents[2] / "schemas/examples/crypto"
DOCUMENTS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")
}
ROWS: Final = [(name, row) for name, document in DOCUMENTS.items() for row in document["refused"]]


def keys(name: str) -> dict[str, PrivateKey]:
    """The keys of a file, read as anybody would read them."""
    found = {}
    for row in DOCUMENTS[name]["keys"]:
        public = PublicKey.model_validate_json(json.dumps(row["public"]), extra="forbid")
        found[public.kid] = PrivateKey(public=public, jwk=PrivateJwk.model_validate(row["private_jwk"]))
    return found


def private(name: str, kid: str) -> PrivateKey:
    if kid not in keys(name):
        raise UnknownKey(kid)
    return keys(name)[kid]


def test_each_suite_has_its_examples() -> None:
    assert set(DOCUMENTS) == set(SuiteName)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_sealed_opens_and_verifies_to_the_content(name: str) -> None:
    document = DOCUMENTS[name]
    token = suite(name).open(document["sealed"], lambda kid: private(name, kid))
    assert token.decode() == document["token"]
    signed = suite(name).verify(token, lambda kid: private(name, kid).public)
    assert signed.content.decode() == document["content"]
    assert (signed.issued_at, signed.expires_at) == (document["issued_at"], document["expires_at"])


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row['form']}, {row['why']}" for name, row in ROWS])
def test_what_must_be_refused_is_refused_with_its_error(name: str, row: dict[str, str]) -> None:
    with pytest.raises(getattr(errors, row["error"])) as caught:
        if row["form"] == "token":
            suite(name).verify(row["text"].encode(), lambda kid: private(name, kid).public)
        else:
            suite(name).open(row["text"], lambda kid: private(name, kid))
    assert type(caught.value).__name__ == row["error"]
