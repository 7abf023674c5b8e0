"""Content and its companions as the JSON documents that the tables keep.

Fields that stand at their defaults are left out: a stored question is half as long, and so quicker to write and read.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from typing import cast

import msgspec

from lyceum.bank.domain import content as words
from lyceum.bank.domain.catalogue import ExamProfile
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.questions import Attachment, Passport

_DATACLASSES = (
    words.Option,
    words.Accepted,
    words.Criterion,
    words.ScoreRule,
    words.Gap,
    words.Parameter,
    words.Derived,
    words.Template,
    words.Content,
    Attachment,
    Passport,
)
_NEVER = object()


def _default(item: Field[object]) -> object:
    if item.default is not MISSING:
        return item.default
    factory = cast(Callable[[], object], item.default_factory)
    return _NEVER if item.default_factory is MISSING else factory()


_FIELDS: Mapping[type, tuple[tuple[str, object], ...]] = {
    kind: tuple((item.name, _default(item)) for item in fields(kind)) for kind in _DATACLASSES
}
_encode = msgspec.json.Encoder().encode
_content = msgspec.json.Decoder(Content)
_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_passport = msgspec.json.Decoder(Passport)
_profile = msgspec.json.Decoder(ExamProfile)


def _slim(value: object) -> object:
    kind = type(value)
    if kind is str or kind is float or kind is bool:
        return value
    if kind is tuple or kind is list:
        return [_slim(item) for item in cast(tuple[object, ...], value)]
    if (layout := _FIELDS.get(kind)) is not None:
        slim = {}
        for name, default in layout:
            item = getattr(value, name)
            if item is not default and item != default:
                slim[name] = _slim(item)
        return slim
    return str(value) if isinstance(value, StrEnum) else value


def encode_content(content: Content) -> str:
    return _encode(_slim(content)).decode()


def decode_content(document: str) -> Content:
    return _content.decode(document)


def encode_attachments(attachments: tuple[Attachment, ...]) -> str:
    return _encode(_slim(attachments)).decode() if attachments else "[]"


def decode_attachments(document: str) -> tuple[Attachment, ...]:
    return () if document == "[]" else _attachments.decode(document)


def encode_passport(passport: Passport) -> str:
    return _encode(_slim(passport)).decode()


def decode_passport(document: str) -> Passport:
    return _passport.decode(document)


def encode_json(value: object) -> str:
    """Any plain mapping, such as the subject's own fields of a question."""
    return _encode(value).decode()


def decode_mapping(document: str) -> dict[str, object]:
    return {} if document == "{}" else msgspec.json.decode(document, type=dict[str, object])


def decode_profile(document: str) -> ExamProfile:
    return _profile.decode(document)
