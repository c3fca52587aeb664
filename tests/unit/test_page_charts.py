"""Drawings of pages: lengths are shares, and each says in texts what it shows."""

from transfer.web.pages.charts import Bar, Group, bars, star


def test_bars_are_as_long_as_their_shares_and_lie_below_each_other() -> None:
    drawn = bars([Group(heading="A → B", bars=[Bar(caption="one", end=0.5), Bar(caption="two", begin=0.5, end=1.0)])])
    assert [(x, width) for x, _, width, _ in drawn.bars] == [(0.0, 200.0), (200.0, 200.0)]
    heights = [y for _, y, *_ in drawn.bars]
    assert heights == sorted(heights)
    assert drawn.height > heights[-1]
    assert [text for _, _, text, _ in drawn.texts] == ["A → B", "one", "two"]


def test_every_link_of_the_map_has_a_line_and_its_state_in_words() -> None:
    drawn = star("here", [("510521", "well", "done"), ("330106", "messages wait too long", "late")])
    assert [kind for *_, kind in drawn.lines] == ["done", "late"]
    assert "messages wait too long" in [text for _, _, text, _ in drawn.texts]
