"""What a receiver refuses of messages on attestations; their signatures are judged behind the schema."""

from typing import Final

from transfer.messages.refused import ABSENT, Refused

REFUSED_ATTESTATIONS: Final = {
    "legalaid.attestation.issued.v1": (
        Refused("no-salt", "data.attested.salt", ABSENT, "data.attested.salt: Field required"),
        Refused("no-token", "data.attested.token", "eyJhbGciOiJFZDI1NTE5In0", "token: String should match"),
        Refused("nobody", "data.attested.applicant", ABSENT, "data.attested.applicant: Field required"),
    ),
    "legalaid.attestation.revoked.v1": (
        Refused("no-token", "data.revocation", "not.a token.x", "data.revocation: String should match"),
        Refused("no-case", "data.case", ABSENT, "data.case: Field required"),
        Refused("nothing-revoked", "data.revocation", ABSENT, "data.revocation: Field required"),
    ),
}
