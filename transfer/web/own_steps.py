"""The steps on a case itself: how each is called, when it is open, what may be wrong; routes and links read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.group import may_elect
from transfer.domain.lifecycle import OFFERABLE, PAST
from transfer.domain.recognition import found_here, own_attestations, revocation_of
from transfer.domain.supplement import waiting
from transfer.domain.urgency import completions
from transfer.messages.codes import Stage
from transfer.messages.codes_urgency import LIMBS
from transfer.messages.values import region_of
from transfer.ports.files import FileNotKept, FileOnItsWay
from transfer.ports.work import Context
from transfer.web.faults import TestIdentity
from transfer.web.wording import Wording

Problems = tuple[type[Exception], ...]

_NOT_FREE: Final = (errors.TransferOpen, errors.IllegalStage)
_UNSIGNED: Final = (errors.CannotAttest, errors.NotOfThisRegion)
_FILES: Final = (FileNotKept, FileOnItsWay)
_NOT_ERASABLE: Final = (
    errors.NotArchived,
    errors.OnHold,
    errors.TransferOpen,
    errors.RequestsOpen,
    errors.NoRetention,
    errors.RetentionRuns,
)
OF_PARTS: Final = (
    errors.ImplausibleDate,
    errors.PartNeeded,
    errors.SamePerson,
    errors.SameBody,
    errors.NothingToReview,
    errors.UnknownApplicant,
)
"""What may be wrong with what is said with a stage or an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStep:
    """A step on the case itself, by its holder unless ``by_holder`` is false."""

    wording: Wording
    opens: Callable[[Case, Context], bool]
    faults: Problems
    by_holder: bool = True

    @property
    def problems(self) -> Problems:
        """All that may be wrong."""
        holder = (errors.NotTheHolder,) if self.by_holder else ()
        return (errors.UnknownCase, *holder, *self.faults)


