"""Who may ask as an auditor: whoever shows a token that stands, as its hash, in the file of the settings."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from transfer.settings import PREFIX, Settings
from transfer.web.faults import NotAnAuditor

_BEARER: Final = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{16,200})", re.IGNORECASE)
_LINE: Final = re.compile(r"([0-9a-f]{64}) +\*?([^\s-].{0,99})")


def auditor_of(settings: Settings, headers: Mapping[str, str]) -> str:
    """The name of the auditor; raises NotAnAuditor. The file is read each time, so that a token ends with its line."""
    if settings.audit_tokens is None:
        raise NotAnAuditor(f"This node knows no auditors: {PREFIX}AUDIT_TOKENS names no file.")
    shown = _BEARER.fullmatch(headers.get("Authorization", "").strip())
    if shown is None:
        raise NotAnAuditor("Send the token as Authorization: Bearer, then the token.")
    digest = hashlib.sha256(shown[1].encode()).hexdigest()
    try:
        lines = settings.audit_tokens.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise NotAnAuditor("The file of auditors cannot be read.") from None
    known = (found for line in lines if (found := _LINE.fullmatch(line.strip())))
    names = [one[2] for one in known if hmac.compare_digest(one[1], digest)]
    if not names:
        raise NotAnAuditor("No auditor has this token.")
    return names[0]
