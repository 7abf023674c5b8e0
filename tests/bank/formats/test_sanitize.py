"""Markup made safe, and every removal reported."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lyceum.bank.adapters.formats.sanitize import clean, clean_html, clean_markdown
from lyceum.bank.domain.content import Accepted, Content, Criterion, Gap, Kind, Option, ScoreRule, TextFormat
from lyceum.bank.domain.drafts import Draft

PIECES = (
    "<script>", "</script>", "<b>", "<img src=x onerror=a>", "<a href=javascript:a>", "<p onclick=b>", "<", ">", "&",
    '"', "'", "\\(", "\\)", "<!--", "-->", "x", "`", "\n", "[a](javascript:b)", "<svg", "onload=a",
)  # fmt: skip


class Found(HTMLParser):
    """Elements and attributes as a browser's parser meets them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize(
    "text",
    [
        '<table border="1"><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
        "H<sub>2</sub>O, x<sup>2</sup>",
        '<math display="block"><mfrac><mi>x</mi><mn>2</mn></mfrac></math>',
        '<p>рис. <img src="attachment:рис_1.png" alt="кот" width="50"></p>',
        '<a href="https://example.org/?a=1&amp;b=2">x</a>',
        '<audio src="attachment:a.mp3" controls=""></audio>',
        r"\( \frac{1}{2} &lt; x \) и \[ a_b \]",
        "a &nbsp; &amp; &lt;b&gt;",
        "просто текст",
    ],
)
def test_what_questions_need_is_kept_to_the_letter(text: str) -> None:
    assert clean_html(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "safe", "named"),
    [
        ("a<script>alert(1)</script>b", "ab", "<script>"),
        ('<p onclick="x()">a</p>', "<p>a</p>", "p onclick"),
        ('<a href="javascript:x">a</a>', "<a>a</a>", "a href"),
        ('<a href=" java\nscript:x">a</a>', "<a>a</a>", "a href"),
        ('<a href="JaVaScRiPt:x">a</a>', "<a>a</a>", "a href"),
        ('<a href="data:text/html,x">a</a>', "<a>a</a>", "a href"),
        ('<img src="https://example.org/spy.png">', "<img>", "img src"),
        ('<img src="data:image/png;base64,AA">', "<img>", "img src"),
        ('<img src="attachment:a.png" onerror="x">', '<img src="attachment:a.png">', "img onerror"),
        ('<iframe src="https://example.org"></iframe>', "", "<iframe>"),
        ('<svg onload="x"><circle/></svg>', "", "<svg>"),
        ("<style>p{}</style>a", "a", "<style>"),
        ('<p style="position:fixed" class="MsoNormal">a<o:p></o:p></p>', "<p>a</p>", "p style"),
        ("<form action=x><input name=a>a</form>", "a", "<form>"),
        ("<object data=x></object><embed src=x>a", "a", "<object>"),
        ("a<!-- [if mso] -->b", "ab", "comment"),
        (
            "<math><annotation-xml encoding='text/html'><script>x</script></annotation-xml></math>",
            "<math></math>",
            "<script>",
        ),
    ],
)
def test_what_runs_or_calls_home_is_removed_and_named(text: str, safe: str, named: str) -> None:
    found, report = clean_html(text)
    assert found == safe
    assert named in report


def test_comparisons_in_formulas_open_no_tags() -> None:
    assert clean_html(r"<p>\[c < d\] \(a<b\)</p>") == (r"<p>\[c &lt; d\] \(a&lt;b\)</p>", [])
    assert clean_html(r"\(a<b\) and \(x<sup>2</sup>\)") == (r"\(a&lt;b\) and \(x<sup>2</sup>\)", [])


def test_bare_signs_are_escaped_without_a_report() -> None:
    assert clean_html("1 < 2 & 3 > 2") == ("1 &lt; 2 &amp; 3 &gt; 2", [])


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "> quote\n\n`<script>` & <b>x</b>",
        "```\n<script>x</script>\n```",
        "![q](attachment:z.png) [x](https://example.org)",
        "<https://example.org>",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_markdown_is_left_alone(text: str) -> None:
    assert clean_markdown(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("hi <script>alert(1)</script>", "hi alert(1)"),
        ("<script>\nalert(1)\n</script>\n\ntext", "\n\ntext"),
        ('<b onclick="x">t</b>', "<b>t</b>"),
        ("[x](javascript:alert(1)) y", "[x](#) y"),
        ("[x]( JavaScript:a)", "[x]( #)"),
        ("![p](https://example.org/spy.png)", "p"),
        ('<img src="https://example.org/x"> a', "<img> a"),
        ("text <iframe src=x></iframe>", "text "),
    ],
)
def test_raw_html_in_markdown_is_cleaned_and_named(text: str, safe: str) -> None:
    found, report = clean_markdown(text)
    assert found == safe
    assert report


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=100, deadline=None)
def test_nothing_dangerous_survives_and_cleaning_twice_changes_nothing(text: str) -> None:
    safe = clean_html(text)[0]
    assert clean_html(safe) == (safe, [])
    marked = clean_markdown(text)[0]
    assert clean_markdown(marked)[0] == marked
    for shown in (safe, MarkdownIt("commonmark", {"html": True}).render(marked)):
        found = Found(shown)
        assert not found.tags & {"script", "svg"}
        assert not found.attributes & {"onerror", "onclick", "onload"}


def draft(format: TextFormat, text: str) -> Draft:
    option = Option(id="a", text=text, feedback=text)
    accepted = Accepted(text=text, feedback=text)
    content = Content(
        kind=Kind.ESSAY,
        stem=text,
        stem_format=format,
        options=(option,),
        items=(option,),
        gaps=(Gap(id="1", kind=Kind.SHORT_TEXT, options=(option,), accepted=(accepted,)),),
        accepted=(accepted,),
        rule=ScoreRule(criteria=(Criterion(id="1", title="t", max=1, description=text),)),
        explanation=text,
        hint=text,
    )
    return Draft(content=content)


def test_every_text_of_a_draft_is_cleaned_and_one_loss_names_what_went() -> None:
    found = clean(draft(TextFormat.HTML, "a<script>x</script>"))
    content = found.content
    assert [loss.code for loss in found.losses] == ["html_removed"]
    assert "<script>" in found.losses[0].facts["removed"]
    texts = [content.stem, content.explanation, content.hint, content.rule.criteria[0].description]
    texts += [content.options[0].text, content.options[0].feedback, content.items[0].text]
    texts += [content.gaps[0].options[0].text, content.gaps[0].accepted[0].feedback, content.accepted[0].feedback]
    assert set(texts) == {"a"}
    assert content.accepted[0].text == "a<script>x</script>", "what learners type is compared, never shown as markup"


def test_markdown_drafts_are_cleaned_too() -> None:
    assert [loss.code for loss in clean(draft(TextFormat.MARKDOWN, "a <script>x</script>")).losses] == ["html_removed"]


def test_plain_drafts_are_untouched() -> None:
    plain = draft(TextFormat.PLAIN, "<script>1 < 2 & 3</script>")
    assert clean(plain) is plain


def test_drafts_without_markup_are_untouched() -> None:
    plain = draft(TextFormat.HTML, "просто текст")
    assert clean(plain) is plain


@pytest.mark.parametrize("piece", ["<b>", "<div>", '<a"', "[a](", "![", "`<", "<", "<!--", "\\(<", "<b ", "&#", "*a_"])
def test_hostile_repetition_takes_no_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    begin = time.perf_counter()
    clean_html(text)
    clean_markdown(text)
    assert time.perf_counter() - begin < 5
