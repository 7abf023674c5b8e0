"""The page of the leaderboard."""

from collections.abc import Mapping
from urllib.parse import urlencode

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get

from lyceum.accounts.api import Actor
from lyceum.bank.api import Catalogue
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import Pages, Viewer, redirect
from lyceum.training.adapters.leaderboard import ReadLeaderboard
from lyceum.training.domain.leaderboard import Period

PER_PAGE = 50


class LeaderboardPages(Controller):
    """`/leaderboard`; a visitor signs in first."""

    path = "/leaderboard"
    include_in_schema = False

    @get()
    @inject
    async def board(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadLeaderboard],
        catalogue: FromDishka[Catalogue],
    ) -> Response[str]:
        """The page that the filters and the cursor ask for; filters that are unknown are left out."""
        if not actor.is_signed_in:
            return redirect(request, "/login?next=/leaderboard")
        asked, cursor = request.query_params, request.query_params.get("cursor", "")
        subjects = await catalogue.subjects(viewer.locale)
        wanted = asked.get("period", "")
        period = Period(wanted) if wanted in set(Period) else Period.WEEK
        subject = asked.get("subject", "")
        subject = subject if subject in {it.id for it in subjects} else ""
        board = await read(actor, period, subject or None, limit=PER_PAGE, cursor=cursor or None)
        chosen = {"period": period.value, "subject": subject}
        return pages.respond(
            "training/leaderboard.html",
            viewer,
            board=board,
            subjects=[it for it in subjects if it.questions],
            chosen=chosen,
            first_href=_href(chosen) if cursor else "",
            next_href=_href(chosen | {"cursor": board.next_cursor}) if board.next_cursor else "",
            is_guest=actor.is_guest,
        )


def _href(chosen: Mapping[str, str]) -> str:
    return "/leaderboard?" + urlencode({name: value for name, value in chosen.items() if value})


PAGES = [LeaderboardPages]
