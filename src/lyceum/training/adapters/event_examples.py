"""What the API's description shows of events."""

from lyceum.training.adapters.examples import Json

_EVENT, _TRAINING = "0198f2d0-11aa-7b21-8c3d-2f4e6a8b0c11", "0198f2d1-22bb-7c32-9d4e-3a5f7b9c1d22"
_SEAL = "6b1d0d6d5f0f8a4b8f5ad7d1f5b2f1e07b0cbb7a0b6f3ac0f1f0a3c59d1e2f34"
EVENT: Json = {
    "id": _EVENT,
    "title": "Школьный этап по химии",
    "description": "Бумага и калькулятор разрешены.",
    "state": "draft",
    "opens_at": "2026-12-05T07:00:00Z",
    "closes_at": "2026-12-05T11:00:00Z",
    "duration_min": 120,
    "exam": "ege",
    "subject": "chemistry",
    "year": None,
    "part": "first",
    "question_count": None,
    "variants": 4,
    "freeze_min": 30,
    "freezes_at": "2026-12-05T10:30:00Z",
    "standings": "live",
    "seal": "",
    "server_time": "2026-11-21T12:00:00Z",
    "version": 1,
    "is_mine": True,
    "me": None,
}
JOINED: Json = {
    **EVENT,
    "state": "announced",
    "seal": _SEAL,
    "version": 2,
    "is_mine": False,
    "me": {
        "name": "Анна К.",
        "variant": 3,
        "joined_at": "2026-11-30T15:00:00Z",
        "training_id": None,
        "finished_at": None,
    },
}
_FIRST: Json = {
    "place": 1,
    "name": "Анна К.",
    "score": 15.0,
    "answered": 16,
    "time_ms": 3061000,
    "finished": True,
    "me": True,
}
STANDINGS: Json = {
    "kind": "final",
    "taken_at": "2026-12-05T11:00:31Z",
    "revision": 1,
    "digest": _SEAL,
    "total": 2,
    "items": [_FIRST, {**_FIRST, "place": 2, "name": "Пётр", "score": 11.0, "time_ms": 3600000, "me": False}],
    "me": _FIRST,
    "next_from": None,
}
_NOT_FOUND = (404, "training.event_not_found", "There is no such event. Check the link, or look at the list of events.")
CREATE_REFUSED = ((422, "training.bad_event", "The event cannot be kept like that. See errors."),)
SEAL_REFUSED = (
    _NOT_FOUND,
    (403, "training.not_the_organiser", "Only the organiser of an event and operators may do this."),
    (
        409,
        "training.event_sealed",
        "The variants of this event are sealed, so it cannot be changed any more. Cancel it and make another one.",
    ),
    (
        409,
        "training.slots_unfilled",
        "The bank has no fitting question for tasks 7, 12, so no variant can be drawn. Take part 1 alone if it is "
        "whole, or add questions with these task numbers and points. See errors.",
    ),
)
JOIN_REFUSED = (
    _NOT_FOUND,
    (
        409,
        "training.event_over",
        "The event closed at 2026-12-05 11:00:00+00:00 by the server's clock; nobody can start it any more.",
    ),
)
START_REFUSED = (
    *JOIN_REFUSED,
    (
        409,
        "training.event_not_open",
        "The event opens at 2026-12-05 07:00:00+00:00 by the server's clock. Join it now, and start then.",
    ),
    (
        409,
        "training.already_active",
        f"A training of this mode is going on ({_TRAINING}). Finish it, or send replace=true to end it.",
    ),
)
STANDINGS_REFUSED = (
    _NOT_FOUND,
    (
        409,
        "training.standings_hidden",
        "The organiser shows the standings of this event only when it is over, after 2026-12-05 11:00:00+00:00.",
    ),
)
RESCORE_REFUSED = (
    _NOT_FOUND,
    (
        409,
        "training.event_goes_on",
        "The event goes on, or its papers are still being marked. Try again when it is over.",
    ),
)
