"""The contexts that make up the product, each named once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dishka import Provider
from litestar import Controller

from lyceum.accounts.adapters import daily as accounts_daily
from lyceum.accounts.adapters import http as accounts_http
from lyceum.accounts.adapters import pages as accounts_pages
from lyceum.accounts.adapters import pruning as accounts_pruning
from lyceum.accounts.adapters import tables as accounts_tables
from lyceum.accounts.adapters.desk import UsersNow
from lyceum.accounts.api import Traces
from lyceum.accounts.provider import AccountsProvider
from lyceum.advertising.adapters import content_http as advertising_content_http
from lyceum.advertising.adapters import http as advertising_http
from lyceum.advertising.adapters import learners as advertising_learners
from lyceum.advertising.adapters import pages as advertising_pages
from lyceum.advertising.adapters import relevance as advertising_relevance
from lyceum.advertising.adapters import show_http as advertising_show_http
from lyceum.advertising.adapters import sponsor_http as advertising_sponsor_http
from lyceum.advertising.adapters import tables as advertising_tables
from lyceum.advertising.adapters.cards import AdsNow
from lyceum.advertising.provider import AdvertisingProvider
from lyceum.bank.adapters import author_pages as bank_author_pages
from lyceum.bank.adapters import catalogue_http as bank_catalogue_http
from lyceum.bank.adapters import consumers as bank_consumers
from lyceum.bank.adapters import daily as bank_daily
from lyceum.bank.adapters import http as bank_http
from lyceum.bank.adapters import pruning as bank_pruning
from lyceum.bank.adapters import question_pages as bank_question_pages
from lyceum.bank.adapters import tasks as bank_tasks
from lyceum.bank.adapters import transfer_pages as bank_transfer_pages
from lyceum.bank.adapters import transfers_http as bank_transfers_http
from lyceum.bank.adapters.desk import ImportsNow
from lyceum.bank.provider import BankProvider
from lyceum.jobs.adapters import desk_pages as jobs_desk_pages
from lyceum.jobs.adapters import http as jobs_http
from lyceum.jobs.adapters import message_docs as jobs_message_docs
from lyceum.jobs.adapters import message_http as jobs_message_http
from lyceum.jobs.adapters import message_pages as jobs_message_pages
from lyceum.jobs.adapters import pages as jobs_pages
from lyceum.jobs.adapters import report_http as jobs_report_http
from lyceum.jobs.adapters import report_pages as jobs_report_pages
from lyceum.jobs.adapters import reports as jobs_reports
from lyceum.jobs.adapters import tables as jobs_tables
from lyceum.jobs.adapters.demo import Demo
from lyceum.jobs.adapters.pruning import Pruning
from lyceum.jobs.api import AnyHandler, AnyKind, Schedule, TaskFailed
from lyceum.jobs.provider import JobsProvider
from lyceum.jobs.use_cases import task_messages
from lyceum.kernel.errors import AppError
from lyceum.main import schema as schema  # importing it maps the aggregates
from lyceum.platform.daily import ReportPart
from lyceum.platform.desk import DeskPart
from lyceum.platform.housekeeping import Pruner
from lyceum.shop.adapters import http as shop_http
from lyceum.shop.adapters import tables as shop_tables
from lyceum.shop.provider import ShopProvider
from lyceum.training.adapters import cabinet_pages as training_cabinet_pages
from lyceum.training.adapters import calibrating as training_calibrating
from lyceum.training.adapters import consumers as training_consumers
from lyceum.training.adapters import counting as training_counting
from lyceum.training.adapters import daily as training_daily
from lyceum.training.adapters import event_http as training_event_http
from lyceum.training.adapters import event_pages as training_event_pages
from lyceum.training.adapters import exam_pages as training_exam_pages
from lyceum.training.adapters import grading_http as training_grading_http
from lyceum.training.adapters import grading_pages as training_grading_pages
from lyceum.training.adapters import http as training_http
from lyceum.training.adapters import leaderboard_http as training_leaderboard_http
from lyceum.training.adapters import leaderboard_pages as training_leaderboard_pages
from lyceum.training.adapters import pages as training_pages
from lyceum.training.adapters import pause_http as training_pause_http
from lyceum.training.adapters import pause_pages as training_pause_pages
from lyceum.training.adapters import pruning as training_pruning
from lyceum.training.adapters import settings_http as training_settings_http
from lyceum.training.adapters import statistics_http as training_statistics_http
from lyceum.training.adapters import statistics_pages as training_statistics_pages
from lyceum.training.adapters import tables as training_tables
from lyceum.training.adapters.desk import EventsNow
from lyceum.training.provider import TrainingProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one context brings into the composition."""

    name: str
    provider: type[Provider]
    controllers: Sequence[type[Controller]] = ()
    pages: Sequence[type[Controller]] = ()
    subscribers: Mapping[type, type] = field(default_factory=dict)
    refusals: Mapping[str, type[AppError]] = field(default_factory=dict)
    kinds: Sequence[type[AnyKind]] = ()
    schedules: Sequence[Schedule] = ()
    messages: Sequence[type[AnyHandler]] = ()
    daily: Sequence[type[ReportPart]] = ()
    desk: Sequence[type[DeskPart]] = ()
    pruners: Sequence[type[Pruner]] = ()
    traces: Sequence[type[Traces]] = ()


