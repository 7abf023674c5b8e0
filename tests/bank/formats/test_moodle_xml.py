"""Moodle XML: every type, files in every place, and files that mean harm."""

import base64

import pytest

from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated
from lyceum.bank.domain.content import Kind, RuleName, TextFormat
from lyceum.bank.domain.drafts import Draft, MediaRole, Rejected
from tests.bank.formats.reading import codes, draft, drafts, question, quiz, read, rejection

PIXEL = base64.b64encode(b"\x89PNG....").decode()


def one(type: str, inner: str, stem: str = "Вопрос?") -> Draft:
    return draft(quiz(question(type, inner, stem)), "a.xml")


def answer(share: object, text: str, feedback: str = "") -> str:
    noted = f"<feedback><text>{feedback}</text></feedback>" if feedback else ""
    return f'<answer fraction="{share}"><text>{text}</text>{noted}</answer>'


def category(path: str) -> str:
    return f'<question type="category"><category><text>{path}</text></category></question>'


def test_the_fields_that_all_types_share() -> None:
    item = one(
        "essay",
        "<generalfeedback><text>разбор</text></generalfeedback><defaultgrade>3</defaultgrade><idnumber>q7</idnumber>"
        "<hint><text>раз</text></hint><hint><text>два</text></hint>"
        "<tags><tag><text>task:12</text></tag><tag><text>алгебра</text></tag></tags>",
    )
    assert (item.title, item.external_id, item.exam_task_number, item.topics) == ("Имя", "q7", 12, ("алгебра",))
    assert (item.content.explanation, item.content.hint, item.content.max_score) == ("разбор", "раз<hr>два", 3)


def test_categories_apply_to_the_questions_after_them() -> None:
    essay = question("essay", "")
    items = drafts(quiz(essay, category("$course$/top/А//Б/В"), essay, category("top"), essay), "a.xml")
    assert [item.topics for item in items] == [(), ("А/Б", "В"), ()]
    assert [item.place.partition(",")[0] for item in items] == ["question 1", "question 2", "question 3"]


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("html", TextFormat.HTML, "a<br>b"),
        ("markdown", TextFormat.MARKDOWN, "a<br>b"),
        ("plain_text", TextFormat.PLAIN, "a<br>b"),
        ("moodle_auto_format", TextFormat.HTML, "a<br>b"),
        ("nonsense", TextFormat.HTML, "a<br>b"),
    ],
)
def test_the_format_of_the_text(name: str, format: TextFormat, expected: str) -> None:
    text = f'<question type="essay"><questiontext format="{name}"><text>a&lt;br&gt;b</text></questiontext></question>'
    content = draft(quiz(text), "a.xml").content
    assert (content.stem_format, content.stem) == (format, expected)


def test_wiki_markup_is_noted() -> None:
    text = '<question type="essay"><questiontext format="wiki_like"><text>a</text></questiontext></question>'
    assert codes(draft(quiz(text), "a.xml")) == {"wiki_markup"}


def test_single_and_weighted_choice() -> None:
    plain = one("multichoice", "<single>true</single>" + answer(100, "a") + answer(0, "b", "нет"))
    assert (plain.content.kind, plain.content.rule.name, plain.content.key) == (
        Kind.SINGLE_CHOICE,
        RuleName.EXACT,
        ("a",),
    )
    assert plain.content.options[1].feedback == "нет"
    weighted = one("multichoice", "<single>1</single>" + answer(100, "a") + answer("33.333", "b") + answer(-50, "c"))
    assert weighted.content.rule.weights == {"a": 1.0, "b": 1 / 3, "c": -0.5}


def test_choice_of_several_and_its_shuffling() -> None:
    item = one(
        "multichoice",
        "<single>false</single><shuffleanswers>0</shuffleanswers>"
        + answer("83.333", "a")
        + answer("16.66667", "b")
        + answer(-100, "c"),
    )
    assert item.content.rule.weights == {"a": 5 / 6, "b": 1 / 6, "c": -1.0}
    assert item.content.key == ("a", "b")
    assert not item.content.shuffle
    assert not item.losses


def test_fractions_that_do_not_add_up_are_noted() -> None:
    assert codes(one("multichoice", "<single>0</single>" + answer(50, "a") + answer(30, "b"))) == {"fractions_sum"}
    single = one("multichoice", "<single>1</single>" + answer(90, "a") + answer(0, "b"))
    assert codes(single) == {"full_score_unreachable"}


