"""Bindings of training."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from dishka import AnyOf, AsyncContainer, Provider, Scope, provide, provide_all

from lyceum.advertising.api import Ads, Studies
from lyceum.bank.api import AnsweredLookup
from lyceum.kernel.ports import Clock, Transaction
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from lyceum.training.adapters.boards import SqlBoards, SqlMarks
from lyceum.training.adapters.calibrating import CheckRatings
from lyceum.training.adapters.choice import TeachingMost
from lyceum.training.adapters.consumers import FollowQuestions
from lyceum.training.adapters.counting import CountFinished
from lyceum.training.adapters.daily import TrainingOfDay
from lyceum.training.adapters.desk import EventsNow
from lyceum.training.adapters.drawing import SqlVariantPool
from lyceum.training.adapters.event_desk import Desk
from lyceum.training.adapters.event_queries import EventQueries
from lyceum.training.adapters.events import SealedPapers, SqlEventLog, SqlEvents, SqlParticipants
from lyceum.training.adapters.facade import TrainedLately, TrainingAnswers
from lyceum.training.adapters.forecasts import Forecasts
from lyceum.training.adapters.gradings import GradingQueries, SqlGradings
from lyceum.training.adapters.lane import TrainingLanes
from lyceum.training.adapters.leaderboard import ReadLeaderboard
from lyceum.training.adapters.pages import WaitingQuestion
from lyceum.training.adapters.pauses import PauseMetrics, SqlPauses, TimelyAds
from lyceum.training.adapters.progress import ReadProgress
from lyceum.training.adapters.protocol import PrintProtocol
from lyceum.training.adapters.pruning import AnswersGiven, ForgetGuests
from lyceum.training.adapters.queries import SqlResults, TrainingQueries
from lyceum.training.adapters.rating_checks import RatingMetrics, ReadChecks
from lyceum.training.adapters.rebuilding import RebuildStatistics
from lyceum.training.adapters.repositories import SqlAttempts, SqlPackShelf, SqlTrainings
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.adapters.scoring import SqlScoring
from lyceum.training.adapters.settings import SqlSettings
from lyceum.training.adapters.sittings import ExtraTimes, KnownPapers, SqlAccommodations, SqlEntries, SqlSittings
from lyceum.training.adapters.statistics_queries import StatisticsQueries
from lyceum.training.adapters.turns import SqlTurns
from lyceum.training.adapters.watch import SittingWatch
from lyceum.training.adapters.why import TellWhy
from lyceum.training.event_ports import Boards, EventLog, Events, Marks, Participants
from lyceum.training.ports import (
    AdsInTime,
    Attempts,
    NextQuestion,
    PackShelf,
    Pauses,
    Results,
    Scheduling,
    SettingsOfLearners,
    Trainings,
    Turns,
)
from lyceum.training.sitting_ports import Accommodations, Entries, Gradings, Opinions, Scoring, Sittings, VariantPool
from lyceum.training.use_cases.accommodations import ReadAccommodation, SetAccommodation
from lyceum.training.use_cases.answering import Answered, AskHint, FindTurn, SkipQuestion, SubmitAnswer, TakeTurn
from lyceum.training.use_cases.any_training import AnswerAny, FinishAny, ReadAny, StartAny
from lyceum.training.use_cases.asking import Asking
from lyceum.training.use_cases.drawing import DrawNamed, DrawPaper
from lyceum.training.use_cases.events import (
    BeginEvent,
    CancelEvent,
    ChangeEvent,
    CreateEvent,
    DrawVariants,
    JoinEvent,
    SealEvent,
    StartEvent,
)
from lyceum.training.use_cases.exam_results import ReadExamResult
from lyceum.training.use_cases.grading import (
    DecideAppeal,
    GiveGrade,
    ReadGrading,
    Settling,
    ShowGrading,
    TakeGrading,
)
from lyceum.training.use_cases.pausing import ClickInPause, EndPause, TakePause
from lyceum.training.use_cases.scoring import EndSitting, FinishSitting, ScoreSitting, SweepSittings
from lyceum.training.use_cases.settings import ChangeSettings, ReadSettings
from lyceum.training.use_cases.sitting import BeginSitting, ReadSitting, SaveEntry, ShowSitting, StartMockExam
from lyceum.training.use_cases.standings import LiveBoards, ReadFlags, ReadStandings, Remark, RescoreEvent, TendEvents
from lyceum.training.use_cases.starting import FinishTraining, Narrowing, ReadTraining, StartTraining


class TrainingProvider(Provider):
    scope = Scope.REQUEST
    trainings = provide(SqlTrainings, provides=Trainings)
    turns = provide(SqlTurns, provides=Turns, scope=Scope.APP)
    shelf = provide(SqlPackShelf, provides=PackShelf)
    use_cases = provide_all(
        Narrowing,
        StartTraining,
        ReadTraining,
        FinishTraining,
    )
    answering = provide_all(
        FindTurn, TakeTurn, Answered, SubmitAnswer, SkipQuestion, AskHint, SaveEntry, AnswerAny, scope=Scope.APP
    )
    lanes = provide(TrainingLanes, scope=Scope.APP)
    sittings = provide(SqlSittings, provides=Sittings)
    entries = provide(SqlEntries, provides=Entries, scope=Scope.APP)
    scoring = provide(SqlScoring, provides=Scoring)
    sitting_use_cases = provide_all(
        DrawPaper,
        BeginSitting,
        StartMockExam,
        ReadSitting,
        ScoreSitting,
        EndSitting,
        FinishSitting,
        SweepSittings,
        ReadExamResult,
        StartAny,
        ReadAny,
        FinishAny,
    )
    accommodations = provide(SqlAccommodations, provides=Accommodations)
    gradings = provide(SqlGradings, provides=Gradings)
    opinions = provide(GradingQueries, provides=AnyOf[GradingQueries, Opinions], scope=Scope.APP)
    grading_use_cases = provide_all(
        ShowGrading, TakeGrading, ReadGrading, Settling, GiveGrade, DecideAppeal, SetAccommodation, ReadAccommodation
    )
    extra_times = provide(ExtraTimes, scope=Scope.APP)
    variants = provide(SqlVariantPool, provides=VariantPool, scope=Scope.APP)
    subscribers = provide_all(FollowQuestions, CountFinished, RebuildStatistics, ForgetGuests)
    answers_given = provide(AnswersGiven, scope=Scope.APP)
    daily = provide(TrainingOfDay, scope=Scope.APP)
    desk = provide(EventsNow, scope=Scope.APP)
    attempts = provide(SqlAttempts, provides=Attempts, scope=Scope.APP)
    results = provide(SqlResults, provides=AnyOf[SqlResults, Results], scope=Scope.APP)
    answers = provide(TrainingAnswers, provides=AnsweredLookup, scope=Scope.APP)
    studies = provide(TrainedLately, provides=Studies, scope=Scope.APP)
    asking = provide(Asking, scope=Scope.APP)
    queries = provide(TrainingQueries, scope=Scope.APP)
    tell_why = provide(TellWhy, scope=Scope.APP)
    forecasts = provide(Forecasts, scope=Scope.APP)
    pauses = provide(SqlPauses, provides=Pauses)
    pause_metrics = provide(PauseMetrics, scope=Scope.APP)
    pausing = provide_all(EndPause, ClickInPause, WaitingQuestion)
    learner_settings = provide(SqlSettings, provides=SettingsOfLearners)
    cabinet = provide_all(ReadSettings, ChangeSettings, ReadProgress, ReadLeaderboard)
    statistics = provide(StatisticsQueries, scope=Scope.APP)
    check_ratings = provide(CheckRatings)
    read_checks = provide(ReadChecks, scope=Scope.APP)

    events = provide(SqlEvents, provides=Events)
    participants = provide(SqlParticipants, provides=Participants, scope=Scope.APP)
    joining = provide_all(JoinEvent, BeginEvent, ShowSitting, scope=Scope.APP)
    boards = provide(SqlBoards, provides=Boards)
    marks = provide(SqlMarks, provides=Marks)
    event_log = provide(SqlEventLog, provides=EventLog)
    event_use_cases = provide_all(
        CreateEvent,
        ChangeEvent,
        SealEvent,
        DrawVariants,
        DrawNamed,
        CancelEvent,
        StartEvent,
        ReadStandings,
        TendEvents,
        RescoreEvent,
        Remark,
        ReadFlags,
        EventQueries,
        PrintProtocol,
        Desk,
    )

    @provide(scope=Scope.APP)
    def live_boards(self) -> LiveBoards:
        return LiveBoards()

    @provide(scope=Scope.APP)
    def sealed_papers(self) -> SealedPapers:
        return SealedPapers()

    @provide(scope=Scope.APP)
    def next_question(self, database: Database, scheduling: Scheduling, settings: Settings) -> NextQuestion:
        return TeachingMost(database, scheduling, settings.target_success / 100)

    @provide
    def take_pause(
        self,
        trainings: Trainings,
        pauses: Pauses,
        ads: AdsInTime,
        clock: Clock,
        transaction: Transaction,
        settings: Settings,
    ) -> TakePause:
        return TakePause(trainings, pauses, ads, clock, transaction, settings.advertising_every_questions)

    @provide(scope=Scope.APP)
    async def ads_in_time(
        self, ads: Ads, database: Database, metrics: PauseMetrics, settings: Settings
    ) -> AsyncIterator[AdsInTime]:
        timely = TimelyAds(ads, database, metrics, settings.advertising_wait_ms / 1000)
        yield timely
        await timely.close()

    rating_metrics = provide(RatingMetrics, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def watch(self, container: AsyncContainer, metrics: RatingMetrics) -> SittingWatch:
        """Whoever sweeps tells the numbers of training too: they are asked for, so that their gauges are there."""
        return SittingWatch(container)

    @provide(scope=Scope.APP)
    def known_papers(self) -> KnownPapers:
        return KnownPapers()

    @provide(scope=Scope.APP)
    def scheduling(self) -> Scheduling:
        return FsrsScheduling()

    @provide(scope=Scope.APP)
    def zone(self, settings: Settings) -> ZoneInfo:
        return ZoneInfo(settings.time_zone)
