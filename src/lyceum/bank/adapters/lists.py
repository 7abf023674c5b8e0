"""Lists of questions: filters, full-text search, keyset pages.

Without words to search for, a list walks one of the partial indexes of `tables`. With words it walks the search index,
newest first. The sort key of "newest" is the id: a UUIDv7 begins with the moment it was made in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    RowMapping,
    Select,
    and_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters import search as words
from lyceum.bank.adapters.rows import DIFFICULTIES, LEVELS
from lyceum.bank.adapters.tables import is_published, question_topics, questions, search
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.questions import Status
from lyceum.kernel.errors import FieldProblem
from lyceum.platform.database import Database
from lyceum.platform.paging import DEFAULT_LIMIT, BadCursor, BadFilter, Page, decode_cursor, encode_cursor, page

WINDOW = 2000
MAX_QUERY = 500
_fts = table("bank_search_fts", column("rowid", Integer), column("bank_search_fts"))

type Rows = Select[*tuple[object, ...]]


class Sort(StrEnum):
    """`difficulty` is the rating, which begins at the author's label and follows the answers."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    EASIEST = "rating"
    HARDEST = "-rating"
    EASIEST_TOO = "difficulty"
    HARDEST_TOO = "-difficulty"

    @property
    def descending(self) -> bool:
        return self.startswith("-")

    @property
    def by_rating(self) -> bool:
        return self not in {Sort.NEWEST, Sort.OLDEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFilters:
    """What a list shows. `mine`: the caller's own questions in any state but staged, unless `status` names one."""

    exam: str | None = None
    subject: str | None = None
    task_number: int | None = None
    topic: str | None = None
    difficulty: Difficulty | None = None
    kind: Kind | None = None
    status: Status | None = None
    q: str = ""
    mine: bool = False
    import_id: UUID | None = None
    sort: Sort = Sort.NEWEST
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


class StatsView(msgspec.Struct, frozen=True, kw_only=True):
    """First answers; the rating in Elo points with its standard error; `facility` is the mean share of the maximum;
    `discrimination` (-100..100) tells how well the question separates the strong from the weak, null until known."""

    answered: int
    correct: int
    facility: float | None
    rating: float
    rating_error: float
    discrimination: float | None = None


class QuestionItem(msgspec.Struct, frozen=True, kw_only=True):
    """A question in a list. `excerpt` is the beginning of its text without markup."""

    id: UUID
    find_code: str
    kind: Kind
    version: int
    status: str
    title: str
    exam: str | None
    subject: str
    exam_task_number: int | None
    topics: tuple[str, ...]
    difficulty: Difficulty
    excerpt: str
    max_score: float
    has_media: bool
    author_id: UUID
    created_at: datetime
    stats: StatsView


_NOT_LISTED = {
    "external_id",
    "updated_at",
    "content_hash",
    "import_id",
    "rated_at",
    "measured_at",
    "options",
    "source",
    "licence",
}
_COLUMNS = tuple(column for column in questions.c if column.name not in _NOT_LISTED | {"extra", "content"})


@dataclass(frozen=True, slots=True)
class QuestionLists:
    database: Database

    async def find(self, actor: Actor, filters: QuestionFilters) -> Page[QuestionItem]:
        """One page. Others' drafts are never in it; a status but `published` needs the role author.

        Raise BadCursor for a cursor of another list.
        """
        found = words.clauses(filters.q) if filters.q.strip() else None
        if found is None:
            statements = [self._browse(actor, filters)]
        elif not found:
            return Page(())
        elif self.database.is_sqlite:
            statements = [self._match(actor, filters, found)]
        else:
            statements = self._search(actor, filters, found)
        rows: Sequence[RowMapping] = ()
        async with self.database.read() as connection:
            for statement in statements:
                rows = (await connection.execute(statement)).mappings().all()
                if len(rows) > filters.limit:
                    break
        cut = page(rows, filters.limit, lambda row: _cursor_of(row, filters))
        return Page([_item(row) for row in cut.items], cut.next_cursor)

    def _browse(self, actor: Actor, filters: QuestionFilters) -> Rows:
        if filters.topic is None:
            conditions = [_visible(actor, filters), *self._equalities(filters)]
            return _sorted(_select(questions, questions.c.id, conditions), questions.c.id, filters)
        source = question_topics.join(questions, questions.c.id == question_topics.c.question_id)
        conditions = [_visible(actor, filters), *self._equalities(replace(filters, subject=None))]
        conditions.append(question_topics.c.topic == filters.topic)
        if filters.subject is not None:
            conditions.append(question_topics.c.subject == filters.subject)
        key = question_topics.c.question_id
        return _sorted(_select(source, key, conditions), key, filters)

    def _match(self, actor: Actor, filters: QuestionFilters, found: Sequence[words.Clause]) -> Rows:
        """SQLite: FTS5 gives its rows in the order of their numbers by itself."""
        source = _fts.join(search, search.c.number == _fts.c.rowid).join(
            questions, questions.c.id == search.c.question_id
        )
        match = _fts.c.bank_search_fts.op("MATCH", is_comparison=True)(words.fts5_query(found))
        conditions = [match, *self._with_words(actor, filters)]
        return _sorted(_select(source, _fts.c.rowid, conditions), _fts.c.rowid, filters)

    def _search(self, actor: Actor, filters: QuestionFilters, found: Sequence[words.Clause]) -> list[Rows]:
        """PostgreSQL: the newest questions first, then all by the GIN index, if those did not fill the page.

        A GIN index has no order: for a common word it would fetch half the table to sort it, and how common a word is
        the planner does not know. A word that fills no page out of the newest `WINDOW` is rare enough for the index.
        """
        match = search.c.terms.op("@@", is_comparison=True)(cast(words.tsquery(found), TSQUERY))
        conditions = self._with_words(actor, filters)
        matches = select(search.c.number, search.c.question_id).where(match).cte("matches").prefix_with("MATERIALIZED")
        all_joined = matches.join(questions, questions.c.id == matches.c.question_id)
        whole = _sorted(_select(all_joined, matches.c.number, conditions), matches.c.number, filters)
        first = self._first_by_rating if filters.sort.by_rating else self._first_by_number
        return [first(filters, match, conditions), whole]

    def _first_by_number(
        self, filters: QuestionFilters, match: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]]
    ) -> Rows:
        down = filters.sort.descending
        edge = (func.max if down else func.min)(search.c.number)
        start = select(edge).scalar_subquery() if filters.cursor is None else literal(_number_after(filters))
        near = search.c.number > start - WINDOW if down else search.c.number < start + WINDOW
        joined = search.join(questions, questions.c.id == search.c.question_id)
        return _sorted(_select(joined, search.c.number, [match, near, *conditions]), search.c.number, filters)

    def _first_by_rating(
        self, filters: QuestionFilters, match: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]]
    ) -> Rows:
        ids = select(questions.c.id, questions.c.rating).where(*conditions)
        near = _sorted(ids, questions.c.id, replace(filters, limit=WINDOW)).cte("near").prefix_with("MATERIALIZED")
        joined = near.join(search, search.c.question_id == near.c.id).join(questions, questions.c.id == near.c.id)
        return _sorted(_select(joined, search.c.number, [match]), search.c.number, filters)

    def _with_words(self, actor: Actor, filters: QuestionFilters) -> list[ColumnElement[bool]]:
        conditions = [_visible(actor, filters), *self._equalities(filters)]
        if filters.topic is not None:
            with_topic = select(question_topics.c.question_id).where(question_topics.c.topic == filters.topic)
            conditions.append(questions.c.id.in_(with_topic))
        return conditions

    def _equalities(self, filters: QuestionFilters) -> list[ColumnElement[bool]]:
        subject: ColumnElement[str] = questions.c.subject
        if self.database.is_sqlite and filters.sort.by_rating:
            subject = subject.concat("")  # or SQLite would walk the subject's index and sort all that it finds
        wanted = (
            (questions.c.exam, filters.exam),
            (subject, filters.subject),
            (questions.c.exam_task_number, filters.task_number),
            (questions.c.difficulty, LEVELS[filters.difficulty] if filters.difficulty else None),
            (questions.c.kind, filters.kind.value if filters.kind else None),
            (questions.c.import_id, filters.import_id),
        )
        return [column == value for column, value in wanted if value is not None]


