"""A form is made from the model of a command, and what it sends is the command again."""

import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from pydantic import BaseModel, ValidationError

from tests.forms import PageRead, read_page
from transfer.actions import commands, handling_commands
from transfer.actions import evidence_commands as evidence
from transfer.actions import group_commands as group
from transfer.web.examples import EXAMPLES
from transfer.web.pages.controls import Form, controls
from transfer.web.pages.fields import all_fields, fields_of
from transfer.web.pages.filled import ADD, REMOVE, read
from transfer.web.pages.labels import label_of, labels
from transfer.web.pages.languages import Language
from transfer.web.pages.rendering import _environment
from transfer.web.pages.wrong import faults, sentence
from transfer.web.route import Tag
from transfer.web.routes import ROUTES

COMMANDS: Final = [route.takes for route in ROUTES if route.takes in EXAMPLES and route.tag is not Tag.NODE]
_IDS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def shown(model: type[BaseModel], tree: dict[str, Any], **form: Any) -> PageRead:
    """The form as a browser has it, in which each id of the tree can be chosen."""
    ids = [(one, one) for one in sorted(set(_IDS.findall(str(tree))))]
    choices = dict.fromkeys(("applicants", "applicant", "representatives", "about", "item", "piece"), ids)
    made = Form(language=Language.ZH, choices=choices | {"surviving_case": ids, "attestation": ids}, **form)
    template = '{% from "forms/fields.html" import one %}<form>{% for c in controls %}{{ one(c) }}{% endfor %}</form>'
    html = _environment(Language.ZH).from_string(template).render(controls=controls(fields_of(model), tree, made))
    return read_page(html)


def without_given_ids(value: Any, known: str) -> Any:
    """Without the ids that the form gave to rows."""
    match value:
        case dict():
            return {k: without_given_ids(v, known) for k, v in value.items() if k != "id" or str(v) in known}
        case list():
            return [without_given_ids(one, known) for one in value]
        case _:
            return value


@pytest.mark.parametrize("model", COMMANDS, ids=lambda model: model.__name__)
def test_what_the_form_of_an_example_sends_is_the_example(model: type[BaseModel]) -> None:
    example = EXAMPLES[model]
    whole = model.model_validate(example, strict=False).model_dump(mode="json", exclude_none=True)
    tree = read(fields_of(model), shown(model, whole).forms[0].pairs)
    again = without_given_ids(tree, str(example))
    assert model.model_validate(again, strict=False) == model.model_validate(example, strict=False)


@pytest.mark.parametrize("model", COMMANDS, ids=lambda model: model.__name__)
def test_each_field_has_a_name_for_a_screen_reader_and_no_id_stands_twice(model: type[BaseModel]) -> None:
    page = shown(model, EXAMPLES[model])
    assert page.unlabelled == []
    assert len(set(page.ids)) == len(page.ids)


def every_field() -> Iterator[Any]:
    for model in {route.takes for route in ROUTES if route.takes is not None and route.tag is not Tag.NODE}:
        yield from all_fields(fields_of(model))


def test_every_field_is_called_something_in_both_languages() -> None:
    for one in every_field():
        label = label_of(one)
        assert label.en
        assert re.search(r"[\u4e00-\u9fff]", label.zh), one.name


def test_no_label_is_for_a_field_that_is_nowhere() -> None:
    assert labels().keys() <= {key for one in every_field() for key in one.keys}


def test_blank_rows_fall_away_and_the_others_keep_their_order() -> None:
    pairs = [("items.3.item", ""), ("items.7.defect", "B"), ("items.2.defect", "A"), ("items.5.defect", " ")]
    assert read(fields_of(evidence.AskRework), pairs) == {"items": [{"defect": "A"}, {"defect": "B"}]}


def test_a_button_adds_a_row_and_another_removes_one() -> None:
    fields = fields_of(commands.RequireSupplement)
    pairs = [("items.0.explanation", "甲"), ("items.1.explanation", "乙")]
    assert read(fields, [*pairs, (ADD, "items")])["items"] == [{"explanation": "甲"}, {"explanation": "乙"}, {}]
    assert read(fields, [*pairs, (REMOVE, "items.0")])["items"] == [{"explanation": "乙"}]
    assert read(fields, [*pairs, (ADD, "by.0.x"), (ADD, "nothing.here"), (REMOVE, "nowhere")])["items"][1:] == [
        {"explanation": "乙"}
    ]


