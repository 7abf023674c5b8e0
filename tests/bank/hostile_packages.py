"""Packages of questions that must not come in, each with the code of its refusal."""

from tests.bank.formats.qti.samples import PNG, SCORE, choices, item, package, packed, response, template
from tests.bank.formats.test_archive import REFUSED, directory

REFUSAL, BROKEN, CUT, UNKNOWN = "bank.file_refused", "bank.file_malformed", "bank.file_truncated", "bank.unknown_format"
ITEM = item(response("B") + f"{SCORE}<itemBody>{choices()}</itemBody>" + template("match_correct"))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "a file of the server": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "an address of the network": '<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>',
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
    "a DTD from elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "a DTD of parameters": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
}
WHOLE = package({"i/a.xml": ITEM})


def listing(*hrefs: str) -> str:
    resources = "".join(f"<resource type='imsqti_item_xmlv2p1' href='{href}'/>" for href in hrefs)
    return f"<manifest><resources>{resources}</resources></manifest>"


def with_doctype(doctype: str, text: str) -> str:
    return text.replace("?>\n", f"?>\n{doctype}") if "?>" in text else doctype + text


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    **{f"an archive: {name}": ("base.zip", data, REFUSAL) for name, data in REFUSED.items()},
    "a bomb of a million files": ("base.zip", directory(1_000_000 & 65535, 1 << 30), REFUSAL),
    "a bomb among the pictures": ("base.zip", package({"i/a.xml": ITEM}, others={"m/a.png": bytes(20 << 20)}), REFUSAL),
    "a package cut in its middle": ("base.zip", WHOLE[: len(WHOLE) // 2], CUT),
    "a package without its end": ("base.zip", WHOLE[:-30], CUT),
    "a package in a package": ("base.zip", packed({"inner.zip": WHOLE}), UNKNOWN),
    "a package of pictures": ("base.zip", packed({"a.png": PNG}), UNKNOWN),
    "a manifest that lists nothing": ("base.zip", package({}, manifest=listing()), BROKEN),
    "a manifest that breaks off": ("base.zip", package({}, manifest="<manifest><resources>"), BROKEN),
    "a manifest that is no XML": ("base.zip", package({}, manifest="nothing"), BROKEN),
    **{
        f"{name}, in an item": ("base.zip", package({"i/a.xml": with_doctype(it, ITEM)}), REFUSAL)
        for name, it in DOCTYPES.items()
    },
    **{
        f"{name}, in the manifest": ("base.zip", package({}, manifest=with_doctype(it, listing("i/a.xml"))), REFUSAL)
        for name, it in DOCTYPES.items()
    },
    **{f"{name}, in a lone item": ("a.xml", with_doctype(it, ITEM).encode(), REFUSAL) for name, it in DOCTYPES.items()},
}