@pytest.mark.parametrize(
    ("type", "inner", "code"),
    [
        ("multichoice", "<single>1</single>" + answer(0, "a") + answer(0, "b"), "no_right_answer"),
        ("multichoice", "<single>0</single>" + answer(-50, "a") + answer(-5, "b"), "no_right_answer"),
        ("multichoice", "<single>1</single>" + answer(150, "a") + answer(0, "b"), "bad_fraction"),
        ("multichoice", "<single>1</single>" + answer("много", "a") + answer(0, "b"), "bad_fraction"),
        ("multichoice", "<single>1</single>" + answer(100, "a"), "too_few_options"),
        ("multichoice", "".join(answer(100 * (n == 0), f"o{n}") for n in range(101)), "too_many_options"),
        ("truefalse", answer(100, "true"), "too_few_options"),
        ("truefalse", answer(0, "true") + answer(0, "false"), "no_right_answer"),
        ("shortanswer", answer(0, "a"), "no_right_answer"),
        ("shortanswer", "", "empty_answer"),
        ("numerical", answer(100, "три"), "bad_number"),
        ("matching", "<subquestion><text>a</text><answer><text>1</text></answer></subquestion>", "too_few_pairs"),
        ("cloze", "", "gap_broken"),
        ("stack", "", "unsupported_kind"),
        ("ddwtos", "", "unsupported_kind"),
        ("calculatedmulti", "", "unsupported_kind"),
        ("random", "", "unsupported_kind"),
        ("", "", "unsupported_kind"),
    ],
)
def test_what_cannot_be_asked_is_rejected_with_reason_and_advice(type: str, inner: str, code: str) -> None:
    item = rejection(quiz(question(type, inner)), "a.xml")
    assert (item.code, item.title) == (code, "Имя")
    assert item.place.startswith("question 1, line ")
    assert item.reason
    assert item.fix


def test_true_or_false_in_either_order() -> None:
    assert one("truefalse", answer(0, "true") + answer(100, "false")).content.key == ("false",)
    turned = one("truefalse", answer(100, "false", "верно") + answer(0, "true")).content
    assert turned.key == ("false",)
    assert [(option.id, option.feedback) for option in turned.options] == [("true", ""), ("false", "верно")]


def test_localised_truth_is_noted_and_its_words_are_kept() -> None:
    item = one("truefalse", answer(0, "Так") + answer(100, "Не так"))
    assert item.content.key == ("false",)
    assert [option.text for option in item.content.options] == ["Так", "Не так"]
    assert codes(item) == {"truefalse_localised"}


def test_short_answers_in_order_with_case() -> None:
    item = one("shortanswer", "<usecase>1</usecase>" + answer(100, "Ёж") + answer("33.33333", "еж*", "почти"))
    assert item.content.rule.case_sensitive
    assert [(a.text, a.share, a.feedback) for a in item.content.accepted] == [("Ёж", 1.0, ""), ("еж*", 1 / 3, "почти")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9,81", "9.81"), ("−1 234,5", "-1234.5"), ("1,5e-3", "0.0015"), ("2·10^3", "2000"), (".5", "0.5"), ("*", "*")],
)
def test_numbers_as_people_write_them(text: str, expected: str) -> None:
    inner = f'<answer fraction="100"><text>{text}</text><tolerance></tolerance></answer>'
    assert one("numerical", inner).content.accepted[0].text == expected


def test_units_are_named_as_lost() -> None:
    units = "<units><unit><multiplier>1</multiplier><unit_name>м</unit_name></unit></units>"
    item = one("numerical", f"{answer(100, '5')}{units}")
    assert [loss.facts for loss in item.losses] == [{"settings": "units=1 м"}]


def test_old_fractions_stand_in_an_element() -> None:
    inner = "<answer><text>5</text><fraction>100</fraction></answer>"
    assert one("numerical", inner).content.accepted[0].share == 1


def test_matching_with_equal_answers_and_distractors() -> None:
    pair = "<subquestion format='html'><text>{}</text><answer><text>{}</text></answer></subquestion>"
    content = one(
        "matching", "".join(pair.format(*p) for p in [("А", "1"), ("Б", "1"), ("", "2"), ("В", "&lt;")])
    ).content
    assert content.pairs == {"1": "a", "2": "a", "3": "c"}
    assert [option.text for option in content.options] == ["1", "2", "&lt;"]


def test_ordering() -> None:
    inner = "<gradingtype>ALL_OR_NOTHING</gradingtype>" + answer(1, "раз") + answer(1, "два")
    content = one("ordering", inner).content
    assert (content.kind, content.key, content.rule.name) == (Kind.ORDERING, ("1", "2"), RuleName.EXACT)


def test_essays_keep_the_words_for_graders() -> None:
    item = one("essay", "<defaultgrade>4</defaultgrade><graderinfo format='html'><text>строго</text></graderinfo>")
    criterion = item.content.rule.criteria[0]
    assert (criterion.max, criterion.description) == (4, "строго")


