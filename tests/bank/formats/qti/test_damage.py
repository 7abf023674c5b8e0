"""Damaged packages and items of QTI: read or refused, never a crash; and large ones in bounded memory."""

import io
import time
import tracemalloc
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyceum.bank.adapters.formats.detect import Format, Guess
from lyceum.bank.adapters.formats.qti import reader
from lyceum.bank.domain.drafts import Draft, Rejected
from lyceum.kernel.errors import Invalid
from tests.bank.formats.qti.samples import PNG, SCORE, VERSIONS, choices, item, mapping, package, response, template

GUESS = Guess(format=Format.QTI, encoding="utf-8", note="")
TEXT = '<textEntryInteraction responseIdentifier="T"/>'
MAPPED = response("a", type="string", id="T", mapping=mapping({"a": 1}))
BODY = f'<itemBody><p><img src="../m/a.png" alt=""/></p>{choices()}<p>x {TEXT} y</p></itemBody>'
RULES = '<responseProcessing><setOutcomeValue identifier="SCORE"><mapResponse identifier="T"/></setOutcomeValue>' \
        "</responseProcessing>"  # fmt: skip
ITEMS = [item(response("B") + MAPPED + SCORE + BODY + RULES, version) for version in VERSIONS]
PACKAGES = [
    package({"i/a.xml": text}, version, {"m/a.png": PNG}) for text, version in zip(ITEMS, VERSIONS, strict=True)
]


def read(data: bytes) -> list[Draft | Rejected]:
    return list(reader.read(io.BytesIO(data), GUESS))


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_package_is_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(PACKAGES)))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Invalid):
        read(bytes(damaged))


pieces = st.sampled_from(
    ["", "<", ">", '"', "&", "&lt;", "&#0;", "</p>", "<p>", "<div>", "\x00", "]]>", "<![CDATA[", "-1", "1e999", "NaN",
     "single", "ordered", "record", "directedPair", "point", "A", "A B", "qti-", "Interaction"]
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_item_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(ITEMS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + data.draw(pieces) + text[start + data.draw(st.integers(0, 30)) :]
    with suppress(Invalid):
        read(text.encode("utf-8", "surrogatepass"))


words = ("single", "multiple", "ordered", "record", "identifier", "string", "float", "integer", "pair", "directedPair",
         "match_correct", "map_response", "choiceInteraction", "orderInteraction", "matchInteraction", "RESPONSE",
         "textEntryInteraction", "inlineChoiceInteraction", "extendedTextInteraction", "simpleChoice", "A", "B", "0",
         "1", "true", "maxChoices", "mappedValue", "baseType", "cardinality", "value", "correctResponse")  # fmt: skip


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_item_whose_words_are_mixed_up_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(ITEMS))
    for _ in range(data.draw(st.integers(1, 3))):
        old, new = data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words))
        text = text.replace(old, new)
    with suppress(Invalid):
        read(text.encode())


def test_five_thousand_items_are_read_in_bounded_memory() -> None:
    def package_of(count: int) -> bytes:
        inner = response("B") + f"{SCORE}<itemBody>{choices()}</itemBody>" + template("match_correct")
        return package({f"items/{n:05}.xml": item(inner, "3.0", title=f"Item {n}") for n in range(count)}, "3.0")

    data = package_of(5000)
    started = time.perf_counter()
    assert sum(isinstance(it, Draft) for it in reader.read(io.BytesIO(data), GUESS)) == 5000
    assert time.perf_counter() - started < 60
    tracemalloc.start()
    assert sum(1 for _ in reader.read(io.BytesIO(package_of(1000)), GUESS)) == 1000
    small = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    assert sum(1 for _ in reader.read(io.BytesIO(data), GUESS)) == 5000
    large = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert large - small < 12 << 20