def _always(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return True


def _undecided(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return case.open_offer is None and case.stage.stage in OFFERABLE and bool(case.active)


def _not_offered(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return case.open_offer is None


def _goes_on_here(case: Case, context: Context) -> bool:
    return _not_offered(case, context) and bool(case.active) and case.stage.stage not in PAST


def _may_be_attested(case: Case, context: Context) -> bool:
    return any(region_of(one.by) == context.region for one in found_here(case))


def _may_be_revoked(case: Case, context: Context) -> bool:
    own = own_attestations(case, context.region, context.read)
    return any(revocation_of(one, case, context.read) is None for one in own)


def _may_elect(case: Case, context: Context) -> bool:
    return _goes_on_here(case, context) and may_elect(case, context.region, legal_day(context.now), context.rules)


def _may_be_split(case: Case, context: Context) -> bool:
    return _undecided(case, context) and waiting(case) is None and len(case.active) > 1


def _waits_for_answers(case: Case, context: Context) -> bool:
    return _undecided(case, context) and waiting(case) is not None


def _someone_is_to_be_told(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return waiting(case) is not None


def _may_be_urgent(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return case.stage.stage not in PAST and case.basics.urgency not in LIMBS


def _may_be_completed(case: Case, context: Context) -> bool:
    return _not_offered(case, context) and bool(completions(case))


def _someone_is_recused(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return bool(case.handling.recused)


def _may_be_held(case: Case, context: Context) -> bool:  # noqa: ARG001 - one form for all
    return case.handling.hold is None


def _is_held(case: Case, context: Context) -> bool:
    return not _may_be_held(case, context)


def _may_be_erased(case: Case, context: Context) -> bool:
    return case.stage.stage is Stage.ARCHIVED and _may_be_held(case, context)


def _erasing_is_proposed(case: Case, context: Context) -> bool:
    return _may_be_erased(case, context) and any(one.proposed_by for one in case.handling.erasures)


OWN_STEPS: Final[Mapping[str, OwnStep]] = MappingProxyType(
    {
        "notice": OwnStep(
            wording=Wording(zh="一次性告知申请人补正", en="Tell the applicants what is missing", ground="LAL 43(2)"),
            opens=_undecided,
            faults=_NOT_FREE,
        ),
        "notice/told": OwnStep(
            wording=Wording(zh="登记已书面和电话告知", en="Enter that applicants were told", ground="LAL 43(2)"),
            opens=_someone_is_to_be_told,
            faults=(errors.NoticeMissing, errors.UnknownApplicant, errors.ImplausibleDate),
        ),
        "notice/answer": OwnStep(
            wording=Wording(zh="登记申请人补正", en="Enter what the applicants supplied", ground="LAL 43(2)"),
            opens=_waits_for_answers,
            faults=_NOT_FREE,
        ),
        "withdrawals": OwnStep(
            wording=Wording(zh="登记申请人撤回申请", en="Enter that applicants withdrew"),
            opens=_undecided,
            faults=_NOT_FREE,
        ),
        "eligibility": OwnStep(
            wording=Wording(zh="认定经济困难条件", en="Find on what ground applicants have aid", ground="LAL 41"),
            opens=_goes_on_here,
            faults=(
                errors.GroundNotOpen,
                errors.UnknownApplicant,
                errors.ImplausibleDate,
                errors.TransferOpen,
                errors.CaseEnded,
                errors.NoHomeFinding,
                errors.AttestationExpired,
                errors.AttestationTakenBack,
                errors.AttestationOfAnotherPerson,
                errors.AttestationOfAnotherRegion,
                errors.AlteredAttestation,
                errors.ForgedAttestation,
                errors.FoundNotInHardship,
                errors.NotRecognised,
            ),
        ),
        "attestations": OwnStep(
            wording=Wording(zh="签发核查证明", en="Attest a finding to other regions"),
            opens=_may_be_attested,
            faults=(errors.NothingToAttest, errors.ImplausibleDate, *_UNSIGNED),
            by_holder=False,
        ),
        "attestations/revoke": OwnStep(
            wording=Wording(zh="撤销核查证明", en="Take an attestation back"),
            opens=_may_be_revoked,
            faults=(errors.UnknownAttestation, errors.AttestationTakenBack, errors.AttestationExpired, *_UNSIGNED),
            by_holder=False,
        ),
        "representatives": OwnStep(
            wording=Wording(zh="登记推举的代表人", en="Enter the representatives whom they elected", ground="LDMAL 7"),
            opens=_may_elect,
            faults=(errors.TransferOpen, errors.CaseEnded, errors.TooFewToElect, errors.UnknownApplicant),
        ),
        "applicants": OwnStep(
            wording=Wording(zh="追加申请人", en="Take in persons who join the case"),
            opens=_undecided,
            faults=(
                *_NOT_FREE,
                TestIdentity,
                errors.PersonTwice,
                errors.ImplausibleDate,
                errors.GroundNotOpen,
                errors.NoHomeFinding,
                *_FILES,
            ),
        ),
        "split": OwnStep(
            wording=Wording(zh="分案办理", en="Make a case of their own of some applicants"),
            opens=_may_be_split,
            faults=(
                *_NOT_FREE,
                errors.RequestsOpen,
                errors.NoticeOpen,
                errors.NoActiveApplicant,
                errors.UnknownApplicant,
            ),
        ),
        "places": OwnStep(
            wording=Wording(zh="登记案件的管辖连接地点", en="Enter places of the case", ground="LAL 38"),
            opens=_not_offered,
            faults=(errors.TransferOpen,),
        ),
        "events": OwnStep(
            wording=Wording(zh="登记期限起算或者届满的事由", en="Enter an event that begins or meets a term"),
            opens=_always,
            faults=(errors.NothingRuns, errors.LastDayUnclear, *OF_PARTS),
        ),
        "recusals": OwnStep(
            wording=Wording(zh="登记回避", en="Enter that a person is recused in the case"),
            opens=_always,
            faults=(errors.ImplausibleDate,),
            by_holder=False,
        ),
        "recusals/lift": OwnStep(
            wording=Wording(zh="解除回避", en="Enter that a person may take part again"),
            opens=_someone_is_recused,
            faults=(errors.NotRecused,),
            by_holder=False,
        ),
        "hold": OwnStep(
            wording=Wording(zh="保全案件", en="Keep the case whatever its age"),
            opens=_may_be_held,
            faults=(errors.OnHold,),
            by_holder=False,
        ),
        "hold/lift": OwnStep(
            wording=Wording(zh="解除保全", en="Keep the case no longer than others"),
            opens=_is_held,
            faults=(errors.NotOnHold, *_UNSIGNED),
            by_holder=False,
        ),
        "erase/proposal": OwnStep(
            wording=Wording(zh="提出删除", en="Propose to destroy personal data", ground="PIPL 47"),
            opens=_may_be_erased,
            faults=(*_NOT_ERASABLE, errors.UnknownApplicant),
        ),
        "erase": OwnStep(
            wording=Wording(zh="删除", en="Destroy personal data, as another person proposed", ground="PIPL 47"),
            opens=_erasing_is_proposed,
            faults=(
                *_NOT_ERASABLE,
                errors.NotProposed,
                errors.SamePerson,
                errors.NotExported,
                errors.MessagesUnderWay,
                errors.CannotAttest,
            ),
        ),
        "urgency": OwnStep(
            wording=Wording(zh="载明紧急情形", en="Say that aid cannot wait", ground="LAL 44"),
            opens=_may_be_urgent,
            faults=(errors.UrgencyStands, errors.CaseEnded),
        ),
        "completion": OwnStep(
            wording=Wording(zh="登记先行援助后手续补办完毕", en="Say that formalities are complete", ground="LAL 44"),
            opens=_may_be_completed,
            faults=(
                errors.NothingRuns,
                errors.ImplausibleDate,
                errors.TransferOpen,
                errors.UnknownApplicant,
                *_FILES,
            ),
        ),
    }
)