def test_money_is_typed_in_yuan_and_times_are_those_of_china() -> None:
    tree = read(fields_of(group.Join), [("applicants.0.claimed", "￥1,750.5".replace("￥", "¥"))])
    assert tree["applicants"][0]["claimed"] == 175050
    tree = read(fields_of(commands.OpenCase), [("received_at", "2026-11-20T09:30")])
    assert tree["received_at"] == "2026-11-20T09:30:00+08:00"


def test_what_cannot_be_read_stays_as_it_was_typed_and_is_said_in_words_at_its_field() -> None:
    tree = read(fields_of(commands.SignFor), [("by", "王芳"), ("institution", "442000"), ("materials_counted", "三")])
    with pytest.raises(ValidationError) as caught:
        commands.SignFor.model_validate(tree)
    assert faults(caught.value, tree, Language.ZH) == {"materials_counted": "请填写数字"}
    assert faults(caught.value, tree, Language.EN) == {"materials_counted": "Write a number"}
    assert shown(commands.SignFor, tree).forms[0].value("materials_counted") == "三"


def test_a_fault_in_a_part_of_a_union_stands_at_its_field() -> None:
    tree = {"stage": "assigned", "part": {"kind": "assignment", "unit": "LAW_FIRM", "office": "某所"}}
    with pytest.raises(ValidationError) as caught:
        commands.PublishStage.model_validate(tree, strict=False)
    assert faults(caught.value, tree, Language.EN)["part.person"] == "Fill this in"


@pytest.mark.parametrize(
    ("said", "zh"),
    [
        ("the resident identity number has a wrong check digit", "居民身份证号码：校验位不符"),
        ("an urgent case says why", "紧急案件须说明原因"),
        ("something new", "something new"),
    ],
)
def test_what_a_model_says_is_said_in_chinese(said: str, zh: str) -> None:
    assert sentence(said, Language.ZH) == zh


def test_everything_that_is_typed_is_escaped() -> None:
    page = shown(handling_commands.Recuse, {"person": '"><script>x</script>', "because": "</textarea><b>"})
    assert page.forms[0].value("person") == '"><script>x</script>'
    assert "script" not in page.ids


def test_a_file_that_was_kept_goes_along_with_the_form() -> None:
    kept = {"digest": "sha256:" + "0" * 64, "size": 3, "media_type": "application/pdf", "name": '欠"条.pdf'}
    tree = {"materials": [{"kind": "IOU", "title": "欠条", "file": kept, "applicant": str(uuid4())}]}
    again = read(fields_of(group.Join), shown(group.Join, tree).forms[0].pairs)
    assert again["materials"] == tree["materials"]


def test_a_button_that_adds_a_row_takes_away_none_that_nobody_filled_in_yet() -> None:
    items = [str(uuid4()) for _ in range(3)]
    pairs = [(f"answers.{place}.item", item) for place, item in enumerate(items)]
    shown_again = read(fields_of(evidence.Record), [*pairs, (ADD, "answers.2.pieces")])
    assert shown_again["answers"] == [{"item": items[0]}, {"item": items[1]}, {"item": items[2], "pieces": [{}]}]
    assert "answers" not in read(fields_of(evidence.Record), pairs)


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        ("moment", "2026-06-10T10:00:07", "2026-06-10 10:00", "10 Jun 2026, 10:00"),
        ("day", "2026-06-10", "2026年6月10日", "10 Jun 2026"),
        ("day", "the tenth", "the tenth", "the tenth"),
        ("text", "2026-06-10", "2026-06-10", "2026-06-10"),
    ],
)
def test_what_was_typed_is_read_back_as_the_language_writes_it(kind: str, value: str, zh: str, en: str) -> None:
    for language, said in ((Language.ZH, zh), (Language.EN, en)):
        assert _environment(language).filters["typed"](value, kind) == said
