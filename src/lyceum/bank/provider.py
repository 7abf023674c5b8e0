"""The bindings of the bank."""

from dishka import AnyOf, Provider, Scope, alias, provide, provide_all

from lyceum.bank.adapters.catalogue import SqlExamProfiles, SqlPacks
from lyceum.bank.adapters.consumers import CountAnswers, KeepMeasures
from lyceum.bank.adapters.daily import BankOfDay
from lyceum.bank.adapters.desk import ImportsNow
from lyceum.bank.adapters.editing import Editing
from lyceum.bank.adapters.export_files import StoredExports
from lyceum.bank.adapters.facade import BankCatalogue, BankExams, BankPlay
from lyceum.bank.adapters.lists import QuestionLists
from lyceum.bank.adapters.pruning import PRUNERS
from lyceum.bank.adapters.queries import CatalogueQueries, SubjectTitles
from lyceum.bank.adapters.rendering import SafeTexts
from lyceum.bank.adapters.repositories import SqlQuestions
from lyceum.bank.adapters.sources import FileSources
from lyceum.bank.adapters.staging import SqlStaging
from lyceum.bank.adapters.tasks import KINDS, CloseTransfers, Transferring
from lyceum.bank.adapters.transfer_queries import TransferQueries
from lyceum.bank.adapters.transfers import SqlTransfers
from lyceum.bank.adapters.versions import CurrentRows, Versions
from lyceum.bank.adapters.views import QuestionViews, ShownViews
from lyceum.bank.api import Catalogue, Exams, PlayQuestions
from lyceum.bank.ports import Cleaner, ExamProfiles, KeptFiles, Packs, Questions, Subjects
from lyceum.bank.transfer_ports import ExportFiles, Sources, Staging, Transfers
from lyceum.bank.use_cases.exams import WriteExamProfile
from lyceum.bank.use_cases.exports import RunExport, StartExport
from lyceum.bank.use_cases.imports import CancelTransfer, ConfirmImport, RunImport, StartImport, UndoImport
from lyceum.bank.use_cases.packs import CreatePack, EditPack
from lyceum.bank.use_cases.questions import (
    CreateQuestion,
    EditQuestion,
    PrepareQuestion,
    PublishQuestion,
    RetireQuestion,
)
from lyceum.bank.use_cases.validation import Validate
from lyceum.platform.uploads import PendingFiles


class BankProvider(Provider):
    """`AnsweredLookup` is the trainer's to provide."""

    scope = Scope.REQUEST

    daily = provide(BankOfDay, scope=Scope.APP)
    desk = provide(ImportsNow, scope=Scope.APP)
    questions = provide(SqlQuestions, provides=AnyOf[SqlQuestions, Questions])
    kept_files = alias(source=PendingFiles, provides=KeptFiles)
    packs = provide(SqlPacks, provides=Packs)
    profiles = provide(SqlExamProfiles, provides=ExamProfiles)
    views = provide(QuestionViews)
    editing = provide(Editing)
    consumers = provide_all(CountAnswers, KeepMeasures)
    use_cases = provide_all(
        PrepareQuestion,
        CreateQuestion,
        EditQuestion,
        PublishQuestion,
        RetireQuestion,
        CreatePack,
        EditPack,
        WriteExamProfile,
    )
    transfers = provide(SqlTransfers, provides=AnyOf[SqlTransfers, Transfers])
    staging = provide(SqlStaging, provides=Staging)
    transfer_use_cases = provide_all(
        StartImport, ConfirmImport, CancelTransfer, UndoImport, RunImport, StartExport, RunExport, Validate
    )
    sources = provide(FileSources, provides=Sources, scope=Scope.APP)
    exports = provide(StoredExports, provides=ExportFiles, scope=Scope.APP)
    transfer_queries = provide(TransferQueries, scope=Scope.APP)

    pruners = provide_all(*PRUNERS, scope=Scope.APP)
    tasks = provide_all(Transferring, *KINDS, CloseTransfers)
    titles = provide(SubjectTitles, provides=AnyOf[SubjectTitles, Subjects], scope=Scope.APP)
    current = provide(CurrentRows, scope=Scope.APP)
    versions = provide(Versions, scope=Scope.APP)
    lists = provide(QuestionLists, scope=Scope.APP)
    queries = provide(CatalogueQueries, scope=Scope.APP)
    shown = provide(ShownViews, scope=Scope.APP)
    cleaner = provide(SafeTexts, provides=Cleaner, scope=Scope.APP)
    play = provide(BankPlay, provides=PlayQuestions, scope=Scope.APP)
    catalogue = provide(BankCatalogue, provides=Catalogue, scope=Scope.APP)
    exams = provide(BankExams, provides=Exams, scope=Scope.APP)
