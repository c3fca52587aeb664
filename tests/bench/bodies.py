"""The messages of the bench: one stage of a case each, about 1.5 KB as JSON, the same for every contender."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.envelope import TYPE_NAMES, Attributes, encode

SOURCE: Final = "442000"
RECIPIENT: Final = "510500"
TYPE: Final = TYPE_NAMES[StagePublished]
CASES: Final = 1_000

# Ids rise with the index, as those of a node do: random ones would measure the index pages of the database.
_FIRST_MESSAGE: Final = 0x0192_0000_0000_7000_8000_0000_0000_0000
_FIRST_CASE: Final = 0x0191_0000_0000_7000_8000_0000_0000_0000
_MOMENT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_NOTE: Final = (
    "The lawyer assigned met the applicant and the employer's agent, took the wage records of the last fourteen "
    "months and the attendance sheets into the file, and asked the labour inspectorate for its report. "
)


def message_id(index: int) -> UUID:
    return UUID(int=_FIRST_MESSAGE + index)


def case_of(index: int) -> UUID:
    """The messages go round all cases, so that neighbours never wait for one another's case."""
    return UUID(int=_FIRST_CASE + index % CASES)


def number_of(index: int) -> int:
    """The place of a message in its case: 1, 2, 3 …"""
    return index // CASES + 1


def note() -> str:
    """What the applicant may be told: 1,000 characters."""
    return (_NOTE * 6)[:999] + "."


def message(index: int) -> tuple[Attributes, StagePublished]:
    """The envelope's attributes and the content of one message, as models."""
    return _message(message_id(index), case_of(index), number_of(index))


def body(index: int) -> bytes:
    """The bytes that encode() gives for this message, without the cost of making models."""
    case, number = str(case_of(index)), number_of(index)
    return (_TEMPLATE % (message_id(index), case, number, case, number)).encode()


def _message(identity: UUID, case: UUID, number: int) -> tuple[Attributes, StagePublished]:
    attributes = Attributes(
        id=identity,
        type=TYPE,
        source=SOURCE,
        recipient=RECIPIENT,
        time=_MOMENT,
        conversation=case,
        sequence=number,
    )
    content = StagePublished(
        case=case,
        tenure=1,
        number=number,
        stage=Stage.HANDLING,
        occurred_on=date(2026, 3, 2),
        basis=LegalBasis.LAL_46,
        note=note(),
        institution=SOURCE,
        at=_MOMENT,
    )
    return attributes, content


def _template() -> str:
    """A message with the places of id, conversation, sequence, case and number left open."""
    identity, case, number = UUID(int=1), UUID(int=2), 7_777
    text = encode(*_message(identity, case, number)).decode().replace("%", "%%")
    return text.replace(str(identity), "%s").replace(str(case), "%s").replace(str(number), "%s")


_TEMPLATE: Final = _template()
