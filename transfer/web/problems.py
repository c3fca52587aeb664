"""The one table from errors to problem documents (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from transfer.actions import auditing, door, roll
from transfer.actions.desk import KeyReused
from transfer.actions.proven import LedgerAltered
from transfer.crypto import tickets
from transfer.domain import accounts, errors, passwords
from transfer.domain.clocks import CHINA
from transfer.domain.errors import TransferError, slug
from transfer.handlers.arrival import CaseNotYetKnown
from transfer.handlers.replay import NotInQuarantine, WaitsNoMore
from transfer.ports import files
from transfer.ports.mailbox import NoSuchMail
from transfer.ports.paper import CannotPrint, NoSuchPaper
from transfer.ports.sheets import SheetRefused
from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.web import faults

MEDIA_TYPE: Final = "application/problem+json"
PAGE: Final = "/docs"
RETRY_SECONDS: Final = 2
_NEXT: Final = (
    "The relay signs one when an entry has waited for TRANSFER_CHECKPOINT_EVERY seconds; "
    "`transfer audit checkpoints --sign` signs one now."
)
_AGAIN: Final = "Try again with the same Idempotency-Key."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status and its wording."""

    status: int
    zh: str


PROBLEMS: Final[Mapping[type[Exception], Kind]] = MappingProxyType(
    {
        # The form of the request.
        faults.BadRequest: Kind(400, "请求格式错误"),
        faults.MalformedJson: Kind(400, "请求体不是有效的 JSON（UTF-8）"),
        faults.KeyMissing: Kind(400, "缺少 Idempotency-Key 请求头"),
        faults.KeyInvalid: Kind(400, "Idempotency-Key 请求头无效"),
        faults.VersionInvalid: Kind(400, "If-Match 请求头无效"),
        faults.NotSignedIn: Kind(401, "请先登录"),
        faults.NotAllowed: Kind(403, "您的角色无权办理此事"),
        faults.NotYou: Kind(403, "只能以本人名义办理"),
        faults.NotYourInstitution: Kind(403, "只能代表本人所在机构办理"),
        faults.NotYourCase: Kind(403, "您不得查看此案件：您已回避，或者案件由他人承办"),
        faults.FormNotYours: Kind(403, "表单不属于本次登录，请重新打开页面"),
        faults.ReplyUnsigned: Kind(401, "短信网关的签名无效或者已过期"),
        faults.CrossSite: Kind(403, "表单来自其他网站"),
        faults.ProviderSaysNo: Kind(403, "统一身份认证未准许登录"),
        faults.SignInStale: Kind(403, "此次登录不是从本浏览器发起，或者已经过时，请重新登录"),
        faults.SignInUnproven: Kind(403, "统一身份认证给出的登录凭证未通过核验，未予登录"),
        faults.NotLinked: Kind(403, "您的统一身份没有关联本节点的账户，请联系安全管理员"),
        faults.NotFound: Kind(404, "地址不存在"),
        faults.MethodNotAllowed: Kind(405, "该地址不支持此方法"),
        faults.TooLarge: Kind(413, "请求体过大"),
        faults.WrongContentType: Kind(415, "请求体须为 application/json"),
        faults.ExpectationFailed: Kind(417, "不支持 Expect 请求头的要求"),
        faults.NotThisHost: Kind(421, "仅接受本机回环地址的请求"),
        faults.InvalidBody: Kind(422, "请求体内容不符合要求"),
        faults.InvalidQuery: Kind(422, "查询参数不符合要求"),
        faults.BeyondExchange: Kind(422, "案件内容超出交换消息的限度"),
        faults.TestIdentity: Kind(422, "本节点不接受测试用证件号码"),
        faults.RowsBad: Kind(422, "名单中有错误的行"),
        SheetRefused: Kind(422, "该文件不能作为名单读取"),
        faults.VersionMissing: Kind(428, "缺少 If-Match 请求头"),
        faults.TooManyRequests: Kind(429, "尝试过于频繁，请稍后再试"),
        KeyReused: Kind(422, "该 Idempotency-Key 已用于另一请求"),
        # Files.
        files.FileRefused: Kind(422, "文件不予接收"),
        files.FileEmpty: Kind(422, "文件没有内容"),
        files.FileTooLarge: Kind(413, "文件超过该类型的大小限制"),
        files.KindUnknown: Kind(422, "文件内容不属于可接收的类型"),
        files.KindDiffers: Kind(422, "文件内容与所称类型不符"),
        files.SizeDiffers: Kind(422, "文件大小与所称不符"),
        files.ContentDiffers: Kind(422, "文件内容与所称摘要不符"),
        files.ScanRefused: Kind(422, "文件未通过安全扫描"),
        files.FileNotKept: Kind(409, "所列文件尚未存放在本节点"),
        files.FileOnItsWay: Kind(409, "所列文件正在从其他地区取来，请等待"),
        files.FileNeverCame: Kind(410, "此文件未能从其他地区取来"),
        files.UnknownUpload: Kind(404, "没有此次上传，请重新上传"),
        files.OffsetDiffers: Kind(409, "续传位置与已收到的不符"),
        files.UnknownFile: Kind(404, "本节点没有此文件"),
        files.NoFiles: Kind(503, "本节点未设置文件存放处"),
        files.FilesUnavailable: Kind(503, "文件存放处暂时不可用"),
        faults.NotAFileType: Kind(415, "不接收此类型的文件"),
        faults.Stalled: Kind(408, "上传中断过久"),
        faults.RangeNotThere: Kind(416, "请求的范围超出文件"),
        faults.NotThatFile: Kind(412, "文件与 If-Match 所称不符"),
        tickets.TicketMissing: Kind(401, "缺少取件凭证"),
        tickets.TicketBad: Kind(401, "取件凭证无效"),
        tickets.TicketExpired: Kind(401, "取件凭证已过期"),
        tickets.TicketForAnotherFile: Kind(403, "取件凭证属于其他文件"),
        tickets.TicketForAnotherRegion: Kind(403, "取件凭证属于其他地区"),
        files.FileNotGranted: Kind(403, "没有消息向该地区提及此文件"),
        # What the request names.
        NoSuchMail: Kind(404, "信箱中没有此件，或者已经办理"),
        errors.UnknownCase: Kind(404, "本地区没有此案件"),
        errors.UnknownTransfer: Kind(404, "该案件没有此次转交"),
        NotInQuarantine: Kind(404, "隔离区没有此消息"),
        WaitsNoMore: Kind(409, "隔离区的此消息已经办理"),
        NoSuchPaper: Kind(404, "没有此文书：协作尚未到此步骤，或者没有此证据"),
        CannotPrint: Kind(503, "本节点无法打印文书"),
        errors.UnknownRequest: Kind(404, "该案件没有此协作函"),
        errors.OnTheExchange: Kind(422, "该机构已接入交换平台，应在线发出"),
        errors.NameMissing: Kind(422, "邮寄的协作函须写明机构名称"),
        errors.UnknownItem: Kind(422, "该协作函没有此事项，或者该事项未要求此内容"),
        errors.BeyondLeastData: Kind(422, "超出该类协作事项的最少必要范围"),
        errors.AlreadyInPackage: Kind(409, "材料中已有，不得重复索取"),
        errors.AlreadyRecognised: Kind(409, "两地互认，不得重复索取"),
        errors.ItemsUnanswered: Kind(422, "仍有未答复的协作事项"),
        errors.NothingRecorded: Kind(409, "没有可以发出的结果"),
        errors.NoLongerHandling: Kind(403, "已更换承办人，原承办人不得再办理此项协作"),
        errors.SamePerson: Kind(409, "须由另一人办理"),
        errors.SameBody: Kind(422, "异议由设立该机构的司法行政部门审查，不得由作出决定的机构审查"),
        errors.Recused: Kind(409, "该人员已回避，不得办理此案件"),
        errors.NotRecused: Kind(409, "该人员没有回避"),
        errors.Recovering: Kind(503, "本节点刚从备份恢复，正在向其他地区取回遗失的记录，暂不受理"),
        errors.CaseErased: Kind(410, "已删除，不再保存其个人信息"),
        errors.OnHold: Kind(409, "案件处于保全状态，不得删除"),
        errors.NotOnHold: Kind(409, "案件没有保全"),
        errors.NotArchived: Kind(409, "案件尚未归档"),
        errors.NoRetention: Kind(409, "尚未载入本机构经批准的案卷保管期限"),
        errors.RetentionRuns: Kind(409, "案卷保管期限未满"),
        errors.NotProposed: Kind(409, "尚无人提出删除"),
        errors.NotExported: Kind(409, "最后一步之后尚未导出归档"),
        errors.MessagesUnderWay: Kind(409, "仍有关于该案件的消息在途"),
        errors.OtherReceipt: Kind(422, "销毁回执所载与此次删除不符"),
        errors.PartNeeded: Kind(422, "所附内容与该阶段或者事由的要求不符"),
        errors.DecisionDiffers: Kind(422, "至少一人获准为给予援助，无人获准为不予援助"),
        errors.LawyersFirst: Kind(422, "追索劳动报酬案件优先指派律师，否则须说明理由"),
        errors.NotReplaced: Kind(409, "另行指派须先决定更换，并说明移交情况"),
        errors.NoFraud: Kind(422, "只有骗取援助的才追缴费用和罚款，且罚款不得超过上限"),
        errors.NotTheClosingDay: Kind(422, "结案日应按办理程序和文书确定"),
        errors.NothingToReview: Kind(409, "没有可以送达、提出异议或者审查的决定"),
        errors.RequestsOpen: Kind(409, "尚有未办结的协作函"),
        errors.CaseEnded: Kind(409, "案件已结束"),
        errors.UnknownApplicant: Kind(422, "该案件没有此申请人"),
        errors.UnknownRegion: Kind(422, "名录中没有此地区"),
        errors.UnknownInstitution: Kind(422, "名录中没有此机构"),
        errors.SameRegion: Kind(422, "转交须面向其他地区"),
        errors.NoConnectingPoint: Kind(422, "该地区没有管辖连接点，转交函须说明理由"),
        errors.WrongDestination: Kind(422, "转交的收件机构属于其他地区"),
        errors.NothingRuns: Kind(409, "该事由不使任何期限起算或者届满"),
        errors.LastDayUnclear: Kind(422, "该期限没有法定长度时须载明届满日，届满日不得早于今天"),
        errors.NotParked: Kind(409, "紧急案件不得中止审查，应当当日先行提供援助，手续和核查随后补办"),
        errors.UrgencyStands: Kind(409, "案件已按同等紧急情形办理，不得降低"),
        errors.CompletionNotOverdue: Kind(409, "补办手续的期限未过，不得以此终止援助"),
        errors.BasisMissing: Kind(422, "该阶段须注明法律依据"),
        errors.ImplausibleDate: Kind(422, "日期不合理"),
        errors.GroundNotOpen: Kind(422, "该项经济困难条件依据不适用于此人此事"),
        errors.UnknownAttestation: Kind(404, "该案件没有本地区签发的此项证明"),
        errors.ForgedAttestation: Kind(422, "核查证明并非由名录所列地区有效签发"),
        errors.AlteredAttestation: Kind(422, "核查证明的内容与签名不符"),
        errors.AttestationOfAnotherRegion: Kind(422, "核查证明所称机构不属于签发地区"),
        errors.AttestationOfAnotherPerson: Kind(422, "核查证明属于他人"),
        errors.FoundNotInHardship: Kind(422, "其他地区核查认定不符合经济困难标准"),
        errors.DueDatePassed: Kind(422, "补正期限须晚于今天"),
        errors.DefectUnanswered: Kind(422, "仍有未答复的补正事项"),
        # Who acts: whatever the state of the case, this institution may not do it.
        errors.NotOfThisRegion: Kind(403, "该机构无权在此办理"),
        # The state of the case: the same request may succeed at another time, so these are conflicts. That another
        # region holds the case, or stands on the other side, is such a state and no lack of a right.
        errors.NotTheHolder: Kind(409, "本地区不是该案件的承办地区"),
        errors.NotThisSide: Kind(409, "该步骤属于转交的另一方"),
        errors.NotYoursToAssist: Kind(409, "该案件已并入先收到的案件，仅作协助"),
        errors.IllegalStep: Kind(409, "当前转交状态不允许此步骤"),
        errors.IllegalStage: Kind(409, "案件当前阶段不能进入该阶段"),
        errors.NoGroundHolds: Kind(409, "尚有申请人没有成立的经济困难条件依据"),
        errors.NoHomeFinding: Kind(409, "没有其他地区签发的此人的核查证明"),
        errors.NothingToAttest: Kind(409, "本机构没有可以签发证明的核查认定"),
        errors.AttestationExpired: Kind(409, "核查证明已过有效期"),
        errors.AttestationTakenBack: Kind(409, "核查证明已被签发地区撤销"),
        errors.NotRecognised: Kind(409, "两地之间没有有效的互认协议"),
        errors.CannotAttest: Kind(503, "本节点现在无法签发证明"),
        errors.TransferOpen: Kind(409, "该案件正在转交中"),
        errors.MustEscalate: Kind(409, "已两次转交未被受理，须报请上级指定"),
        errors.NotDesignatedRegion: Kind(409, "上级已指定其他地区"),
        errors.DesignationStands: Kind(409, "上级已指定管辖，不得再提出异议"),
        errors.DesignationConflict: Kind(409, "上级已就此次转交作出指定"),
        errors.NoSuperior: Kind(409, "没有可以指定管辖的上级"),
        errors.DefectAlreadyVisible: Kind(409, "补正须一次性告知，不得追加首次可见的缺项"),
        errors.NoticeMissing: Kind(409, "没有待答复的补正通知"),
        errors.DueDateAhead: Kind(409, "补正期限未到，不得视为撤回"),
        errors.NotTold: Kind(409, "未告知本人所缺材料的，不得视为撤回"),
        errors.EarlierCaseSurvives: Kind(409, "对方案件收到在先，应由其受理"),
        errors.PersonTwice: Kind(422, "同一人在案件中重复"),
        errors.TooFewToElect: Kind(409, "人数不足，不得推举代表人"),
        errors.NoticeOpen: Kind(409, "补正通知尚未答复，请先登记答复"),
        errors.NoActiveApplicant: Kind(409, "案件将没有有效的申请人"),
        errors.TooManyNotices: Kind(409, "该地区今日发来的查重通知过多"),
        errors.CaseExists: Kind(409, "案件已存在"),
        errors.HistoryDiffers: Kind(409, "承办记录不一致"),
        errors.AnswersNothing: Kind(409, "所答复的消息不存在"),
        errors.NotItsLedger: Kind(409, "地区只能就自己的账本，或者被问及的账本作出表示"),
        errors.NotACheckpoint: Kind(422, "该文本不是发送地区账本的检查点"),
        errors.NoSuchCheckpoint: Kind(409, "本地区没有签发过该大小的检查点"),
        errors.CosignatureWrong: Kind(422, "该行不是发送地区对该检查点的联署"),
        CaseNotYetKnown: Kind(409, "案件尚未到达本地区"),
        errors.StaleVersion: Kind(412, "案件已被他人修改，请刷新后重试"),
        # Auditors.
        faults.ReasonMissing: Kind(422, "查看姓名和文字须说明理由"),
        faults.CaseOrRange: Kind(422, "证据包须为一个案件，或者为起止位次之间的条目（不含姓名和文字）"),
        auditing.NotInTheLedger: Kind(404, "账本中没有此条目，或者尚未排定位次"),
        auditing.NoCheckpointYet: Kind(409, "尚无已签名的检查点包含此内容"),
        LedgerAltered: Kind(500, "账本与写入时不符"),
        # Accounts.
        door.SignInRefused: Kind(401, "用户名、口令或者验证码不正确"),
        door.SignInPaused: Kind(429, "多次尝试失败，请稍后再试"),
        roll.UnknownAccount: Kind(404, "没有此账号"),
        roll.UnknownToken: Kind(404, "没有此令牌"),
        roll.TokenTooWide: Kind(422, "令牌的权限不得超出账号的角色，有效期不得超过一年"),
        roll.NotForSystems: Kind(409, "系统账号没有口令和动态口令，只使用令牌"),
        accounts.RolesExclude: Kind(422, "系统、安全、审计管理员三权分立，不得兼任其他角色"),
        accounts.NameTaken: Kind(409, "该登录名、姓名或者统一身份已被其他账号使用"),
        passwords.PasswordTooShort: Kind(422, "口令太短：至少 15 个字符；同时使用动态口令的至少 8 个字符"),
        passwords.PasswordTooLong: Kind(422, "口令太长：最多 128 个字符"),
        passwords.PasswordCommon: Kind(422, "口令太常见，或者只是连续、重复的字符"),
        passwords.PasswordPersonal: Kind(422, "口令不得由本人的登录名、姓名或者机构代码组成"),
        # The node itself.
        StorageRefused: Kind(409, "数据库拒绝了此项修改"),
        StorageUnavailable: Kind(503, "数据库暂时不可用"),
        faults.ProviderUnavailable: Kind(503, "统一身份认证暂时不可用，请稍后再试，或者用密码登录"),
        faults.NotReady: Kind(503, "节点未就绪"),
        faults.Unexpected: Kind(500, "节点内部错误"),
    }
)


