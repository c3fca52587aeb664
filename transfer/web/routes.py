"""The table of routes: the router, the OpenAPI document and the page for readers all read it."""

from typing import Final

from transfer.actions import commands
from transfer.actions import evidence_commands as evidence
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, OWN_BUTTONS
from transfer.domain import errors
from transfer.domain.evidence_table import RequestStep
from transfer.handlers.replay import NotInQuarantine
from transfer.ports.files import FileNotKept, FileOnItsWay
from transfer.ports.paper import CannotPrint, NoSuchPaper
from transfer.records import MessageLine
from transfer.web import clocks, commanding, documents, eligibility, health, lists, papers, quarantine, queries
from transfer.web.case_body import CaseBody, CaseInFull
from transfer.web.faults import NotFound, NotReady, TestIdentity
from transfer.web.file_routes import FILE_ROUTES
from transfer.web.route import Change, Route, Tag
from transfer.web.steps import ATTEST, ELIGIBILITY, EVENTS, REVOKE
from transfer.web.wording import EVIDENCE_WORDING, OWN_WORDING, WORDING, kebab

_NOT_FREE: Final = (errors.TransferOpen, errors.IllegalStage)
_UNSIGNED: Final = (errors.CannotAttest, errors.NotOfThisRegion)
_OWN_PROBLEMS: Final = {
    EVENTS: (errors.NothingRuns, errors.ImplausibleDate),
    ELIGIBILITY: (
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
    ATTEST: (errors.NothingToAttest, errors.ImplausibleDate, *_UNSIGNED),
    REVOKE: (errors.UnknownAttestation, errors.AttestationTakenBack, errors.AttestationExpired, *_UNSIGNED),
}

_CASES: Final = (
    Route(
        method="POST",
        path="/v1/cases",
        handler=commanding.open_case,
        zh="收案登记",
        en="Take in an application",
        tag=Tag.CASES,
        takes=commands.OpenCase,
        gives=CaseBody,
        status=201,
        change=Change.ADDS,
        problems=(
            TestIdentity,
            FileNotKept,
            FileOnItsWay,
            errors.ImplausibleDate,
            errors.GroundNotOpen,
            errors.UnknownInstitution,
            errors.NotOfThisRegion,
        ),
    ),
    Route(
        method="GET",
        path="/v1/cases",
        handler=lists.worklist,
        zh="案件列表：紧急在前，其次按时效和收到时间",
        en="The worklist: the urgent first, then by limitation and first receipt",
        tag=Tag.CASES,
        query=queries.CasesQuery,
        gives=lists.CasePage,
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}",
        handler=lists.case,
        zh="案件详情及现在可以办理的步骤",
        en="A case as known here, and the steps that are open now",
        tag=Tag.CASES,
        gives=CaseInFull,
        may_be_known=True,
        problems=(errors.UnknownCase,),
    ),
    Route(
        method="POST",
        path="/v1/cases/{case}/stages",
        handler=commanding.publish_stage,
        zh="公布办理阶段",
        en="Bring the case to its next stage and tell the followers",
        tag=Tag.CASES,
        takes=commands.PublishStage,
        gives=CaseBody,
        change=Change.CASE,
        problems=(
            errors.UnknownCase,
            errors.NotTheHolder,
            errors.IllegalStage,
            errors.BasisMissing,
            errors.NoGroundHolds,
        ),
    ),
    *(
        Route(
            method="POST",
            path=f"/v1/cases/{{case}}/{place}",
            handler=commanding.own_step(button),
            zh=OWN_WORDING[place].zh,
            en=OWN_WORDING[place].en,
            tag=Tag.CASES,
            takes=button.command,
            gives=CaseBody,
            change=Change.CASE,
            problems=(errors.UnknownCase, errors.NotTheHolder, *_OWN_PROBLEMS.get(place, _NOT_FREE)),
        )
        for place, button in OWN_BUTTONS.items()
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/clocks",
        handler=clocks.clocks,
        zh="案件的各项期限及逐日计算",
        en="The clocks of a case, each with its sum day by day",
        tag=Tag.CASES,
        gives=clocks.Clocks,
        problems=(errors.UnknownCase,),
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/eligibility",
        handler=eligibility.eligibility,
        zh="每名申请人的经济困难条件：认定、可以适用的依据及理由",
        en="Of each applicant: what was found, whether it holds, and which grounds are open",
        tag=Tag.CASES,
        gives=eligibility.Eligibility,
        problems=(errors.UnknownCase,),
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/history",
        handler=lists.history,
        zh="案件经过",
        en="What happened to a case, oldest first",
        tag=Tag.CASES,
        query=queries.Paged,
        gives=lists.HistoryPage,
        problems=(errors.UnknownCase,),
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/messages",
        handler=lists.case_messages,
        zh="案件的往来消息及送达情况",
        en="Every message sent and received on a case, oldest first",
        tag=Tag.CASES,
        query=queries.Paged,
        gives=lists.MessagePage,
        problems=(errors.UnknownCase,),
    ),
)

