"""The routes of auditors. Whatever stands under /v1/audit/ asks for the token of one."""

from typing import Final

from transfer.actions.auditing import NoCheckpointYet, NotInTheLedger
from transfer.actions.proven import LedgerAltered
from transfer.domain.errors import UnknownCase
from transfer.domain.rights import Right
from transfer.ports.paper import CannotPrint
from transfer.web import audit, papers, queries
from transfer.web.faults import CaseOrRange, ReasonMissing
from transfer.web.route import Route, Shows, Tag

AUDIT_ROUTES: Final = (
    Route(
        method="GET",
        path="/v1/audit/cases/{case}/trace",
        right=Right.AUDIT,
        handler=audit.trace,
        zh="案件全程：承办、步骤、消息、查阅、期限",
        en="The whole history of a case: holders, steps, messages, readings, clocks",
        tag=Tag.AUDIT,
        shows=Shows.AUDITED,
        query=queries.Unmasking,
        gives=audit.TraceBody,
        problems=(ReasonMissing, NotInTheLedger, LedgerAltered),
    ),
    Route(
        method="GET",
        path="/v1/audit/cases/{case}/history.pdf",
        right=Right.AUDIT,
        handler=audit.history,
        zh="案件办理历程（PDF，附台账校验行）",
        en="The history of a case as PDF, with a line to check it by",
        tag=Tag.AUDIT,
        shows=Shows.AUDITED,
        query=queries.Unmasking,
        gives=None,
        media_type=papers.MEDIA_TYPE,
        problems=(ReasonMissing, UnknownCase, LedgerAltered, CannotPrint),
    ),
    Route(
        method="GET",
        path="/v1/audit/entries/{entry}/proof",
        right=Right.AUDIT,
        handler=audit.proof,
        zh="一条条目的证明文件（按位次或者编号）",
        en="The proof of one entry, by its place or its id, as a file",
        tag=Tag.AUDIT,
        shows=Shows.AUDITED,
        query=queries.Unmasking,
        gives=None,
        media_type=audit.PROOF,
        problems=(ReasonMissing, NotInTheLedger, NoCheckpointYet, LedgerAltered),
    ),
    Route(
        method="GET",
        path="/v1/audit/bundles",
        right=Right.AUDIT,
        handler=audit.bundle,
        zh="证据包：一个案件或者一段位次的全部条目及其证明",
        en="All entries of a case or of a range, with what proves them, as one file",
        tag=Tag.AUDIT,
        shows=Shows.AUDITED,
        query=queries.BundleQuery,
        gives=None,
        media_type=audit.BUNDLE,
        problems=(ReasonMissing, CaseOrRange, NotInTheLedger, NoCheckpointYet, LedgerAltered),
    ),
)
