"""What can be wrong with a step; the docstring of an error is its message, its fields are its detail."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar


def slug(kind: type) -> str:
    """The name of a kind of error or command for programs: StaleVersion is stale-version."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _plain(value: Any) -> str:  # noqa: ANN401 - of any printable type
    match value:
        case Mapping():
            return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items())
        case list() | tuple():
            return ", ".join(map(_plain, value))
        case _:
            return str(value)


class TransferError(Exception):
    """The step cannot be taken. Its details are codes, ids, days and numbers, so that a page can say them in its
    language."""

    alarm: ClassVar[str] = ""
    """Of which kind it is, when a person must look at it."""

    def __init__(self, **detail: Any) -> None:  # noqa: ANN401 - details of an error are of any printable type
        self.detail = detail
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The name of its kind for programs."""
        return slug(type(self))

    @property
    def message(self) -> str:
        """The sentence for a person, with the details."""
        said = "; ".join(f"{name} {_plain(value)}" for name, value in self.detail.items() if value not in (None, ""))
        text = (type(self).__doc__ or type(self).__name__).strip()
        return f"{text} ({said})" if said else text


class IllegalStep(TransferError):
    """The transfer's state does not allow this step by this side."""


class IllegalStage(TransferError):
    """The case cannot go to this stage from the stage that it is in."""


class NothingRuns(TransferError):
    """No term begins with this event here, and no clock of the case waits for it."""


class LastDayUnclear(TransferError):
    """A last day is given exactly when the term that begins has no length of its own, and it lies on or after today."""


class NotParked(TransferError):
    """A case that cannot wait is not suspended: give aid first today, let papers and checks follow (LAL 44)."""


class UrgencyStands(TransferError):
    """The case is under an urgency as strong already; none is lowered."""


class CompletionNotOverdue(TransferError):
    """Aid given first ends for want of formalities only after the day that was set for them."""


class BasisMissing(TransferError):
    """This stage must name its ground in law."""


class NotTheHolder(TransferError):
    """Only the holder of the case may do this."""


class NotThisSide(TransferError):
    """The step belongs to the other side of the transfer."""


class TransferOpen(TransferError):
    """The case is already being offered; recall that offer first, or wait for its end."""


class UnknownTransfer(TransferError):
    """The case has no such transfer here."""


class UnknownCase(TransferError):
    """No such case is known here."""


class UnknownApplicant(TransferError):
    """The case has no such applicant."""


class UnknownRegion(TransferError):
    """The directory has no such region."""


class UnknownInstitution(TransferError):
    """The directory has no such institution."""


class SameRegion(TransferError):
    """A transfer goes to another region; both institutions belong to this one."""


class NoConnectingPoint(TransferError):
    """No connecting point of the case leads to this region (Legal Aid Law, art. 38); the letter must say why the case
    goes there all the same."""


class WrongDestination(TransferError):
    """The offer is for an institution of another region."""


class NotOfThisRegion(TransferError):
    """The institution does not belong to this region."""


class MustEscalate(TransferError):
    """The case was already transferred twice without acceptance: ask the superior region to name the competent one."""


class NotDesignatedRegion(TransferError):
    """The superior named another region; the offer must go there."""


class DesignationStands(TransferError):
    """A designation cannot be disputed again: accept the case."""


class DefectAlreadyVisible(TransferError):
    """The first notice had to name this defect: everything missing is told once (Legal Aid Law, art. 43(2))."""


class DefectUnanswered(TransferError):
    """Each defect of the notice needs an answer, or its applicant must have left."""


class NoticeMissing(TransferError):
    """There is no notice to the applicants that waits for an answer."""


class DueDatePassed(TransferError):
    """The day by which the supplement must come lies before today."""


class DueDateAhead(TransferError):
    """Nobody is deemed withdrawn before the day of the notice has passed (Legal Aid Law, art. 43(2))."""


class NotTold(TransferError):
    """Nobody is deemed withdrawn who was not told what of theirs is missing (Legal Aid Law, art. 43(2))."""


class EarlierCaseSurvives(TransferError):
    """The other case was received first, so it survives and this one is its duplicate (first received accepts)."""


class NotYoursToAssist(TransferError):
    """The case is a linked duplicate and only assists the surviving case."""


class PersonTwice(TransferError):
    """The same person stands in the case twice."""


class TooFewToElect(TransferError):
    """Representatives are elected by more applicants than this case has."""


class NoticeOpen(TransferError):
    """The applicants were told what is missing; enter their answer first."""


class NoActiveApplicant(TransferError):
    """No applicant would be left; recall the whole transfer."""


class DesignationConflict(TransferError):
    """This superior has already named a region for this transfer; a designation is given once."""


class NoSuperior(TransferError):
    """No superior of the two regions is on the exchange, so nobody can name the competent region."""


class TooManyNotices(TransferError):
    """This region has sent too many notices of its matters today; they are compared again tomorrow."""


class CaseExists(TransferError):
    """A case with this id is already here."""


class HistoryDiffers(TransferError):
    """The list of holders contradicts the one known here."""


class AnswersNothing(TransferError):
    """The message answers one that this region never sent there."""


class StaleVersion(TransferError):
    """The case was changed by someone else since it was read."""


class ImplausibleDate(TransferError):
    """The date cannot be right."""


class UnknownRequest(TransferError):
    """The case has no such evidence request here."""


