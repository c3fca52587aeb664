"""The code lists of evidence requests; see ``codes`` for what a code is and for the sources' abbreviations.

CPL is the Civil Procedure Law (2023).
"""

from transfer.messages.codes import Code


class EvidenceKind(Code):
    """What one region can ask another to do for a case (O148; agreements between regions)."""

    ECON_CHECK = "ECON_CHECK", "经济状况核查", "Check of the economic situation", "LAL 41"
    IDENTITY_CHECK = "IDENTITY_CHECK", "身份核查", "Check of identity"
    DOCUMENT = "DOCUMENT", "调取书证", "Obtaining a document"
    WITNESS_STATEMENT = "WITNESS_STATEMENT", "询问证人", "Statement of a witness"
    EMPLOYER_LOOKUP = "EMPLOYER_LOOKUP", "用人单位信息查询", "Look-up of an employer"
    SERVICE_OF_DOCUMENTS = "SERVICE_OF_DOCUMENTS", "送达文书", "Service of documents"
    SIGNING_WITNESS = "SIGNING_WITNESS", "见证签署", "Witnessing a signature", "O148 27"
    MEDIATION = "MEDIATION", "协助调解", "Mediation"
    HEARING_ATTENDANCE = "HEARING_ATTENDANCE", "代为出庭", "Attending a hearing"
    ENFORCEMENT_HELP = "ENFORCEMENT_HELP", "协助执行", "Help with enforcement"


class EvidenceField(Code):
    """What may be asked within an item; which kind may ask which is in the table of least data."""

    HOUSEHOLD_SIZE = "HOUSEHOLD_SIZE", "家庭人口", "Size of the household"
    HOUSEHOLD_INCOME = "HOUSEHOLD_INCOME", "家庭上年收入总额", "Total income of the household in the last year"
    SOCIAL_ASSISTANCE = "SOCIAL_ASSISTANCE", "社会救助情况", "Whether social assistance is received"
    HARDSHIP_FINDING = "HARDSHIP_FINDING", "经济困难核查结论", "Finding on economic hardship"
    IDENTITY_CONFIRMED = "IDENTITY_CONFIRMED", "身份是否属实", "Whether the identity is confirmed"
    HOUSEHOLD_REGISTER = "HOUSEHOLD_REGISTER", "户籍登记", "Household register"
    KINSHIP = "KINSHIP", "亲属关系", "Kinship"
    LABOUR_CONTRACT = "LABOUR_CONTRACT", "劳动合同", "Labour contract"
    ATTENDANCE = "ATTENDANCE", "考勤记录", "Attendance sheets"
    WAGE_LEDGER = "WAGE_LEDGER", "工资台账", "Wage ledger"
    WAGE_TRANSFERS = "WAGE_TRANSFERS", "用人单位工资转账记录", "Transfers of wages by the named employer"
    SOCIAL_INSURANCE = "SOCIAL_INSURANCE", "社会保险缴纳记录", "Record of social insurance"
    IOU = "IOU", "欠条", "Acknowledgement of debt"
    ACCIDENT_REPORT = "ACCIDENT_REPORT", "事故认定材料", "Accident report"
    MEDICAL_RECORD = "MEDICAL_RECORD", "就该伤病的医疗材料", "Medical record of the injury in question"
    CASE_PAPER = "CASE_PAPER", "指明的案件材料", "Named paper of the case"
    BANK_FLOWS = "BANK_FLOWS", "全部银行流水", "All movements of bank accounts"
    STATEMENT = "STATEMENT", "证言笔录", "Record of a statement"
    EMPLOYER_NAME = "EMPLOYER_NAME", "用人单位名称", "Name of the employer"
    EMPLOYER_REGISTRATION = "EMPLOYER_REGISTRATION", "用人单位登记信息", "Registration of the employer"
    EMPLOYER_ADDRESS = "EMPLOYER_ADDRESS", "用人单位地址", "Address of the employer"
    SERVICE_RECORD = "SERVICE_RECORD", "送达回证", "Record of service"
    SIGNED_PAPER = "SIGNED_PAPER", "签署的文书", "Signed paper"
    SETTLEMENT = "SETTLEMENT", "调解笔录或者协议", "Record of mediation or settlement"
    HEARING_RECORD = "HEARING_RECORD", "出庭情况", "Record of a hearing"
    ASSET_LEAD = "ASSET_LEAD", "被执行财产线索", "Lead to assets of the debtor"


