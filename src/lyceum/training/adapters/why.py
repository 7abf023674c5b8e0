"""Why a question was chosen, in the words of its learner."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from lyceum.kernel.ids import AttemptId, TrainingId, UserId
from lyceum.platform.i18n import translator
from lyceum.platform.typography import Setting
from lyceum.training.adapters.queries import TrainingQueries
from lyceum.training.domain.reasons import Reason, Why
from lyceum.training.domain.trainings import Attempt, AttemptNotFound, Filters, Mode
from lyceum.training.ports import Attempts


class WhyView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a question was asked: the figures of the choice, null where none were noted, and `sentences` that tell them
    in the language of the caller (`Accept-Language`, else the profile's)."""

    attempt_id: UUID
    question_id: UUID
    why: Why | None
    language: str
    sentences: Sequence[str]


def told(why: Why | None, mode: Mode, filters: Filters, locale: str) -> Sequence[str]:
    """One to three sentences."""
    words = translator(locale)
    if mode.is_sitting:
        return [words.gettext("It belongs to the variant, which is the same however you answer.")]
    found = []
    if filters.question_ids:
        found.append(words.gettext("You chose this question, or the list that it stands in."))
    if why is None:
        return found or [words.gettext("When this question was asked, reasons were not kept yet.")]
    return [*found, *_reason(why, Setting(locale, words)), *_topic(why, locale)]


def _reason(why: Why, setting: Setting) -> Sequence[str]:
    gettext = setting.words.gettext
    if why.reason is Reason.MISTAKE:
        return [gettext("Your latest answer to it was not right, and you asked for your mistakes.")]
    if why.reason is Reason.AGAIN:
        return [gettext("You have seen everything that fits, and this question the longest ago.")]
    if why.reason is Reason.DUE:
        text = gettext(
            "Its review is due: the chance that you still remember the answer is about %(recall)s, and a question "
            "comes back when it falls to %(retention)s."
        )
        facts = {"recall": setting.percent(why.recall or 0.0), "retention": setting.percent(why.retention or 0.0)}
        return [text % facts]
    found = [gettext("You have not seen this question yet.")]
    if why.predicted is not None and why.target is not None:
        text = gettext(
            "Of questions as hard as this you solve about %(predicted)s; the next one is looked for near %(target)s, "
            "where a question teaches most."
        )
        found.append(text % {"predicted": setting.percent(why.predicted), "target": setting.percent(why.target)})
    return found


def _topic(why: Why, locale: str) -> Sequence[str]:
    """When the topic was last answered, as far as that was noted."""
    if why.topic_days is None:
        return []
    words = translator(locale)
    if why.topic_days == 0:
        return [words.gettext("You answered its topic within the last day.")]
    text = words.ngettext(
        "You last answered its topic %(num)d day ago.", "You last answered its topic %(num)d days ago.", why.topic_days
    )
    return [text % {"num": why.topic_days}]


@dataclass(frozen=True, slots=True)
class TellWhy:
    """Tells the learner of an attempt of their own why its question was asked."""

    queries: TrainingQueries
    attempts: Attempts

    async def __call__(self, learner: UserId, id: TrainingId, attempt: UUID | None, locale: str) -> WhyView:
        """The attempt that waits when none is named; raise TrainingNotFound or AttemptNotFound."""
        training = await self.queries.training(learner, id)
        found: Attempt | None
        if attempt is None:
            found = await self.attempts.current(id)
        else:
            found = await self.attempts.find(AttemptId(attempt), learner)
        if found is None or found.training_id != id:
            raise AttemptNotFound(attempt_id=attempt)
        return WhyView(
            attempt_id=found.id,
            question_id=found.question_id,
            why=found.why,
            language=locale,
            sentences=told(found.why, training.mode, training.filters, locale),
        )
