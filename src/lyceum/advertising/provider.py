"""The bindings of advertising."""

from collections.abc import AsyncIterator

from dishka import AnyOf, Provider, Scope, provide, provide_all

from lyceum.advertising.adapters.cards import AdsNow
from lyceum.advertising.adapters.day import CalendarDay, SqlDay
from lyceum.advertising.adapters.desk import BatchingDesk
from lyceum.advertising.adapters.facade import AdsForLearners
from lyceum.advertising.adapters.following import AdFollower
from lyceum.advertising.adapters.forecasting import Forecasts
from lyceum.advertising.adapters.image_processing import PillowImages
from lyceum.advertising.adapters.image_store import FileImages, FileLinksOfImages
from lyceum.advertising.adapters.index import AdIndex
from lyceum.advertising.adapters.lane import AdLanes
from lyceum.advertising.adapters.learners import FollowProfiles, ForgetLearners
from lyceum.advertising.adapters.ledger import Ledger
from lyceum.advertising.adapters.ledger_postgres import PostgresLedger
from lyceum.advertising.adapters.ledger_sqlite import SqliteLedger
from lyceum.advertising.adapters.moderation import SqlModeration
from lyceum.advertising.adapters.moderation_pages import ModerationScreens
from lyceum.advertising.adapters.piles import FilePiles
from lyceum.advertising.adapters.queries import AdQueries
from lyceum.advertising.adapters.relevance import ScoreLearners, Texts
from lyceum.advertising.adapters.repositories import SqlCampaigns, SqlClients
from lyceum.advertising.adapters.sponsor_queries import SponsorQueries
from lyceum.advertising.adapters.sponsor_screens import SponsorScreens
from lyceum.advertising.adapters.telling import AdMetrics
from lyceum.advertising.adapters.text_chat import ChatTexts
from lyceum.advertising.adapters.text_quota import FreeTexts, HourlyTexts
from lyceum.advertising.adapters.text_templates import TemplateTexts
from lyceum.advertising.adapters.unserved import Unserved
from lyceum.advertising.api import Ads
from lyceum.advertising.domain.choice import Weights
from lyceum.advertising.ports import (
    AdDesk,
    Campaigns,
    Clients,
    Day,
    Following,
    ImageLinks,
    ImageProcessor,
    ImageStore,
    Moderation,
    Piles,
    TextGenerator,
    TextQuota,
)
from lyceum.advertising.use_cases.campaigns import ChangeCampaign, ChangeImage, CreateCampaign, DeleteCampaign
from lyceum.advertising.use_cases.operating import AdvanceDay, EditWords, ForbidWords, SwitchModeration, WriteText
from lyceum.advertising.use_cases.people import DeclareSubjects, PutAdvertisers, PutClients, PutScores
from lyceum.advertising.use_cases.showing import ClickAd, ShowAd
from lyceum.advertising.use_cases.sponsorship import BecomeSponsor
from lyceum.platform.cache import Limits
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings


class AdvertisingProvider(Provider):
    scope = Scope.REQUEST

    clients = provide(SqlClients, provides=Clients)
    campaigns = provide(SqlCampaigns, provides=Campaigns)
    day = provide(SqlDay, provides=Day)
    moderation = provide(SqlModeration, provides=Moderation)
    images = provide(FileImages, provides=ImageStore)
    subscribers = provide_all(FollowProfiles, ForgetLearners)
    screens = provide_all(SponsorScreens, ModerationScreens, Forecasts, SponsorQueries, scope=Scope.APP)
    facade = provide(AdsForLearners, provides=Ads, scope=Scope.APP)
    use_cases = provide_all(
        PutClients,
        PutAdvertisers,
        PutScores,
        DeclareSubjects,
        CreateCampaign,
        ChangeCampaign,
        DeleteCampaign,
        ChangeImage,
        WriteText,
        AdvanceDay,
        SwitchModeration,
        ForbidWords,
        EditWords,
        BecomeSponsor,
    )
    piles = provide(FilePiles, provides=Piles, scope=Scope.APP)
    processor = provide(PillowImages, provides=ImageProcessor, scope=Scope.APP)
    score_learners = provide_all(ScoreLearners, Texts)
    links = provide(FileLinksOfImages, provides=ImageLinks, scope=Scope.APP)
    showing = provide_all(ShowAd, ClickAd, AdLanes, scope=Scope.APP)
    calendar = provide(CalendarDay, scope=Scope.APP)
    queries = provide(AdQueries, scope=Scope.APP)
    cards = provide(AdsNow, scope=Scope.APP)
    metrics = provide(AdMetrics, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def index(self, settings: Settings) -> AdIndex:
        weights = Weights(
            profit=settings.advertising_weight_profit / 100,
            relevance=settings.advertising_weight_relevance / 100,
            fulfilment=settings.advertising_weight_fulfilment / 100,
        )
        return AdIndex(weights, settings.advertising_overshoot)

    @provide(scope=Scope.APP)
    def follower(self, database: Database, calendar: CalendarDay, index: AdIndex) -> AnyOf[AdFollower, Following]:
        return AdFollower(database, calendar, index)

    @provide(scope=Scope.APP)
    def ledger(self, database: Database) -> Ledger:
        return SqliteLedger(database) if database.is_sqlite else PostgresLedger(database)

    @provide(scope=Scope.APP)
    async def unserved(self, database: Database) -> AsyncIterator[Unserved]:
        unserved = Unserved(database)
        yield unserved
        await unserved.write_or_log()

    @provide(scope=Scope.APP)
    def desk(
        self,
        index: AdIndex,
        follower: AdFollower,
        ledger: Ledger,
        metrics: AdMetrics,
        unserved: Unserved,
        settings: Settings,
    ) -> AnyOf[BatchingDesk, AdDesk]:
        return BatchingDesk(index, follower, ledger, metrics, unserved, settings.advertising_repeat_when_exhausted)

    @provide(scope=Scope.APP)
    def texts(self, settings: Settings) -> TextGenerator:
        if not settings.text_url:
            return TemplateTexts()
        return ChatTexts(settings.text_url, settings.text_key, settings.text_model, settings.text_timeout_seconds)

    @provide(scope=Scope.APP)
    def quota(self, limits: Limits, settings: Settings) -> TextQuota:
        return HourlyTexts(limits, settings.text_limit) if settings.text_url else FreeTexts()