def test_settings_out_of_the_ordinary_are_named() -> None:
    item = one(
        "multichoice",
        "<single>1</single><penalty>0.1</penalty><answernumbering>iii</answernumbering><hidden>1</hidden>"
        "<correctfeedback><text>Ура</text></correctfeedback><plugin_thing>x</plugin_thing>"
        + answer(100, "a")
        + answer(0, "b"),
    )
    assert codes(item) == {"settings_lost", "combined_feedback_lost"}
    text = next(loss.facts["settings"] for loss in item.losses if loss.code == "settings_lost")
    assert all(word in text for word in ("penalty=0.1", "answernumbering=iii", "hidden=1", "plugin_thing=x"))


def test_the_usual_settings_are_not_worth_a_word() -> None:
    item = one(
        "multichoice",
        "<penalty>0.3333333</penalty><hidden>0</hidden><single>true</single><answernumbering>abc</answernumbering>"
        "<showstandardinstruction>1</showstandardinstruction><shownumcorrect/>"
        "<correctfeedback><text>&lt;p&gt;Your answer is correct.&lt;/p&gt;</text></correctfeedback>"
        + answer(100, "a")
        + answer(0, "b"),
    )
    assert not item.losses


def holder(tag: str, text: str, files: str, attributes: str = "") -> str:
    return f'<{tag} format="html" {attributes}><text><![CDATA[{text}]]></text>{files}</{tag}>'


def file(name: str, data: str = PIXEL, path: str = "/") -> str:
    return f'<file name="{name}" path="{path}" encoding="base64">{data}</file>'


def test_files_belong_to_the_nearest_text_and_get_names_of_their_own() -> None:
    other = base64.b64encode(b"other").decode()
    img = '<img src="@@PLUGINFILE@@/a.png">'
    item = one(
        "multichoice",
        "<single>1</single>"
        + holder("generalfeedback", img, file("a.png"))
        + holder("answer", img, file("a.png", other) + holder("feedback", img, file("a.png")), 'fraction="100"')
        + answer(0, "b"),
    )
    assert {media.name: media.data for media in item.media} == {"a.png": b"\x89PNG....", "a-2.png": b"other"}
    assert item.content.explanation == '<img src="attachment:a.png">'
    assert item.content.options[0].text == '<img src="attachment:a-2.png">'
    assert item.content.options[0].feedback == '<img src="attachment:a.png">'


def test_paths_cyrillic_and_encoded_names_are_found() -> None:
    text = (
        '<img src="@@PLUGINFILE@@/pics/%D1%80%D0%B8%D1%81%201.png"><a href="@@PLUGINFILE@@/звук 2.mp3?forcedownload=1">'
        "x</a> (@@PLUGINFILE@@/doc.pdf) text"
    )
    files = file("рис 1.png", path="/pics/") + file("звук 2.mp3") + file("doc.pdf")
    item = draft(quiz(f'<question type="essay">{holder("questiontext", text, files)}</question>'), "a.xml")
    assert item.content.stem == (
        '<img src="attachment:рис_1.png"><a href="attachment:звук_2.mp3">x</a> (attachment:doc.pdf) text'
    )
    assert [media.role for media in item.media] == [MediaRole.PHOTO, MediaRole.SOUND, MediaRole.FILE]
    assert codes(item) == {"file_renamed"}


@pytest.mark.parametrize("name", ["../../etc/passwd.png", "..\\..\\x.png", "/abs.png", "a/b.png", "..png"])
def test_a_file_name_is_never_a_path(name: str) -> None:
    item = draft(quiz(f'<question type="essay">{holder("questiontext", "t", file(name))}</question>'), "a.xml")
    assert not set(item.media[0].name) & set("/\\")
    assert not item.media[0].name.startswith(".")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "file_empty"),
        ("abc", "file_broken"),
        ("data:image/png;base64," + PIXEL, None),
        (f" {PIXEL[:4]}\n{PIXEL[4:]} ", None),
    ],
)
def test_odd_base64(data: str, code: str | None) -> None:
    item = draft(quiz(f'<question type="essay">{holder("questiontext", "t", file("a.png", data))}</question>'), "a.xml")
    assert codes(item) == ({code} if code else set())
    assert [media.data for media in item.media] == ([] if code else [b"\x89PNG...."])


def test_a_missing_file_is_named() -> None:
    item = one("essay", "", '&lt;img src="@@PLUGINFILE@@/no.png"&gt;')
    assert codes(item) == {"file_missing"}


def test_old_images_are_appended_to_the_text() -> None:
    item = one("essay", f"<image>old.gif</image><image_base64>{PIXEL}</image_base64>")
    assert item.content.stem == 'Вопрос?<p><img src="attachment:old.gif" alt=""></p>'
    assert item.media[0].name == "old.gif"