class SubjectRole(Code):
    """What a person is in an evidence request."""

    APPLICANT = "APPLICANT", "受援人", "Applicant"
    DEPENDANT = "DEPENDANT", "被扶养人或者近亲属", "Dependant or kin"
    WITNESS = "WITNESS", "证人", "Witness"
    OPPONENT = "OPPONENT", "对方当事人", "Opponent"


class ProofForm(Code):
    """In which form a piece of evidence is wanted, or is given."""

    ORIGINAL = "ORIGINAL", "原件", "Original", "CPL 73"
    COPY = "COPY", "复印件", "Copy"
    ELECTRONIC = "ELECTRONIC", "电子数据", "Electronic data"


class ItemUrgency(Code):
    """Why an item cannot wait."""

    RETENTION_ENDS = "RETENTION_ENDS", "保存期限将满", "The holder need not keep it any longer"
    LIMITATION = "LIMITATION", "时效将满", "Limitation"
    HEARING = "HEARING", "开庭日期临近", "Date of a hearing"
    OTHER = "OTHER", "其他原因", "Other reason"


class ItemResult(Code):
    """What became of an item."""

    OBTAINED = "obtained", "已取得", "Obtained"
    PARTLY = "partly", "部分取得", "Partly obtained"
    DOES_NOT_EXIST = "does_not_exist", "不存在", "Does not exist"
    HOLDER_REFUSED = "holder_refused", "持有人拒绝提供", "The holder refused"
    NEEDS_COURT_ORDER = "needs_court_order", "需凭法院调查令", "Needs a court order", "CPL 67"
    NOT_FOUND = "not_found", "未查到", "Not found"
    OUT_OF_SCOPE = "out_of_scope", "超出协作范围", "Out of scope"
    NOT_BEFORE = "not_before", "须待一定日期后", "Not before a date"


class DeclineReason(Code):
    """Why a region cannot help. That the recipient is not eligible is none: the holder decides on that."""

    OBJECTIVE_IMPOSSIBLE = "OBJECTIVE_IMPOSSIBLE", "客观上无法协作", "Objectively impossible", "O148"
    HOLDER_NOT_HERE = "HOLDER_NOT_HERE", "持有人不在本地", "The holder is not in this region"
    EXCEEDS_LAWFUL_POWER = "EXCEEDS_LAWFUL_POWER", "超出法定职权", "Exceeds the lawful powers"
    FORCE_MAJEURE = "FORCE_MAJEURE", "不可抗力", "Force majeure"


class CancelReason(Code):
    """Why a request is withdrawn by the region that made it."""

    CASE_ENDED = "CASE_ENDED", "案件已结束", "The case has ended"
    NOT_NEEDED = "NOT_NEEDED", "不再需要", "No longer needed"
    ASKED_IN_ERROR = "ASKED_IN_ERROR", "误发", "Asked in error"


class CollectionMethod(Code):
    """How a piece of evidence was got."""

    HANDED_OVER = "HANDED_OVER", "持有人交付", "Handed over by its holder"
    COPIED = "COPIED", "复制", "Copied from the original"
    PHOTOGRAPHED = "PHOTOGRAPHED", "拍照", "Photographed"
    DOWNLOADED = "DOWNLOADED", "下载", "Downloaded"
    QUERIED = "QUERIED", "依法查询", "Official query"
    INTERVIEWED = "INTERVIEWED", "询问并制作笔录", "Interviewed, with a record"
    RECORDED = "RECORDED", "录音录像", "Recorded"


class CustodyAct(Code):
    """What was done with a piece of evidence."""

    COLLECTED = "COLLECTED", "收集", "Collected"
    HANDED_ON = "HANDED_ON", "移交", "Handed on"
    SENT = "SENT", "发出", "Sent"
    RECEIVED = "RECEIVED", "收到", "Received"
    CHECKED = "CHECKED", "核验", "Checked"
