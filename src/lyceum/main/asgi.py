"""`lyceum web`: the application in several processes.

The application is imported by the workers only: metrics decide at their import whether processes share them.
"""

import asyncio
import os

from granian.constants import Interfaces, Loops
from granian.server.mp import MPServer
from litestar import Litestar

from lyceum.main.serving import BACKLOG, CONNECTIONS, DRAIN_SECONDS, require_free_port
from lyceum.main.startup import prepare_data_folder, require_schema
from lyceum.platform.settings import Settings
from lyceum.platform.shared_metrics import share_between_processes


def create() -> Litestar:
    """The application of one worker, from the environment that `serve_processes` has set."""
    from lyceum.main.web import create_web

    return create_web(prepare_data_folder(Settings.load()))


def serve_processes(settings: Settings) -> None:
    """Serve until told to stop; workers that do not stop in time are ended."""
    prepared = prepare_data_folder(settings)
    require_free_port(settings.host, settings.port)
    asyncio.run(require_schema(prepared))
    os.environ |= {
        "LYCEUM_HOST": settings.host,
        "LYCEUM_PORT": str(settings.port),
        "LYCEUM_WORKERS": str(settings.workers),
        "LYCEUM_SECRET_KEY": prepared.secret_key,
        "LYCEUM_DATA_DIR": str(settings.data_dir),
    }
    if settings.workers > 1:
        share_between_processes(prepared.data_dir / "metrics")
    MPServer(
        "lyceum.main.asgi:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        workers=settings.workers,
        loop=Loops.auto,
        workers_kill_timeout=DRAIN_SECONDS,
        log_enabled=False,
    ).serve()