def test_a_question_may_be_a_picture_alone() -> None:
    text = f'<question type="essay"><questiontext><text></text>{file("a.png")}</questiontext></question>'
    item = draft(quiz(text), "a.xml")
    assert item.content.stem == '<p><img src="attachment:a.png" alt=""></p>'
    assert len(item.media) == 1


@pytest.mark.parametrize("grade", ["0", "-1", "много"])
def test_a_mark_that_is_none_becomes_one_and_is_noted(grade: str) -> None:
    item = one("essay", f"<defaultgrade>{grade}</defaultgrade>")
    assert item.content.max_score == 1
    assert codes(item) == {"bad_grade"}


def test_a_description_needs_no_mark() -> None:
    item = one("description", "<defaultgrade>0.0000000</defaultgrade>")
    assert item.content.max_score == 0
    assert not item.losses


def test_too_many_bytes_of_files_are_rejected_and_the_next_question_read() -> None:
    big = base64.b64encode(bytes(21 << 20)).decode()
    items = read(
        quiz(question("essay", holder("generalfeedback", "x", file("a.png", big))), question("essay", "")), "a.xml"
    )
    assert isinstance(items[0], Rejected)
    assert items[0].code == "media_too_large"
    assert isinstance(items[1], Draft)


def test_html_entities_outside_of_cdata_are_understood() -> None:
    item = one("essay", "", "a&nbsp;b &mdash; &lt;i&gt; <![CDATA[&nbsp;]]> &amp;lt;")
    assert item.content.stem == "a\u00a0b — <i> &nbsp; &lt;"


@pytest.mark.parametrize("shift", range(0, 110, 3))
def test_entities_are_understood_at_borders_of_chunks(shift: int) -> None:
    comment = f"<!--{'x' * (65536 - 200 + shift)}-->"
    text = quiz(comment, question("essay", "", "&nbsp;a<![CDATA[&nbsp;]]]>&nbsp;]]&gt;<!-- &nbsp; -->b"))
    assert draft(text, "a.xml").content.stem == "a&nbsp;]\u00a0]]>b"


def test_markup_that_was_not_escaped_is_read_and_noted() -> None:
    item = one("essay", "", "a <b>c</b> &lt; d")
    assert item.content.stem.replace("&lt; ", "< ") == "a <b>c</b> < d"
    assert "markup_not_escaped" in codes(item)


def test_control_characters_are_left_out_and_noted() -> None:
    item = one("essay", "", "a\x0bb\x00c")
    assert item.content.stem == "abc"
    assert codes(item) == {"control_characters"}


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE quiz>",
        '<!doctype quiz SYSTEM "http://example.org/x.dtd">',
        '<!DOCTYPE quiz [<!ENTITY a "b">]>',
        "<!-- <quiz> --><!DOCTYPE quiz>",
        "<?pi <quiz> ?><!DOCTYPE quiz>",
        "<!-- <? --><!DOCTYPE quiz><!-- ?> -->",
        " " * 20_000 + "<!DOCTYPE quiz>",
    ],
)
def test_a_document_type_is_refused_wherever_it_hides(prolog: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(f'<?xml version="1.0"?>{prolog}{quiz(question("essay", ""))[38:]}', "a.xml")
    assert refusal.value.code == "bank.file_refused"


def test_a_document_type_in_utf16_is_refused() -> None:
    with pytest.raises(FileRefused):
        read('<!DOCTYPE quiz [<!ENTITY a "b">]><quiz>&a;</quiz>'.encode("utf-16"), "a.xml")


def test_an_endless_question_is_refused() -> None:
    with pytest.raises(FileRefused, match="64 MiB"):
        read(b"<quiz><question><questiontext><text>" + b"x" * (66 << 20), "a.xml")


@pytest.mark.parametrize("end", ["<question type=", "<question type='essay'><name>", "</question"])
def test_a_file_that_breaks_off_is_refused_with_its_place(end: str) -> None:
    with pytest.raises(FileTruncated) as refusal:
        read(quiz(question("essay", "")).removesuffix("</quiz>") + "\n" + end, "a.xml")
    assert refusal.value.facts["place"] == "line 2"


def test_a_file_that_is_no_xml_in_the_middle_is_refused_with_its_place() -> None:
    with pytest.raises(FileMalformed) as refusal:
        read(quiz(question("essay", "\n<a></b>")), "a.xml")
    assert refusal.value.facts["place"] == "line 2"


def test_depth_is_bounded() -> None:
    with pytest.raises(FileMalformed):
        read("<quiz>" + "<a>" * 100_000, "a.xml")