def _select(source: FromClause, key: ColumnElement[object], conditions: Sequence[ColumnElement[bool]]) -> Rows:
    return select(*_COLUMNS, key.label("sort_key")).select_from(source).where(*conditions)


def _visible(actor: Actor, filters: QuestionFilters) -> ColumnElement[bool]:
    mine = filters.mine or filters.import_id is not None
    if not mine and filters.status in {None, Status.PUBLISHED}:
        return is_published
    actor.require(Role.AUTHOR)
    status = questions.c.status == filters.status if filters.status else questions.c.status != Status.STAGED.value
    own = questions.c.author_id == actor.id
    if actor.has(Role.OPERATOR) and not filters.mine:
        return status
    return and_(own, status)


def _sorted(statement: Rows, key: ColumnElement[object], filters: QuestionFilters) -> Rows:
    sort = filters.sort
    down = sort.descending
    if sort.by_rating:
        rating, id = questions.c.rating, questions.c.id
        if filters.cursor is not None:
            _, last, last_id = _after(filters, tuple[Sort, float, UUID])
            beyond = rating < last if down else rating > last
            beyond_id = id < last_id if down else id > last_id
            near = rating <= last if down else rating >= last
            statement = statement.where(near, or_(beyond, and_(rating == last, beyond_id)))
        order = (rating.desc(), id.desc()) if down else (rating, id)
        return statement.order_by(*order).limit(filters.limit + 1)
    if filters.cursor is not None:
        number = isinstance(key.type, Integer | BigInteger)
        place: int | UUID = _number_after(filters) if number else _after(filters, tuple[Sort, UUID])[1]
        statement = statement.where(key < place if down else key > place)
    return statement.order_by(key.desc() if down else key).limit(filters.limit + 1)


