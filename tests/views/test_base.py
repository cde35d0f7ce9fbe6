"""Every view says the same as text, HTML and JSON, and lets no script through."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from notewright.views.base import Message, Page, Table, tint

words = st.text(max_size=30)


class _Text(HTMLParser):
    """Collects text and tags as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> _Text:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return parser


@given(words, words, words)
def test_no_name_or_value_becomes_markup(caption: str, heading: str, cell: str) -> None:
    page = Page([Message(caption), Table([heading], [[cell]], caption=caption)])
    assert seen(page.html()).tags <= {"div", "b", "table", "tr", "th", "td", "code"}


@given(st.text(alphabet="<>&\"'ab ", min_size=1, max_size=20))
def test_text_reads_the_same_after_html(cell: str) -> None:
    assert cell in seen(Table(["h"], [[cell]]).html()).text


def test_an_empty_table_says_so_and_lists_nothing() -> None:
    table = Table(["id"], [], empty="No run yet.")
    assert table.text() == "No run yet."
    assert "No run yet." in table.html()
    assert table.data() == []


def test_columns_line_up_in_plain_text() -> None:
    text = Table(["id", "what"], [["a", "x"], ["bbb", "y"]]).text()
    assert text.splitlines() == ["id   what", "---  ----", "a    x", "bbb  y"]


def test_what_stands_between_backquotes_is_shown_as_code() -> None:
    views = (Message("Run `%nw <b>`."), Table(["do"], [["Run `%nw <b>`."]]))
    for view in views:
        assert "Run <code>%nw &lt;b&gt;</code>." in view.html()
        assert "Run `%nw <b>`." in view.text()


def test_a_tint_names_a_plain_colour_first_for_browsers_that_cannot_mix() -> None:
    plain, mixed = tint("#c62828").split(";")
    assert plain == "color:#c62828"
    assert "currentcolor" in mixed


def test_a_time_in_a_table_stays_on_one_line():
    html = Table(
        ["when", "what"], [("2026-01-31 22:15:30", "words with 2026-01-31 in them")]
    ).html()
    assert html.count("nowrap") == 1
    assert 'nowrap">2026-01-31 22:15:30</td>' in html
