"""The code lists of the exchange; an unknown code is an error, never an empty value.

Each member carries its Chinese and English wording and the source of the rule. Abbreviations of sources:
LAL is the Legal Aid Law of the PRC (2021), O148 the Ministry of Justice's Order 148 (2023).
"""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A code with its wording in both languages and its source."""

    zh: str
    en: str
    basis: str

    def __new__(cls, value: str, zh: str = "", en: str = "", basis: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en, member.basis = zh, en, basis
        return member


class Matter(Code):
    """What the applicant needs aid for (LAL 31)."""

    STATE_COMPENSATION = "STATE_COMPENSATION", "请求国家赔偿", "State compensation", "LAL 31(1)"
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE", "请求给予社会保险待遇或者社会救助", "Social insurance", "LAL 31(2)"
    PENSION = "PENSION", "请求发给抚恤金", "Pension for the bereaved or disabled", "LAL 31(3)"
    MAINTENANCE = "MAINTENANCE", "请求给付赡养费、抚养费、扶养费", "Maintenance", "LAL 31(4)"
    LABOUR_RELATION = "LABOUR_RELATION", "请求确认劳动关系", "Confirming a labour relation", "LAL 31(5)"
    REMUNERATION = "REMUNERATION", "请求支付劳动报酬", "Remuneration", "LAL 31(5)"
    CAPACITY = "CAPACITY", "请求认定公民无民事行为能力", "Finding of legal capacity", "LAL 31(6)"
    WORK_INJURY = "WORK_INJURY", "工伤事故人身损害赔偿", "Work injury", "LAL 31(7)"
    TRAFFIC_ACCIDENT = "TRAFFIC_ACCIDENT", "交通事故人身损害赔偿", "Traffic accident", "LAL 31(7)"
    FOOD_OR_DRUG = "FOOD_OR_DRUG", "食品药品安全事故人身损害赔偿", "Food or drug injury", "LAL 31(7)"
    MEDICAL_INJURY = "MEDICAL_INJURY", "医疗事故人身损害赔偿", "Medical injury", "LAL 31(7)"
    POLLUTION = "POLLUTION", "环境污染、生态破坏损害赔偿", "Pollution", "LAL 31(8)"
    ECONOMIC_COMPENSATION = "ECONOMIC_COMPENSATION", "请求支付经济补偿金", "Economic compensation", "LAL 31(9)"
    LABOUR_PROTECTION = "LABOUR_PROTECTION", "劳动保护争议", "Labour protection", "LAL 31(9)"
    LABOUR_CONTRACT = "LABOUR_CONTRACT", "劳动合同争议", "Labour contract", "LAL 31(9)"
    OTHER_BY_LAW = "OTHER_BY_LAW", "法律、法规、规章规定的其他情形", "Other by law", "LAL 31(9)"


class AidForm(Code):
    """The form of the aid (LAL 22)."""

    CONSULTATION = "CONSULTATION", "法律咨询", "Consultation", "LAL 22(1)"
    DRAFTING = "DRAFTING", "代拟法律文书", "Drafting of documents", "LAL 22(2)"
    CRIMINAL_DEFENCE = "CRIMINAL_DEFENCE", "刑事辩护与代理", "Criminal defence or representation", "LAL 22(3)"
    LITIGATION = (
        "LITIGATION",
        "民事、行政、国家赔偿案件的诉讼代理",
        "Representation in litigation",
        "LAL 22(4)",
    )
    NON_LITIGATION = "NON_LITIGATION", "非诉讼代理", "Representation outside litigation", "LAL 22(4)"
    DUTY_LAWYER = "DUTY_LAWYER", "值班律师法律帮助", "Duty lawyer", "LAL 22(5)"
    LABOUR_ARBITRATION = (
        "LABOUR_ARBITRATION",
        "劳动争议调解与仲裁代理",
        "Labour mediation and arbitration",
        "LAL 22(6)",
    )


class IdentityKind(Code):
    """The kind of document that identifies a person."""

    RESIDENT_ID = "RESIDENT_ID", "居民身份证", "Resident identity card", "GB 11643"
    HMT_PERMIT = "HMT_PERMIT", "港澳台居民居住证", "Residence permit of Hong Kong, Macau, Taiwan residents"
    FOREIGN_PERMANENT = "FOREIGN_PERMANENT", "外国人永久居留身份证", "Foreign permanent resident card"
    PASSPORT = "PASSPORT", "护照", "Passport"
    HOUSEHOLD_REGISTER = "HOUSEHOLD_REGISTER", "户口簿", "Household register"
    NONE = "NONE", "暂无证件", "No document at hand"


class ApplicantCategory(Code):
    """Groups that the law names; a person may belong to several."""

    MIGRANT_WORKER = "MIGRANT_WORKER", "进城务工人员", "Migrant worker", "LAL 42(3)"
    MINOR = "MINOR", "未成年人", "Minor", "LAL 42(1)"
    ELDERLY = "ELDERLY", "老年人", "Elderly", "LAL 42(1)"
    DISABLED = "DISABLED", "残疾人", "Disabled", "LAL 42(1)"
    SOCIAL_ASSISTANCE = "SOCIAL_ASSISTANCE", "社会救助、司法救助对象", "Recipient of assistance", "LAL 42(2)"
    PREFERENTIAL = "PREFERENTIAL", "优抚对象", "Recipient of preferential treatment", "LAL 42(2)"
    MARTYR_KIN = "MARTYR_KIN", "英雄烈士近亲属", "Kin of heroes and martyrs", "LAL 32(1)"
    GOOD_SAMARITAN = "GOOD_SAMARITAN", "见义勇为人员", "Good samaritan", "LAL 32(2)"
    DOMESTIC_VIOLENCE = "DOMESTIC_VIOLENCE", "虐待、遗弃、家庭暴力受害人", "Victim of abuse", "LAL 32(4)"
    OTHER = "OTHER", "其他", "Other"


class HardshipGround(Code):
    """Why the hardship condition does not apply, is not checked, or how it is checked (LAL 32, 41, 42)."""

    ART32_1 = "ART32_1", "英雄烈士近亲属维护人格权益", "Kin of heroes and martyrs: no condition", "LAL 32(1)"
    ART32_2 = "ART32_2", "因见义勇为行为主张民事权益", "Good samaritan: no condition", "LAL 32(2)"
    ART32_3 = "ART32_3", "再审改判无罪请求国家赔偿", "Acquitted on retrial: no condition", "LAL 32(3)"
    ART32_4 = "ART32_4", "遭受虐待、遗弃或者家庭暴力", "Victim of abuse: no condition", "LAL 32(4)"
    ART32_5 = "ART32_5", "法律规定的其他情形", "Other by law: no condition", "LAL 32(5)"
    ART42_1 = "ART42_1", "无固定生活来源的特定群体", "No fixed income: check waived", "LAL 42(1)"
    ART42_2 = "ART42_2", "社会救助、司法救助或者优抚对象", "Assisted person: check waived", "LAL 42(2)"
    ART42_3 = (
        "ART42_3",
        "进城务工人员请求支付劳动报酬或者工伤赔偿",
        "Migrant worker claiming pay or work injury: check waived",
        "LAL 42(3)",
    )
    ART42_4 = "ART42_4", "法律、法规、规章规定的其他人员", "Other by law: check waived", "LAL 42(4)"
    INFO_SHARING = "INFO_SHARING", "信息共享查询", "Checked by information sharing", "LAL 41"
    COMMITMENT = "COMMITMENT", "个人诚信承诺", "Personal commitment", "LAL 41"
    HOME_FINDING_RECOGNISED = (
        "HOME_FINDING_RECOGNISED",
        "认可户籍地核查结论",
        "Finding of the home region recognised",
        "agreement between the regions",
    )


class IntakeChannel(Code):
    """How the application reached the first institution."""

    WINDOW = "WINDOW", "窗口", "Window"
    WORKSTATION = "WORKSTATION", "工作站", "Workstation", "LAL 13"
    PHONE = "PHONE", "电话", "Telephone"
    ONLINE = "ONLINE", "网上", "Online"
    VIDEO = "VIDEO", "视频", "Video call"
    HOME_VISIT = "HOME_VISIT", "上门", "Home visit"
    FORWARDED = "FORWARDED", "有关机关转交", "Forwarded by an authority", "LAL 39"


class Urgency(Code):
    """How soon someone must act, and why (LAL 44)."""

    NORMAL = "NORMAL", "一般", "Normal"
    GREEN_CHANNEL = "GREEN_CHANNEL", "绿色通道", "Green channel for pay and work injury of migrant workers"
    LIMITATION_LT_7_DAYS = (
        "LIMITATION_LT_7_DAYS",
        "距法定时效届满不足七日",
        "Fewer than 7 days to limitation",
        "LAL 44(1)",
    )
    PRESERVATION = (
        "PRESERVATION",
        "需要立即申请财产保全、证据保全",
        "Preservation needed at once",
        "LAL 44(2)",
    )
    ADVANCE_ENFORCEMENT = (
        "ADVANCE_ENFORCEMENT",
        "需要立即申请先予执行",
        "Advance enforcement needed",
        "LAL 44(2)",
    )
    OTHER_URGENT = "OTHER_URGENT", "法律规定的其他紧急情形", "Other urgency by law", "LAL 44(3)"


class MaterialKind(Code):
    """What a paper in the package is (SF/T 0024-2017 ch. 8; LAL 41, 43)."""

    APPLICATION = "APPLICATION", "法律援助申请表", "Application form"
    IDENTITY = "IDENTITY", "身份证明", "Proof of identity"
    AGENCY_PROOF = "AGENCY_PROOF", "代理权证明", "Proof of agency"
    ECON_STATEMENT = "ECON_STATEMENT", "经济困难状况说明表", "Statement of economic situation"
    EXEMPT_PROOF = "EXEMPT_PROOF", "免予核查证明材料", "Proof that the check is waived"
    MATERIAL_RECEIPT = "MATERIAL_RECEIPT", "申请材料接收凭证", "Receipt for materials"
    INTERVIEW_RECORD = "INTERVIEW_RECORD", "谈话笔录", "Interview record"
    LABOUR_CONTRACT = "LABOUR_CONTRACT", "劳动合同", "Labour contract"
    WAGE_RECORD = "WAGE_RECORD", "工资凭证", "Wage record"
    IOU = "IOU", "欠条", "Acknowledgement of debt"
    ACCIDENT_REPORT = "ACCIDENT_REPORT", "事故认定材料", "Accident report"
    MEDICAL_RECORD = "MEDICAL_RECORD", "医疗材料", "Medical record"
    OTHER = "OTHER", "其他材料", "Other paper"


class MediaType(Code):
    """The kinds of files that are taken; what a file is, is seen from its content (RFC 6838; OFD: GB/T 33190)."""

    PDF = "application/pdf", "PDF 文档", "PDF document"
    OFD = "application/ofd", "OFD 版式文档", "OFD document", "GB/T 33190"
    JPEG = "image/jpeg", "JPEG 图片", "JPEG image"
    PNG = "image/png", "PNG 图片", "PNG image"
    TIFF = "image/tiff", "TIFF 图片", "TIFF image"
    MP3 = "audio/mpeg", "MP3 录音", "MP3 recording"
    WAV = "audio/wav", "WAV 录音", "WAV recording"
    MP4 = "video/mp4", "MP4 录像", "MP4 recording"


class Defect(Code):
    """What is missing or wrong in an application (LAL 43(2))."""

    ID_MISSING = "ID_MISSING", "缺少身份证明", "Proof of identity missing", "LAL 43(2)"
    AGENCY_PROOF_MISSING = "AGENCY_PROOF_MISSING", "缺少代理权证明", "Proof of agency missing", "LAL 43(2)"
    FORM_UNSIGNED = "FORM_UNSIGNED", "申请表未签名", "Form not signed", "LAL 43(2)"
    ECON_STATEMENT_MISSING = (
        "ECON_STATEMENT_MISSING",
        "缺少经济困难状况说明",
        "Statement of economic situation missing",
        "LAL 43(2)",
    )
    EXEMPT_PROOF_MISSING = "EXEMPT_PROOF_MISSING", "缺少免予核查证明", "Proof of waiver missing", "LAL 43(2)"
    FACTS_UNCLEAR = "FACTS_UNCLEAR", "事实需要说明", "Facts need explaining", "LAL 43(2)"
    EVIDENCE_ILLEGIBLE = "EVIDENCE_ILLEGIBLE", "材料无法辨认", "Paper cannot be read", "LAL 43(2)"


class DisputeGround(Code):
    """Why the receiver holds that another region is competent; eligibility is no ground (LAL 38)."""

    COMPETENCE_LITIGATION_ORGAN_ELSEWHERE = (
        "COMPETENCE_LITIGATION_ORGAN_ELSEWHERE",
        "办案机关在其他地区",
        "The organ that handles the case is elsewhere",
        "LAL 38",
    )
    COMPETENCE_DISPUTE_ORGAN_ELSEWHERE = (
        "COMPETENCE_DISPUTE_ORGAN_ELSEWHERE",
        "争议处理机关在其他地区",
        "The organ that handles the dispute is elsewhere",
        "LAL 38",
    )
    COMPETENCE_CAUSE_ELSEWHERE = (
        "COMPETENCE_CAUSE_ELSEWHERE",
        "事由发生在其他地区",
        "The cause arose elsewhere",
        "LAL 38",
    )


class RecallReason(Code):
    """Why the sender asks for the case, or for some of its applicants, back."""

    WITHDRAWN_BY_APPLICANT = "WITHDRAWN_BY_APPLICANT", "申请人撤回申请", "Withdrawn by the applicant"
    SENT_IN_ERROR = "SENT_IN_ERROR", "误送", "Sent in error"
    HANDLED_HERE = "HANDLED_HERE", "本地办理", "Will be handled here"
    OTHER_REGION_COMPETENT = "OTHER_REGION_COMPETENT", "转其他有管辖权的机构", "Another region is competent"


class ApplicantStatus(Code):
    """Where one applicant stands; the others of the case go on without them."""

    ACTIVE = "ACTIVE", "有效", "Active"
    WITHDRAWN = "WITHDRAWN", "已撤回", "Withdrawn by the applicant"
    DEEMED_WITHDRAWN = "DEEMED_WITHDRAWN", "视为撤回", "Deemed withdrawn", "LAL 43(2)"
    SPLIT_OFF = "SPLIT_OFF", "另案办理", "In a case of their own"


class Stage(Code):
    """A step of the case that its holder publishes to the followers."""

    RECEIVED = "received", "已收到申请", "Application received", "LAL 43"
    UNDER_REVIEW = "under_review", "审查中", "Under review", "LAL 43"
    SUSPENDED = "suspended", "审查中止计时", "Review suspended", "LAL 43(2)"
    GRANTED = "granted", "决定给予援助", "Granted", "LAL 43(1)"
    REFUSED = "refused", "决定不予援助", "Refused", "LAL 43(1)"
    AID_FIRST = "aid_first", "先行提供援助", "Aid given first", "LAL 44"
    ASSIGNED = "assigned", "已指派", "Assigned", "LAL 43(1)"
    AGREEMENT_SIGNED = "agreement_signed", "已签委托协议", "Agreement signed", "O148 27"
    HANDLING = "handling", "承办中", "In handling", "LAL 46"
    CONCLUDED = "concluded", "已办结", "Concluded", "LAL 50"
    FILE_SUBMITTED = "file_submitted", "已提交结案卷", "Closing file submitted", "LAL 50"
    FILE_REVIEWED = "file_reviewed", "结案卷已审核", "Closing file reviewed", "LAL 50"
    ARCHIVED = "archived", "已归档", "Archived"
    TERMINATED = "terminated", "已终止援助", "Terminated", "LAL 48"
    OBJECTED = "objected", "已提出异议", "Objection raised", "LAL 49"
    MAINTAINED = "maintained", "异议审查维持", "Decision maintained", "LAL 49"
    CORRECTION_ORDERED = "correction_ordered", "责令改正", "Correction ordered", "LAL 49"


class LegalBasis(Code):
    """The ground in law that a stage names; only articles read in a public text are listed."""

    LAL_38 = "LAL_38", "法律援助法第三十八条", "Legal Aid Law, art. 38", "LAL 38"
    LAL_43_1 = "LAL_43_1", "法律援助法第四十三条第一款", "Legal Aid Law, art. 43(1)", "LAL 43(1)"
    LAL_43_2 = "LAL_43_2", "法律援助法第四十三条第二款", "Legal Aid Law, art. 43(2)", "LAL 43(2)"
    LAL_44_1 = "LAL_44_1", "法律援助法第四十四条第一项", "Legal Aid Law, art. 44(1)", "LAL 44(1)"
    LAL_44_2 = "LAL_44_2", "法律援助法第四十四条第二项", "Legal Aid Law, art. 44(2)", "LAL 44(2)"
    LAL_44_3 = "LAL_44_3", "法律援助法第四十四条第三项", "Legal Aid Law, art. 44(3)", "LAL 44(3)"
    LAL_46 = "LAL_46", "法律援助法第四十六条", "Legal Aid Law, art. 46", "LAL 46"
    LAL_48_1 = "LAL_48_1", "法律援助法第四十八条第一项", "Legal Aid Law, art. 48(1)", "LAL 48(1)"
    LAL_48_2 = "LAL_48_2", "法律援助法第四十八条第二项", "Legal Aid Law, art. 48(2)", "LAL 48(2)"
    LAL_48_3 = "LAL_48_3", "法律援助法第四十八条第三项", "Legal Aid Law, art. 48(3)", "LAL 48(3)"
    LAL_48_4 = "LAL_48_4", "法律援助法第四十八条第四项", "Legal Aid Law, art. 48(4)", "LAL 48(4)"
    LAL_48_5 = "LAL_48_5", "法律援助法第四十八条第五项", "Legal Aid Law, art. 48(5)", "LAL 48(5)"
    LAL_48_6 = "LAL_48_6", "法律援助法第四十八条第六项", "Legal Aid Law, art. 48(6)", "LAL 48(6)"
    LAL_48_7 = "LAL_48_7", "法律援助法第四十八条第七项", "Legal Aid Law, art. 48(7)", "LAL 48(7)"
    LAL_48_8 = "LAL_48_8", "法律援助法第四十八条第八项", "Legal Aid Law, art. 48(8)", "LAL 48(8)"
    AID_FIRST_NOT_COMPLETED = (
        "AID_FIRST_NOT_COMPLETED",
        "先行提供援助后未按期补办手续",
        "Formalities not completed in time after aid was given first",
        "LAL 44",
    )
    LAL_49 = "LAL_49", "法律援助法第四十九条", "Legal Aid Law, art. 49", "LAL 49"
    LAL_50 = "LAL_50", "法律援助法第五十条", "Legal Aid Law, art. 50", "LAL 50"
    O148_24 = "O148_24", "办理法律援助案件程序规定第二十四条", "Order 148, art. 24", "O148 24"
    O148_27 = "O148_27", "办理法律援助案件程序规定第二十七条", "Order 148, art. 27", "O148 27"


class ReceiptOutcome(Code):
    """What became of a message at its recipient."""

    APPLIED = "applied", "已办理", "Applied"
    PARKED = "parked", "早到，待前序消息", "Early, waits for its predecessors"
    REFUSED = "refused", "已拒绝", "Refused"


class RefusalCode(Code):
    """Why a message was not applied."""

    UNREADABLE = "UNREADABLE", "无法解析", "The message cannot be read"
    TOO_LARGE = "TOO_LARGE", "超出大小限制", "The message exceeds the size limit"
    UNKNOWN_TYPE = "UNKNOWN_TYPE", "未知消息类型", "The message type is not known here"
    SCHEMA_VIOLATED = "SCHEMA_VIOLATED", "不符合消息规范", "The message does not fit its schema"
    WRONG_RECIPIENT = "WRONG_RECIPIENT", "收件地区不符", "The message is for another region"
    SENDER_MISMATCH = "SENDER_MISMATCH", "发件地区不符", "Exchange, user and source do not agree"
    UNKNOWN_REGION = "UNKNOWN_REGION", "未知地区", "The region is not in the directory"
    UNKNOWN_SUITE = "UNKNOWN_SUITE", "密码套件未知", "The suite of algorithms is not used here"
    CANNOT_OPEN = "CANNOT_OPEN", "无法解密", "The letter is not sealed for a key that this node holds"
    UNKNOWN_SIGNER = "UNKNOWN_SIGNER", "签名密钥未知", "The directory lists no such key of the source"
    REVOKED_SIGNER = "REVOKED_SIGNER", "签名密钥已吊销", "The key that signed the letter is revoked"
    BAD_SIGNATURE = "BAD_SIGNATURE", "签名无效", "The signature does not fit the content"
    ATTRIBUTES_DIFFER = "ATTRIBUTES_DIFFER", "信封与签名内容不符", "The event's attributes are not those in the letter"
    EXPIRED = "EXPIRED", "签发已过期", "The letter was signed too long ago"
    NOT_YET_VALID = "NOT_YET_VALID", "签发时间在将来", "The letter was signed in the future"
    CONTENT_CONFLICT = "CONTENT_CONFLICT", "同号异文", "Known id or place, other content"
    ILLEGAL_STEP = "ILLEGAL_STEP", "步骤不合法", "The step does not fit the state of the transfer"
    UNKNOWN_CASE = "UNKNOWN_CASE", "未知案件", "The case is not known here"
    CASE_ERASED = "CASE_ERASED", "案件信息已删除", "The case was erased; nothing of the message is kept"
    NODE_FAULT = "NODE_FAULT", "本节点故障", "A fault of the recipient's node"


class Hop(Code):
    """Where on its way a message met its fate."""

    SENDER = "sender", "发件节点", "The sender's node"
    BROKER = "broker", "消息中间件", "The broker"
    RECIPIENT = "recipient", "收件节点", "The recipient's node"
