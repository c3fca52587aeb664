"""Sheets: a list of persons as a file, its columns, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from transfer.domain.errors import TransferError
from transfer.domain.reporting import PairReport
from transfer.messages.case import MAX_PERSONS
from transfer.messages.codes import ApplicantCategory, Code, HardshipGround, IdentityKind

MAX_SHEET: Final = 512 * 1024
"""Bytes of a file; a list of 500 persons has about a tenth of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: the field that it fills, its headings, an example, and the codes that it may hold."""

    field: str
    zh: str
    en: str
    example: str
    also: tuple[str, ...] = ()
    needed: bool = False
    codes: type[Code] | None = None


COLUMNS: Final = (
    Column(field="name", zh="姓名", en="Name", example="李大山", also=("申请人", "申请人姓名"), needed=True),
    Column(field="identity_kind", zh="证件类型", en="Document", example="居民身份证", codes=IdentityKind),
    Column(
        field="identity_number",
        zh="证件号码",
        en="Document number",
        example="990000198504120010",
        also=("身份证号", "身份证号码", "公民身份号码", "ID number"),
        needed=True,
    ),
    Column(field="born_on", zh="出生日期", en="Date of birth", example="1985-04-12"),
    Column(
        field="phone", zh="联系电话", en="Telephone", example="13800000000", also=("电话", "手机", "手机号", "Phone")
    ),
    Column(
        field="household_region",
        zh="户籍地代码",
        en="Household region",
        example="510521",
        also=("户籍地行政区划代码", "Household region code"),
    ),
    Column(field="categories", zh="人员类别", en="Categories", example="进城务工人员", codes=ApplicantCategory),
    Column(
        field="hardship",
        zh="经济困难依据",
        en="Hardship ground",
        example="ART42_3",
        also=("免予核查依据",),
        codes=HardshipGround,
    ),
    Column(field="proof", zh="依据材料", en="Proof of the ground", example="务工证明", also=("证明材料",)),
    Column(field="signed_on", zh="承诺书签署日期", en="Commitment signed on", example=""),
    Column(
        field="claimed",
        zh="请求金额（元）",
        en="Amount claimed (yuan)",
        example="7500.00",
        also=("请求金额", "欠薪金额", "欠薪金额（元）", "金额（元）"),
    ),
)
"""Cells of codes take the code, its Chinese or its English wording."""


class RowFault(Code):
    """What is wrong with a row or a cell, and how to mend it."""

    NAME_MISSING = "NAME_MISSING", "缺少姓名，请填写", "The name is missing: fill it in"
    IDENTITY_MISSING = "IDENTITY_MISSING", "缺少证件号码，请填写或者改为“暂无证件”", "The number is missing: fill it in"
    IDENTITY_ODD = "IDENTITY_ODD", "写明暂无证件却有号码，请改正", "A number beside “no document”: correct one of them"
    IDENTITY_WRONG = (
        "IDENTITY_WRONG",
        "证件号码有误（位数、出生日期或者校验位），请对照证件重新录入",
        "The document number is wrong: copy it again from the document",
    )
    TEST_IDENTITY = "TEST_IDENTITY", "测试用证件号码，本节点不接受", "A number for tests, which this node does not take"
    PERSON_TWICE = "PERSON_TWICE", "同一人重复出现，请删去一行", "The same person twice: remove one of the rows"
    UNKNOWN_CODE = "UNKNOWN_CODE", "不是所列选项，请从模板第二页选择", "None of the choices: the template lists them"
    DATE_WRONG = "DATE_WRONG", "日期有误，请写成 1985-04-12", "No date: write it as 1985-04-12"
    PHONE_WRONG = "PHONE_WRONG", "电话号码有误，只写数字", "No telephone number: write its digits alone"
    REGION_WRONG = "REGION_WRONG", "须为六位行政区划代码", "No region: write its code of six digits"
    AMOUNT_WRONG = (
        "AMOUNT_WRONG",
        "金额有误，请以元为单位，至多两位小数",
        "No amount: write yuan with at most two decimals",
    )
    GROUND_MISSING = "GROUND_MISSING", "有依据材料却未写经济困难依据", "A proof without its ground: fill in the ground"
    PROOF_MISSING = "PROOF_MISSING", "缺少依据材料，请写明", "The ground has no proof: name the paper or the query"
    SIGNING_ODD = (
        "SIGNING_ODD",
        "个人诚信承诺须写明签署日期，其他依据不写",
        "A day of signing stands beside a commitment, and beside nothing else",
    )
    GROUND_NOT_OPEN = (
        "GROUND_NOT_OPEN",
        "该依据不适用于此人或者此类事项，请另选依据或者留空",
        "The ground is not open to this person in this matter: choose another, or leave it empty",
    )
    DATE_AHEAD = "DATE_AHEAD", "日期晚于今天", "The day is still to come"
    NOT_TAKEN = "NOT_TAKEN", "内容不符合要求", "The cell holds what is not taken"
    FORMULA = "FORMULA", "单元格是公式，请粘贴为数值", "The cell holds a formula: paste its value"
    DIGITS_LOST = (
        "DIGITS_LOST",
        "号码被存为数字，末几位已丢失，请将单元格设为文本后重新录入",
        "The number was kept as a number and lost its last digits: make the cell text, and enter it again",
    )
    MERGED = "MERGED", "存在合并单元格，请取消合并并逐行填写", "Merged cells: part them and fill in each row"
    HIDDEN = "HIDDEN", "该行被隐藏，请取消隐藏或者删除", "The row is hidden: show it or remove it"
    EMPTY = "EMPTY", "空行，请删除", "An empty row: remove it"
    TOO_MANY = "TOO_MANY", f"超过{MAX_PERSONS}人，请分案办理", f"More than {MAX_PERSONS} persons: open another case"


class SheetRefusal(Code):
    """Why a file is not read at all, and what to do."""

    TOO_LARGE = "TOO_LARGE", "文件过大", "The file is too large"
    OLD_OR_LOCKED = (
        "OLD_OR_LOCKED",
        "旧版 .xls 文件或者设有密码，请另存为不带密码的 .xlsx",
        "An .xls file, or one with a password: save it as .xlsx without a password",
    )
    MACROS = "MACROS", "文件含有宏，请另存为 .xlsx", "The file has macros: save it as .xlsx"
    INFLATED = "INFLATED", "文件解压后过大，不予读取", "The file grows too large when it is unpacked"
    NOT_A_SHEET = (
        "NOT_A_SHEET",
        "不是 .xlsx 或者 .csv 文件，或者已损坏",
        "Neither .xlsx nor .csv (UTF-8 or GB18030), or damaged",
    )
    TOO_LONG = (
        "TOO_LONG",
        "行数或者列数过多，请删去名单以外的内容",
        "Too many rows or columns: remove what is no person",
    )
    HEADING_MISSING = "HEADING_MISSING", "缺少必需的列标题，请使用模板", "A needed heading is missing: use the template"
    HEADING_TWICE = "HEADING_TWICE", "列标题重复", "A heading stands twice"
    NO_PERSONS = "NO_PERSONS", "没有可以登记的人员", "No person is left to take in"


class SheetRefused(TransferError):
    """The file is not taken as a list of persons."""

    @classmethod
    def of(cls, why: SheetRefusal, what: str = "") -> "SheetRefused":
        """With the reason in both languages, and what in the file it is about."""
        return cls(code=why.value, zh=why.zh, en=why.en, what=what)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row as it stands in the file: its number, texts and faults by field, and what is wrong with all of it."""

    number: int
    texts: Mapping[str, str]
    faults: Mapping[str, RowFault] = field(default_factory=dict)
    whole: RowFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows below the headings, the letter of each field's column, and the headings that nothing is known of."""

    rows: tuple[SheetRow, ...]
    places: Mapping[str, str]
    ignored: tuple[str, ...] = ()


class Sheets(Protocol):
    """Reads and makes files of persons."""

    async def read(self, content: bytes) -> Sheet:
        """The sheet in a file; raises SheetRefused."""
        ...

    async def template(self) -> bytes:
        """An .xlsx file with the headings, one example and the codes."""
        ...

    async def pairs(self, report: PairReport, *, as_excel: bool) -> bytes:
        """The report on pairs as an .xlsx file, or as .csv with a byte order mark."""
        ...