def _after[T: tuple[object, ...]](filters: QuestionFilters, shape: type[T]) -> T:
    """The parts of the cursor, which must come from a list sorted in the same way."""
    parts = decode_cursor(filters.cursor or "", shape)
    if parts[0] is not filters.sort:
        raise BadCursor(problems=[FieldProblem("cursor", "bad_cursor", "The cursor is of a list sorted otherwise.")])
    return parts


def _number_after(filters: QuestionFilters) -> int:
    return _after(filters, tuple[Sort, int])[1]


def _cursor_of(row: RowMapping, filters: QuestionFilters) -> str:
    if filters.sort.by_rating:
        return encode_cursor(filters.sort.value, row["rating"], str(row["id"]))
    key = row["sort_key"]
    return encode_cursor(filters.sort.value, key if isinstance(key, int) else str(key))


def stats_view(row: RowMapping) -> StatsView:
    answered = row["answered"]
    return StatsView(
        answered=answered,
        correct=row["correct"],
        facility=row["score_sum"] / answered if answered else None,
        rating=row["rating"],
        rating_error=row["rating_error"],
        discrimination=row["discrimination"],
    )


def _item(row: RowMapping) -> QuestionItem:
    return QuestionItem(
        id=row["id"],
        find_code=row["find_code"],
        kind=Kind(row["kind"]),
        version=row["version"],
        status=row["status"],
        title=row["title"],
        exam=row["exam"],
        subject=row["subject"],
        exam_task_number=row["exam_task_number"],
        topics=row["topics"],
        difficulty=DIFFICULTIES[row["difficulty"]],
        excerpt=row["excerpt"],
        max_score=row["max_score"],
        has_media=row["attachments"] != "[]",
        author_id=row["author_id"],
        created_at=row["created_at"],
        stats=stats_view(row),
    )


def checked(filters: QuestionFilters) -> QuestionFilters:
    """The filters, unless one holds what no question can have; raise BadFilter."""
    problems = [
        FieldProblem(name, "not_a_name", f"Not the name of a {name}.")
        for name in ("exam", "subject", "topic")
        if not _is_name(getattr(filters, name))
    ]
    if filters.task_number is not None and not 1 <= filters.task_number <= 40:
        problems.append(FieldProblem("task_number", "out_of_range", "A task number is from 1 to 40."))
    if len(filters.q) > MAX_QUERY:
        problems.append(FieldProblem("q", "too_long", f"A search has at most {MAX_QUERY} characters."))
    if problems:
        raise BadFilter(problems=problems)
    return filters


def _is_name(value: str | None) -> bool:
    return value is None or (0 < len(value) <= 200 and value.isprintable())