_TRANSFERS: Final = (
    Route(
        method="POST",
        path="/v1/cases/{case}/transfers",
        handler=commanding.offer,
        zh="转交案件",
        en="Offer the case to an institution of another region",
        tag=Tag.TRANSFERS,
        takes=commands.Offer,
        gives=CaseBody,
        status=201,
        change=Change.CASE,
        problems=(
            errors.UnknownCase,
            errors.NotTheHolder,
            errors.TransferOpen,
            errors.MustEscalate,
            FileNotKept,
            FileOnItsWay,
        ),
    ),
    *(
        Route(
            method="POST",
            path=f"/v1/cases/{{case}}/transfers/{{transfer}}/{kebab(step)}",
            handler=commanding.step(button, "transfer"),
            zh=WORDING[step].zh,
            en=WORDING[step].en,
            tag=Tag.TRANSFERS,
            takes=button.command,
            gives=CaseBody,
            change=Change.CASE,
            problems=(
                errors.UnknownCase,
                errors.UnknownTransfer,
                errors.IllegalStep,
                errors.NotThisSide,
                FileNotKept,
                FileOnItsWay,
            ),
        )
        for step, button in BUTTONS.items()
    ),
    Route(
        method="GET",
        path="/v1/transfers",
        handler=lists.transfers,
        zh="转交列表：先发起者在前",
        en="Transfers, those opened first first",
        tag=Tag.TRANSFERS,
        query=queries.TransfersQuery,
        gives=lists.TransferPage,
    ),
)

_EVIDENCE: Final = (
    Route(
        method="POST",
        path="/v1/cases/{case}/requests",
        handler=commanding.draft_request,
        zh=EVIDENCE_WORDING[RequestStep.DRAFT].zh,
        en=EVIDENCE_WORDING[RequestStep.DRAFT].en,
        tag=Tag.EVIDENCE,
        takes=evidence.DraftRequest,
        gives=CaseBody,
        status=201,
        change=Change.CASE,
        problems=(
            errors.UnknownCase,
            errors.NotTheHolder,
            errors.BeyondLeastData,
            errors.AlreadyInPackage,
            errors.AlreadyRecognised,
        ),
    ),
    *(
        Route(
            method="POST",
            path=f"/v1/cases/{{case}}/requests/{{request}}/{kebab(step)}",
            handler=commanding.step(button, "request"),
            zh=EVIDENCE_WORDING[step].zh,
            en=EVIDENCE_WORDING[step].en,
            tag=Tag.EVIDENCE,
            takes=button.command,
            gives=CaseBody,
            change=Change.CASE,
            problems=(
                errors.UnknownCase,
                errors.UnknownRequest,
                errors.IllegalStep,
                errors.NotThisSide,
                FileNotKept,
                FileOnItsWay,
            ),
        )
        for step, button in EVIDENCE_BUTTONS.items()
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/requests/{request}/papers/{paper}",
        handler=papers.paper,
        zh="协作函、回执、回函或者不能协作说明（PDF）",
        en="A formal letter of the request as PDF: letter, receipt, reply or decline",
        tag=Tag.EVIDENCE,
        gives=None,
        media_type=papers.MEDIA_TYPE,
        problems=(errors.UnknownCase, errors.UnknownRequest, NoSuchPaper, CannotPrint, NotFound),
    ),
    Route(
        method="GET",
        path="/v1/cases/{case}/requests/{request}/pieces/{piece}/custody",
        handler=papers.custody,
        zh="证据保管链记录（PDF）",
        en="The chain of custody of a piece of evidence as PDF",
        tag=Tag.EVIDENCE,
        gives=None,
        media_type=papers.MEDIA_TYPE,
        problems=(errors.UnknownCase, errors.UnknownRequest, NoSuchPaper, CannotPrint),
    ),
    Route(
        method="GET",
        path="/v1/requests",
        handler=lists.requests,
        zh="协作函列表：先发起者在前",
        en="Evidence requests, those opened first first",
        tag=Tag.EVIDENCE,
        query=queries.RequestsQuery,
        gives=lists.RequestPage,
    ),
)

