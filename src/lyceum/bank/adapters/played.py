"""What a learner sees of a question: choices in their own order, no trace of the answer."""

from collections.abc import Sequence
from random import Random

from lyceum.bank.adapters.rendering import Link, linked, mentioned, to_html
from lyceum.bank.api import AttachmentView, Choice, GapView
from lyceum.bank.domain.content import Content, Kind, Option
from lyceum.bank.domain.drafts import MediaRole
from lyceum.bank.domain.questions import Attachment

SHUFFLED = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.MATCHING})
_WITH_OPTIONS = SHUFFLED
_WITH_ITEMS = frozenset({Kind.MATCHING, Kind.ORDERING})


def options_for(content: Content, seed: int) -> tuple[Option, ...]:
    """The choices in the order of `seed`, or as written where the author wants that."""
    if content.kind not in _WITH_OPTIONS:
        return ()
    if content.kind in SHUFFLED and content.shuffle:
        return shuffled(content.options, seed)
    return content.options


def items_for(content: Content, seed: int) -> tuple[Option, ...]:
    """Matching items as written; ordering items mixed, and never in the right order."""
    if content.kind not in _WITH_ITEMS:
        return ()
    if content.kind is not Kind.ORDERING:
        return content.items
    mixed = shuffled(content.items, seed)
    if tuple(item.id for item in mixed) == content.key and len(mixed) > 1:
        return (*mixed[1:], mixed[0])
    return mixed


def shuffled(options: Sequence[Option], seed: int, salt: str = "") -> tuple[Option, ...]:
    mixed = list(options)
    Random(f"{seed}/{salt}").shuffle(mixed)
    return tuple(mixed)


def choices(
    options: Sequence[Option], content: Content, attachments: Sequence[Attachment], link: Link
) -> tuple[Choice, ...]:
    return tuple(
        Choice(id=option.id, html=linked(to_html(option.text, content.stem_format, inline=True), attachments, link))
        for option in options
    )


def gaps(content: Content, seed: int, attachments: Sequence[Attachment], link: Link) -> tuple[GapView, ...]:
    return tuple(
        GapView(
            id=gap.id,
            kind=gap.kind,
            options=choices(
                shuffled(gap.options, seed, gap.id) if gap.shuffle else gap.options, content, attachments, link
            ),
        )
        for gap in content.gaps
    )


TELL_THE_ANSWER = frozenset({MediaRole.ANSWER_VIDEO, MediaRole.SOURCE})


def media(content: Content, attachments: Sequence[Attachment], link: Link) -> tuple[AttachmentView, ...]:
    """Files that stand beside the stem: none that tells the answer, and none that a text shows itself."""
    if not attachments:
        return ()
    inside = mentioned(content)
    return tuple(
        attachment_view(attachment, link)
        for attachment in attachments
        if attachment.role not in TELL_THE_ANSWER and attachment.name not in inside
    )


def answer_media(attachments: Sequence[Attachment], link: Link) -> tuple[AttachmentView, ...]:
    return tuple(
        attachment_view(attachment, link) for attachment in attachments if attachment.role is MediaRole.ANSWER_VIDEO
    )


def attachment_view(attachment: Attachment, link: Link) -> AttachmentView:
    return AttachmentView(
        name=attachment.name,
        role=attachment.role.value,
        mime=attachment.mime,
        size=attachment.size,
        url=link(attachment),
        alt=attachment.alt,
    )