class Problem(BaseModel):
    """A problem document (RFC 9457). Further members depend on the kind; texts repeat nothing personal."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: Annotated[str, Field(description="which kind of problem: a place on the page /docs", examples=["/docs#x"])]
    title: str
    title_zh: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="path of the request")]


def title(error: type[Exception]) -> str:
    """The message of a kind of problem: the first paragraph of its docstring in one line."""
    return " ".join((error.__doc__ or error.__name__).partition("\n\n")[0].split())


def problem_of(error: Exception, path: str) -> tuple[Problem, dict[str, str]]:
    """The problem document for an error of the table, and the headers that go with it; raises KeyError."""
    kind = PROBLEMS[type(error)]
    detail, members, headers = _said(error)
    problem = Problem(
        type=f"{PAGE}#{slug(type(error))}",
        title=title(type(error)),
        title_zh=kind.zh,
        status=kind.status,
        detail=detail,
        instance=path,
        **members,
    )
    return problem, headers


def _said(error: Exception) -> tuple[str, dict[str, Any], dict[str, str]]:  # noqa: PLR0911 - one per kind
    """Detail, further members and headers."""
    match error:
        case errors.StaleVersion():
            return error.message, {"current_version": error.detail["current"]}, {}
        case TransferError():
            about = {name: value for name, value in error.detail.items() if value not in (None, "")}
            return error.message, {"about": about} if about else {}, {}
        case faults.Fault():
            return error.detail or title(type(error)), dict(error.members), error.headers
        case tickets.TicketMissing() | tickets.TicketBad() | tickets.TicketExpired():
            return title(type(error)), {}, {"WWW-Authenticate": "Bearer"}
        case door.SignInPaused(until=until):
            again = until.astimezone(CHINA).isoformat(timespec="seconds")
            return f"Try again after {again}.", {"until": again}, {"Retry-After": format_datetime(until, usegmt=True)}
        case auditing.NoCheckpointYet():
            return f"{title(type(error))} {_NEXT}", {}, {}
        case files.FilesUnavailable() | StorageUnavailable():
            again = "Try again later." if isinstance(error, files.FilesUnavailable) else _AGAIN
            return again, {}, {"Retry-After": str(RETRY_SECONDS)}
        case _:
            return title(type(error)), {}, {}
