"""What a template says of itself is translated once; what is filled in, each time."""

from gettext import NullTranslations

from jinja2 import DictLoader, Environment

from transfer.web.pages.folding import folding

SOURCE = """{% macro name(one) %}{{ _("Case") }} {{ one }}{% endmacro %}
{{ _("<Show>") }} {{ {"kind": _("100%%")}.kind }} {% trans %}due{% endtrans %} {{ name(who) }}
{{ _("%(days)s left", days=days) }} {% trans count=days %}{{ count }} cases{% endtrans %}
{% autoescape false %}{{ _("&") }}{% endautoescape %}"""


class Counting(NullTranslations):
    """Writes down what it was asked, and says it between brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def gettext(self, message: str) -> str:
        self.asked.append(message)
        return f"[{message}]"


def made(translation: Counting, *, folds: bool) -> Environment:
    env = Environment(loader=DictLoader({"page": SOURCE}), autoescape=True, extensions=["jinja2.ext.i18n"])
    env.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    if folds:
        env.code_generator_class = folding(translation.gettext)
    return env


def test_a_page_is_the_same_with_and_without_it() -> None:
    pages = {made(Counting(), folds=folds).get_template("page").render(days=3, who="<李>") for folds in (False, True)}
    assert len(pages) == 1
    [page] = pages
    for said in ("[<Show>]", "[100%]", "[due]", "[Case] &lt;李&gt;", "[3 left]", "[3 cases]", "[&]"):
        assert said in page


def test_only_what_has_something_to_fill_in_is_translated_while_a_page_is_made() -> None:
    translation = Counting()
    template = made(translation, folds=True).get_template("page")
    translation.asked.clear()
    template.render(days=3, who="李")
    assert translation.asked == ["%(days)s left", "%(count)s cases"]
