"""What a receiver refuses of messages on ledgers; what their notes say is judged behind the schema."""

from typing import Final

from transfer.messages.examples import FULL
from transfer.messages.examples_ledger import NOTE
from transfer.messages.refused import ABSENT, Refused

_CONTRARY: Final = "either a cosignature or a refusal is given"

REFUSED_LEDGER: Final = {
    "legalaid.ledger.checkpoint_published.v1": (
        Refused("no-conversation", "conversation", ABSENT, "conversation: Field required"),
        Refused("nobodys-ledger", "data.region", ABSENT, "data.region: Field required"),
        Refused("size-below-zero", "data.old", -1, "data.old: Input should be greater than or equal to 0"),
        Refused("size-beyond-exact-numbers", "data.old", 2**53, "data.old: Input should be less than or equal to"),
        Refused("hash-too-short", "data.proof", ["AAAA"], "data.proof.0: String should match"),
        Refused("too-many-hashes", "data.proof", ["A" * 43 + "="] * 64, "Tuple should have at most 63 items"),
        Refused("note-not-signed", "data.note", NOTE.partition("\n\n")[0] + "\n\n", "data.note: String should match"),
        Refused("note-of-four-lines", "data.note", f"x\n{NOTE}", "data.note: String should match"),
        Refused("note-too-long", "data.note", NOTE * 40, "String should have at most 4096 characters"),
    ),
    "legalaid.ledger.checkpoint_answered.v1": (
        Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
        Refused("says-nothing", "data.cosignature", ABSENT, _CONTRARY, schema_finds=False),
        Refused("says-both", "data.cosignature", "— a AAAA\n", _CONTRARY, of=FULL, schema_finds=False),
        Refused("two-lines", "data.cosignature", "— a AAAA\n— a AAAA\n", "data.cosignature: String should match"),
        Refused("no-size", "data.size", ABSENT, "data.size: Field required"),
        Refused("unknown-code", "data.refusal.code", "GONE", "data.refusal.code: Input should be", of=FULL),
        Refused("fork-of-one", "data.refusal.notes", [NOTE], "exactly for a fork", of=FULL, schema_finds=False),
        Refused(
            "notes-without-fork", "data.refusal.code", "BAD_PROOF", "exactly for a fork", of=FULL, schema_finds=False
        ),
    ),
}
