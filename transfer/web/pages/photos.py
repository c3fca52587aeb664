"""Photos of papers in a letter: taken in as files, named in its answers, and shown by the kind of paper."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from transfer.messages.attachments import Attachment
from transfer.messages.case import Material
from transfer.messages.codes import MaterialKind, MediaType
from transfer.web.multipart import REFUSED
from transfer.web.route import Ask

MOST: Final = 40
TAKEN: Final = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.PDF})
SENSITIVE: Final = frozenset({MaterialKind.MEDICAL_RECORD})
"""Only with a consent of their own (PIPL 28, 29)."""
KINDS: Final = (
    MaterialKind.IDENTITY,
    MaterialKind.LABOUR_CONTRACT,
    MaterialKind.WAGE_RECORD,
    MaterialKind.IOU,
    MaterialKind.ACCIDENT_REPORT,
    MaterialKind.MEDICAL_RECORD,
    MaterialKind.OTHER,
)


def photos_of(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those in a letter."""
    return list(answers.get("photos", ()))


def digests(answers: Mapping[str, Any]) -> set[str]:
    """By which the files of a letter are known."""
    return {one["file"]["digest"] for one in photos_of(answers)}


def changed(ask: Ask, answers: Mapping[str, Any], *, sensitive: bool) -> tuple[list[dict[str, Any]], str | None]:
    """The photos as the form leaves them, and what is wrong with those that came."""
    photos = photos_of(answers)
    if gone := ask.form.get("remove"):
        return [one for one in photos if one["file"]["digest"] != gone], None
    came = [value for name, value in ask.fields if name == "photo" and value]
    kind = ask.form.get("kind", MaterialKind.OTHER.value)
    fault = None
    if came and (kind not in set(KINDS) or (kind in SENSITIVE and not sensitive)):
        return photos, "consent" if kind in SENSITIVE else "choose"
    for one in came:
        file = None if one.startswith(REFUSED) else json.loads(one)
        if file is None or file["media_type"] not in TAKEN:
            fault = "photo"
        elif len(photos) >= MOST:
            fault = "many"
        elif all(other["file"]["digest"] != file["digest"] for other in photos):
            photos.append({"kind": kind, "file": file})
    return photos, fault


def materials(answers: Mapping[str, Any]) -> Sequence[Material]:
    """As papers of a case, each with a title of its own."""
    made = []
    for place, one in enumerate(photos_of(answers), 1):
        kind = MaterialKind(one["kind"])
        file = Attachment.model_validate_json(json.dumps(one["file"]))
        made.append(Material(kind=kind, title=f"{kind.zh}（网上提交{place}）", file=file))
    return made
