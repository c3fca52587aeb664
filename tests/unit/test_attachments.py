"""Files that messages name: plain names, known kinds, and all of them found wherever they stand."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.builders import an_offer, example_body
from transfer.messages.attachments import Attachment, attachments_of
from transfer.messages.case import Material
from transfer.messages.codes import MaterialKind, MediaType
from transfer.messages.envelope import MESSAGE_TYPES, decode
from transfer.messages.examples import FULL


def a_file(**changes: Any) -> Attachment:
    given: dict[str, Any] = {"digest": f"sha256:{'0' * 64}", "size": 1, "media_type": MediaType.PDF, "name": "笔录.pdf"}
    return Attachment(**(given | changes))


@pytest.mark.parametrize("name", ["../passwd", "a/b", "a\\b", "C:x", "..", ".", "a\nb", "x\u202etfp", "", "a" * 201])
def test_a_name_that_is_no_plain_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        a_file(name=name)


@pytest.mark.parametrize("name", ["笔录.pdf", "工资表 2025年8月.jpg", "没有后缀", ".hidden", "..."])
def test_a_plain_name_is_taken(name: str) -> None:
    assert a_file(name=name).name == name


def test_an_empty_file_is_none() -> None:
    with pytest.raises(ValidationError):
        a_file(size=0)


def test_the_files_of_a_message_are_found_wherever_they_stand() -> None:
    one, two = a_file(), a_file(name="欠条.pdf", digest=f"sha256:{'1' * 64}")
    papers = tuple(Material(kind=MaterialKind.OTHER, title="x", file=file) for file in (one, None, two, one))
    offer = an_offer()
    offer = offer.model_copy(update={"file": offer.file.model_copy(update={"materials": papers})})
    assert list(attachments_of(offer)) == [one, two, one]
    assert list(attachments_of(one)) == [one]
    assert list(attachments_of(None)) == []


def every_file(data: object) -> list[Attachment]:
    """By looking at every field of everything."""
    if isinstance(data, Attachment):
        return [data]
    parts = [getattr(data, name) for name in type(data).model_fields] if isinstance(data, BaseModel) else data
    return [file for one in parts for file in every_file(one)] if isinstance(parts, list | tuple) else []


@pytest.mark.parametrize("name", MESSAGE_TYPES)
def test_no_field_that_may_hold_a_file_is_overlooked(name: str) -> None:
    _, data = decode(example_body(name, FULL))
    assert list(attachments_of(data)) == every_file(data)