class OnTheExchange(TransferError):
    """This institution is on the exchange; send the request, and do not post it."""


class NameMissing(TransferError):
    """A letter by post names the office that it goes to."""


class UnknownItem(TransferError):
    """The request has no such item, or its item does not ask for this."""


class ItemsUnanswered(TransferError):
    """Every item needs an answer before the reply goes back; what cannot be had is answered with its reason."""


class NothingRecorded(TransferError):
    """There is no recorded answer to send."""


class NoLongerHandling(TransferError):
    """Another lawyer handles this request now; whoever was replaced takes no more steps in it."""


class SamePerson(TransferError):
    """Another person is wanted: who approves has not drafted, recorded or reviewed, nor who reviews decided."""


class SameBody(TransferError):
    """The justice department reviews an objection, not the institution that decided (Legal Aid Law, art. 49)."""


class Recused(TransferError):
    """This person is recused in the case and takes no step in it."""


class NotRecused(TransferError):
    """No such person is recused in the case."""


class PartNeeded(TransferError):
    """With this stage or event the table of duties asks for another part, or for none."""


class DecisionDiffers(TransferError):
    """A case is granted when at least one applicant is granted aid, and refused when none is."""


class LawyersFirst(TransferError):
    """A claim for pay goes to a lawyer first; say why this one does not."""


class NotReplaced(TransferError):
    """Another person is assigned after a replacement was decided, and what was handed over is said."""


class NoFraud(TransferError):
    """Costs and a fine follow from aid got by fraud alone, and the fine has a limit (Legal Aid Law, art. 64)."""


class NotTheClosingDay(TransferError):
    """The closing day follows from the procedure and its papers."""


class NothingToReview(TransferError):
    """There is no decision on these applicants that could be served, objected to or reviewed."""


class BeyondLeastData(TransferError):
    """This kind of item may not ask for so much, or show so much; ask for no more than is allowed (PIPL 6, 34)."""


class AlreadyInPackage(TransferError):
    """The package holds this paper already; it is not asked for again."""


class AlreadyRecognised(TransferError):
    """The two regions recognise this finding from each other; it is not asked for again."""


class RequestsOpen(TransferError):
    """Evidence is still asked of other regions for this case; wait for the answers, or cancel the requests."""


class CaseEnded(TransferError):
    """The case has ended; nothing more is asked for it."""


class GroundNotOpen(TransferError):
    """This ground on the hardship condition is not open to this person in this matter; another one is."""


class NoGroundHolds(TransferError):
    """Aid is granted when a ground on the hardship condition holds for each applicant; find one for these first."""


class NoHomeFinding(TransferError):
    """No region has attested what it found of this person's economic situation."""


class NothingToAttest(TransferError):
    """A region attests what it found itself: by a check of its own, or in its answer to a request for one."""


class CannotAttest(TransferError):
    """This node cannot sign an attestation now."""


class UnknownAttestation(TransferError):
    """The case has no such attestation of this region."""


class ForgedAttestation(TransferError):
    """The attestation has not its form, or was not signed with a key that a region of the directory could use then."""


class AlteredAttestation(TransferError):
    """The attestation is not as it was signed."""


class AttestationOfAnotherRegion(TransferError):
    """The attestation speaks for an institution of another region than the one that signed it."""


class AttestationOfAnotherPerson(TransferError):
    """The attestation is about another person."""


class AttestationExpired(TransferError):
    """The attestation counts no longer; its last day is over."""


class AttestationTakenBack(TransferError):
    """The region that attested this has taken it back."""


class NotRecognised(TransferError):
    """No agreement in force lets this region take that one's finding without a check of its own."""


class FoundNotInHardship(TransferError):
    """The other region found that the person is not in economic hardship."""


class NotItsLedger(TransferError):
    """A region speaks of its own ledger, and answers only for the one that it was asked about."""


class NotACheckpoint(TransferError):
    """The note is no checkpoint of its sender's ledger."""


class NoSuchCheckpoint(TransferError):
    """This region has signed no checkpoint of that size."""


class CosignatureWrong(TransferError):
    """The line is no cosignature of its sender under that checkpoint."""

    alarm = "cosignature_wrong"


class Recovering(TransferError):
    """This node was restored from a backup and is still asking the other regions for what it has forgotten."""


class CaseErased(TransferError):
    """This was erased: nothing personal of it is kept here, and nothing can be done with it any more."""


class OnHold(TransferError):
    """The case is on hold: nothing of it is erased until that is lifted."""


class NotOnHold(TransferError):
    """The case is not on hold."""


class NotArchived(TransferError):
    """A case is erased only after it was archived."""


class NoRetention(TransferError):
    """How long case files are kept is not known here: the institution's approved table has to be loaded first, with
    `transfer rules load`."""


class RetentionRuns(TransferError):
    """The file is still to be kept; until then it is stored and protected, and nothing else."""


class NotProposed(TransferError):
    """Erasing is proposed by one person and carried out by another; nobody has proposed this."""


class NotExported(TransferError):
    """The case is exported and the export archived before anything is destroyed: there is none after its last step."""


class MessagesUnderWay(TransferError):
    """Messages on the case are still under way; what they say cannot be destroyed before they have arrived."""


class OtherReceipt(TransferError):
    """The receipt speaks of another erasure, or for another region than the one that sent it."""
