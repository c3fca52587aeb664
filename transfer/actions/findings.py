"""What can be found in an auditor's files, in plain words: what is shown, what is false, and what cannot be known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Self


class Verdict(StrEnum):
    """What a finding says of the file."""

    SHOWN = "shown"
    FALSE = "false"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    """It cannot be known from the file, whatever it holds."""


class Says(StrEnum):
    """A sentence with gaps, in both languages."""

    verdict: Verdict
    zh: str
    en: str

    def __new__(cls, value: str, verdict: Verdict, zh: str, en: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.verdict, member.zh, member.en = verdict, zh, en
        return member

    PROOF_STANDS = (
        "proof_stands",
        Verdict.SHOWN,
        "条目 {id}（{kind}，{at}）位于账本 {origin} 第 {place} 位，未被更改；该检查点共 {size} 条。",
        "Entry {id} ({kind}, {at}) stands unchanged at place {place} of {origin}, of {size} at this checkpoint.",
    )
    TELLS = "tells", Verdict.SHOWN, "条目内容：{facts}", "It tells: {facts}"
    CASE_STANDS = (
        "case_stands",
        Verdict.SHOWN,
        "案件 {case} 的 {count} 条条目均在账本 {origin} 的所示位置，未被更改；该检查点共 {size} 条。",
        "{count} entries of case {case} stand unchanged at their places in {origin}, of {size} at this checkpoint.",
    )
    RANGE_STANDS = (
        "range_stands",
        Verdict.SHOWN,
        "账本 {origin} 第 {first} 至 {last} 位的条目全部在此，依次未被更改；该检查点共 {size} 条。",
        "All entries of {origin} from place {first} to {last} are here unchanged, of {size} at this checkpoint.",
    )
    SIGNED = (
        "signed",
        Verdict.SHOWN,
        "检查点由 {origin} 签名，密钥为 {key}。",
        "The checkpoint is signed by {origin}, with the key {key}.",
    )
    COSIGNED = (
        "cosigned",
        Verdict.SHOWN,
        "{witness} 于 {at} 共同签名：在它看来，该账本到此为止只增不改。",
        "{witness} cosigned it at {at}: as far as it saw, the ledger only ever grew up to here.",
    )
    OPENED = (
        "opened",
        Verdict.SHOWN,
        "{count} 条条目附有姓名或文字，与当时记录的摘要一致。",
        "{count} entries show names and texts, which are those that were written then.",
    )
    ERASED = (
        "erased",
        Verdict.SHOWN,
        "{at} 已删除 {subject} 的文字（依据：{basis}）；账本链完整。",
        "The texts about {subject} were erased at {at} ({basis}); the chain is intact.",
    )
    DIRECTORY = (
        "directory",
        Verdict.SHOWN,
        "第 {version} 版通讯录由 {signer} 签名，其密钥由您提供。",
        "Version {version} of the directory is signed by {signer}, whose key you gave.",
    )
    ALIKE = (
        "alike",
        Verdict.SHOWN,
        "{here} 与 {there} 对案件 {case} 的记录一致：承办机构相同，双方之间 {count} 条消息相同。",
        "{here} and {there} tell case {case} alike: the same holders, and {count} messages between them.",
    )
    ALTERED = ("altered", Verdict.FALSE, "第 {place} 位的条目被更改。", "The entry at place {place} was altered.")
    TEXTS = (
        "texts",
        Verdict.FALSE,
        "第 {place} 位条目的文字与其摘要不符。",
        "The texts of the entry at place {place} are not those that its digest is of.",
    )
    NOT_IN_PLACE = (
        "not_in_place",
        Verdict.FALSE,
        "第 {place} 位缺少内容，或者所给内容属于其他位置。",
        "What should stand at place {place} is missing, or another part stands there.",
    )
    ANOTHER_CASE = (
        "another_case",
        Verdict.FALSE,
        "第 {place} 位的条目属于其他案件。",
        "The entry at place {place} belongs to another case.",
    )
    OUTSIDE = (
        "outside",
        Verdict.FALSE,
        "第 {place} 位的条目不在所称范围内。",
        "The entry at place {place} is outside the range.",
    )
    LEFT_OUT = (
        "left_out",
        Verdict.FALSE,
        "所称范围内第 {place} 位的条目未给出。",
        "The entry at place {place} is in the range and left out.",
    )
    ANOTHER_ROOT = (
        "another_root",
        Verdict.FALSE,
        "所给内容得出的根与 {origin} 为 {size} 条签名的根不同：有内容被更改、遗漏或者添加。",
        "It leads to another root than {origin} signed for {size} entries: altered, left out or added to.",
    )
    NOT_SIGNED = (
        "not_signed",
        Verdict.FALSE,
        "{origin} 的检查点没有已知的该地区密钥的有效签名。{detail}",
        "No key of {origin} that is known here validly signs its checkpoint. {detail}",
    )
    NOT_COSIGNED = (
        "not_cosigned",
        Verdict.FALSE,
        "检查点下的共同签名无效。{detail}",
        "A cosignature under the checkpoint is wrong. {detail}",
    )
    DIRECTORY_FALSE = (
        "directory_false",
        Verdict.FALSE,
        "通讯录没有您所提供密钥的有效签名。{detail}",
        "The directory is not validly signed by a key that you gave. {detail}",
    )
    VERSION_MISSING = (
        "version_missing",
        Verdict.FALSE,
        "{region} 对案件的第 {number} 次更改不在其中：被遗漏，或者在检查点之后记录。",
        "Change {number} of the case in {region} is not here: left out, or noted after the checkpoint.",
    )
    MESSAGE_MISSING = (
        "message_missing",
        Verdict.FALSE,
        "{region} 发往 {recipient} 的第 {number} 条消息不在其中：被遗漏，或者在检查点之后记录。",
        "Message {number} from {region} to {recipient} is not here: left out, or noted after the checkpoint.",
    )
    FORKED = (
        "forked",
        Verdict.FALSE,
        "{origin} 为同样的 {size} 条签署了两个不同的根：其记录被分叉。",
        "{origin} signed two different roots for {size} entries: its record was forked.",
    )
    HOLDER_DIFFERS = (
        "holder_differs",
        Verdict.FALSE,
        "第 {about} 任承办机构不一致：一方为 {here}，另一方为 {there}。",
        "The holders of tenure {about} differ: {here}, and {there} in the other record.",
    )
    MESSAGE_DIFFERS = (
        "message_differs",
        Verdict.FALSE,
        "消息 {about} 仅见于 {here}{there} 的记录：尚在途中，或者记录不实。",
        "Message {about} stands in the record of {here}{there} alone: it is on its way, or a record is false.",
    )
    CONTENT_DIFFERS = (
        "content_differs",
        Verdict.FALSE,
        "消息 {about} 在两方记录中不同：{here}；{there}。",
        "The two records tell message {about} differently: {here}; {there}.",
    )
    OUTCOME_DIFFERS = (
        "outcome_differs",
        Verdict.FALSE,
        "消息 {about} 的结果不一致：{here}；{there}。发送方可能尚未收到回执。",
        "The outcomes of message {about} differ: {here}; {there}. Its receipt may be on its way.",
    )
    MALFORMED = ("malformed", Verdict.MALFORMED, "文件格式错误：{detail}", "The file is malformed: {detail}")
    KEYS_CLAIMED = (
        "keys_claimed",
        Verdict.UNKNOWN,
        "密钥属于谁：取自随附的通讯录，据称由 {signers} 签名。请另行核对其密钥，以 --verifier 提供。",
        "Whose the keys are: a directory came along, said to be signed by {signers}. Give its key by --verifier.",
    )
    NO_WITNESS = (
        "no_witness",
        Verdict.UNKNOWN,
        "该地区是否向他人出示过另一份记录：没有其他地区共同签名。",
        "Whether the region shows others another record: no other region cosigned this checkpoint.",
    )
    WITNESSES = (
        "witnesses",
        Verdict.UNKNOWN,
        "共同签名的地区是否诚实、是否与该地区串通。",
        "Whether those who cosigned are honest, and not of one mind with the region.",
    )
    TIMES = (
        "times",
        Verdict.UNKNOWN,
        "所载时间是否属实：时间为该地区自称，只有共同签名的时间出自他人。",
        "Whether times are true: they are the region's own word; only that of a cosignature is another's.",
    )
    NEVER_NOTED = (
        "never_noted",
        Verdict.UNKNOWN,
        "从未记录之事，以及所载姓名之人是否确为其人。",
        "What happened and was never noted, and whether persons are who they said.",
    )
    OTHERS = (
        "others",
        Verdict.UNKNOWN,
        "该账本是否还有其他有关条目：案件的更改和发出的消息编号连续，其他条目没有号码。",
        "Whether there are more entries on it: changes of a case and messages sent are numbered, the others not.",
    )
    LATER = ("later", Verdict.UNKNOWN, "检查点之后发生的事。", "What came after the checkpoint.")
    CLOSED = (
        "closed",
        Verdict.UNKNOWN,
        "{count} 条条目的姓名或文字未出示：已遮盖或者已删除。",
        "The names and texts of {count} entries, which are not shown: masked, or erased.",
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence with its gaps filled."""

    says: Says
    detail: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def zh(self) -> str:
        return self.says.zh.format(**self.detail)

    @property
    def en(self) -> str:
        return self.says.en.format(**self.detail)


def finding(says: Says, **detail: object) -> Finding:
    """The sentence with these in its gaps."""
    return Finding(says, MappingProxyType(detail))
