"""Bindings of the platform's own adapters that need nothing but the settings."""

from dishka import AnyOf, Provider, Scope, provide

from lyceum.kernel.ports import Clock
from lyceum.platform.database import Database, SqlTransaction
from lyceum.platform.file_links import FileLinks
from lyceum.platform.file_store import StoredFiles, open_files
from lyceum.platform.files import MIB, Files
from lyceum.platform.health import Probes, probes
from lyceum.platform.metrics import Metrics
from lyceum.platform.settings import Settings
from lyceum.platform.uploads import PendingFiles, Uploads


class FilesProvider(Provider):
    """Files in the store that the settings choose, their links, and the forms that bring them."""

    @provide(scope=Scope.APP)
    def links(self, settings: Settings, clock: Clock) -> FileLinks:
        return FileLinks(settings.secret_key, clock, settings.link_seconds)

    @provide(scope=Scope.APP)
    def files(self, settings: Settings, links: FileLinks) -> AnyOf[StoredFiles, Files]:
        return open_files(settings, links)

    @provide(scope=Scope.APP)
    def uploads(self, settings: Settings, files: Files, database: Database) -> Uploads:
        return Uploads(files, database, (settings.max_upload_mb + settings.max_body_mb) * MIB)

    @provide(scope=Scope.REQUEST)
    def pending(self, transaction: SqlTransaction) -> PendingFiles:
        return PendingFiles(transaction)


class OperationProvider(Provider):
    """What the operator watches."""

    metrics = provide(Metrics, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def probes(self, settings: Settings, database: Database, files: StoredFiles) -> Probes:
        return probes(settings, database, files)