_MESSAGES: Final = (
    Route(
        method="GET",
        path="/v1/check",
        handler=papers.check,
        zh="核验文书：二维码中的核验行",
        en="Check a printed letter by the line in its QR code",
        tag=Tag.MESSAGES,
        query=queries.CheckQuery,
        gives=papers.Checked,
    ),
    Route(
        method="GET",
        path="/v1/messages",
        handler=lists.messages,
        zh="往来消息：新的在前",
        en="Messages sent and received, newest first",
        tag=Tag.MESSAGES,
        query=queries.MessagesQuery,
        gives=lists.MessagePage,
    ),
    Route(
        method="GET",
        path="/v1/messages/{message}",
        handler=lists.message,
        zh="一条消息的送达情况",
        en="One message and what became of it",
        tag=Tag.MESSAGES,
        gives=MessageLine,
        problems=(NotFound,),
    ),
    Route(
        method="GET",
        path="/v1/quarantine",
        handler=quarantine.quarantine,
        zh="隔离区：新的在前",
        en="Messages that were not applied, newest first",
        tag=Tag.QUARANTINE,
        query=queries.QuarantineQuery,
        gives=quarantine.QuarantinePage,
    ),
    Route(
        method="GET",
        path="/v1/quarantine/{entry}",
        handler=quarantine.quarantined,
        zh="隔离区的一条消息",
        en="One message of the quarantine",
        tag=Tag.QUARANTINE,
        query=queries.QuarantinedQuery,
        gives=quarantine.QuarantinedBody,
        problems=(NotInQuarantine,),
    ),
    Route(
        method="POST",
        path="/v1/quarantine/{entry}/replay",
        handler=quarantine.replay_quarantined,
        zh="重新处理隔离区的消息",
        en="Take a message of the quarantine in again",
        tag=Tag.QUARANTINE,
        takes=commanding.Nothing,
        gives=quarantine.VerdictBody,
        change=Change.ADDS,
        problems=(NotInQuarantine,),
    ),
)

_NODE: Final = (
    Route(
        method="GET",
        path="/v1/regions",
        handler=lists.regions,
        zh="地区和机构名录",
        en="The regions on the exchange and their institutions",
        tag=Tag.NODE,
        gives=lists.RegionList,
    ),
    Route(
        method="GET",
        path="/v1/node",
        handler=health.node,
        zh="本节点及消息交换的状况",
        en="This node, and how the exchange of messages stands",
        tag=Tag.NODE,
        gives=health.NodeBody,
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=health.healthz,
        zh="进程存活",
        en="Whether the process is alive",
        tag=Tag.NODE,
        gives=health.Alive,
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=health.readyz,
        zh="节点就绪",
        en="Whether the node can do its work, and what to do when not",
        tag=Tag.NODE,
        gives=health.Readiness,
        problems=(NotReady,),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=health.metrics,
        zh="监控指标（Prometheus）",
        en="Measures for Prometheus",
        tag=Tag.NODE,
        gives=None,
        media_type="text/plain",
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=documents.openapi_json,
        zh="本接口的 OpenAPI 3.1 描述",
        en="The description of this API, OpenAPI 3.1",
        tag=Tag.NODE,
        gives=None,
    ),
    Route(
        method="GET",
        path="/docs",
        handler=documents.docs,
        zh="本接口的说明页面",
        en="The page for readers",
        tag=Tag.NODE,
        gives=None,
        media_type="text/html",
    ),
    Route(
        method="GET",
        path="/",
        handler=documents.root,
        zh="转到说明页面",
        en="Leads to the page for readers",
        tag=Tag.NODE,
        gives=None,
        media_type="text/html",
        status=302,
    ),
)

ROUTES: Final[tuple[Route, ...]] = (*_CASES, *_TRANSFERS, *_EVIDENCE, *FILE_ROUTES, *_MESSAGES, *_NODE)
