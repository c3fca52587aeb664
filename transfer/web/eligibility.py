"""The hardship condition of each applicant, explained."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from transfer.domain.case import Case
from transfer.domain.eligibility import Judged, judged, look_again, why_not_held
from transfer.law.codes import GroundProof, WhyNot
from transfer.law.rules import Figure
from transfer.messages.case import Applicant
from transfer.messages.codes import HardshipGround, LegalBasis
from transfer.messages.eligibility import Attestation, Finding
from transfer.ports.work import Context
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, known_case
from transfer.web.route import Ask


class GroundShown(Body):
    """A ground, whether it is open to the person, and why not."""

    ground: HardshipGround
    open: bool
    zh: Annotated[str, Field(description="to whom and in which matters it is open, as the rule says")]
    en: str
    basis: Annotated[str | None, Field(description="where the rule stands, as it may be printed")]
    proof: Annotated[GroundProof | None, Field(description="what proves it")]
    why_not: WhyNot | None
    why_not_zh: str | None
    why_not_en: str | None
    attestation: Annotated[Attestation | None, Field(description="the one by which it is open")]


class PersonShown(Body):
    """One applicant: what was found, and all grounds."""

    applicant: UUID
    finding: Finding | None
    holds: Annotated[bool, Field(description="aid may be granted on what was found")]
    why_not: WhyNot | None
    why_not_zh: str | None
    why_not_en: str | None
    look_again: Annotated[LegalBasis | None, Field(description="the holder's: what it decided on holds no longer")]
    grounds: tuple[GroundShown, ...]


class Eligibility(Body):
    """All active applicants of a case, judged today by the rules of the region that holds it."""

    region: str
    day: date
    rules: Annotated[str, Field(description="version of the rule set")]
    standard: Annotated[Figure | None, Field(description="the hardship standard of the province, when it is loaded")]
    items: tuple[PersonShown, ...]


async def eligibility(ask: Ask) -> Reply:
    """The grounds of one case."""
    known = await known_case(ask)
    return reply(eligibility_of(known.case, ask.parts.context()))


def eligibility_of(case: Case, context: Context) -> Eligibility:
    """As it stands in the region that holds the case."""
    forum = context.forum(case.holder_region)
    decides = context.region == case.holder_region

    def person(one: Applicant) -> PersonShown:
        why_not = why_not_held(case, one, forum)
        return PersonShown(
            applicant=one.id,
            finding=one.finding,
            holds=why_not is None,
            why_not=why_not,
            why_not_zh=why_not.zh if why_not else None,
            why_not_en=why_not.en if why_not else None,
            look_again=look_again(case, one, forum) if decides else None,
            grounds=tuple(_ground(judgement) for judgement in judged(case, one, forum)),
        )

    return Eligibility(
        region=forum.region,
        day=forum.day,
        rules=forum.rules.version,
        standard=forum.standard,
        items=tuple(person(one) for one in case.active),
    )


def _ground(one: Judged) -> GroundShown:
    rule, why_not = one.rule, one.why_not
    return GroundShown(
        ground=one.ground,
        open=why_not is None,
        zh=rule.zh if rule else one.ground.zh,
        en=rule.en if rule else one.ground.en,
        basis=rule.source.printed if rule else None,
        proof=rule.proof if rule else None,
        why_not=why_not,
        why_not_zh=why_not.zh if why_not else None,
        why_not_en=one.fault.message if one.fault else why_not.en if why_not else None,
        attestation=one.attestation,
    )