CONTEXTS: tuple[Context, ...] = (
    Context(
        name="accounts",
        provider=AccountsProvider,
        controllers=accounts_http.CONTROLLERS,
        pages=accounts_pages.PAGES,
        refusals=accounts_tables.REFUSALS,
        pruners=accounts_pruning.PRUNERS,
        daily=(accounts_daily.UsersOfDay,),
        desk=(UsersNow,),
    ),
    Context(
        name="advertising",
        provider=AdvertisingProvider,
        controllers=(
            *advertising_http.CONTROLLERS,
            *advertising_show_http.CONTROLLERS,
            *advertising_content_http.CONTROLLERS,
            *advertising_sponsor_http.CONTROLLERS,
        ),
        pages=advertising_pages.PAGES,
        subscribers=advertising_learners.SUBSCRIBERS,
        kinds=advertising_relevance.KINDS,
        schedules=advertising_relevance.SCHEDULES,
        refusals=advertising_tables.REFUSALS,
        desk=(AdsNow,),
    ),
    Context(
        name="bank",
        provider=BankProvider,
        controllers=(*bank_http.CONTROLLERS, *bank_catalogue_http.CONTROLLERS, *bank_transfers_http.CONTROLLERS),
        pages=(*bank_question_pages.PAGES, *bank_author_pages.PAGES, *bank_transfer_pages.PAGES),
        subscribers={**bank_consumers.SUBSCRIBERS, TaskFailed: bank_tasks.CloseTransfers},
        kinds=bank_tasks.KINDS,
        pruners=bank_pruning.PRUNERS,
        daily=(bank_daily.BankOfDay,),
        desk=(ImportsNow,),
    ),
    Context(
        name="jobs",
        provider=JobsProvider,
        controllers=(
            *jobs_http.CONTROLLERS,
            *jobs_message_http.CONTROLLERS,
            *jobs_message_docs.CONTROLLERS,
            *jobs_report_http.CONTROLLERS,
        ),
        pages=(*jobs_pages.PAGES, *jobs_desk_pages.PAGES, *jobs_report_pages.PAGES, *jobs_message_pages.PAGES),
        refusals=jobs_tables.REFUSALS,
        kinds=(Demo, jobs_reports.MakeReport),
        messages=task_messages.HANDLERS,
        schedules=(jobs_reports.DAILY,),
        pruners=(Pruning,),
        daily=(jobs_reports.TasksOfDay,),
    ),
    Context(
        name="shop",
        provider=ShopProvider,
        controllers=shop_http.CONTROLLERS,
        refusals=shop_tables.REFUSALS,
    ),
    Context(
        name="training",
        provider=TrainingProvider,
        controllers=(
            *training_http.CONTROLLERS,
            *training_pause_http.CONTROLLERS,
            *training_grading_http.CONTROLLERS,
            *training_event_http.CONTROLLERS,
            *training_statistics_http.CONTROLLERS,
            *training_settings_http.CONTROLLERS,
            *training_leaderboard_http.CONTROLLERS,
        ),
        pages=(
            *training_pages.PAGES,
            *training_pause_pages.PAGES,
            *training_cabinet_pages.PAGES,
            *training_leaderboard_pages.PAGES,
            *training_exam_pages.PAGES,
            *training_grading_pages.PAGES,
            *training_event_pages.PAGES,
            *training_statistics_pages.PAGES,
        ),
        subscribers={**training_consumers.SUBSCRIBERS, **training_counting.SUBSCRIBERS},
        refusals=training_tables.REFUSALS,
        kinds=training_calibrating.KINDS,
        schedules=training_calibrating.SCHEDULES,
        traces=(training_pruning.AnswersGiven,),
        daily=(training_daily.TrainingOfDay,),
        desk=(EventsNow,),
    ),
)
