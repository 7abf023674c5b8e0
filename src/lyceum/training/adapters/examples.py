"""What the API's description shows as examples."""

from collections.abc import Mapping
from http import HTTPStatus

type Json = Mapping[str, object]

_ATTEMPT, _TRAINING = "0198f2c4-7d10-7a01-9c1e-5b0e6a2f1c11", "0198f2c4-7c9e-7b55-8d2a-61c2a9be3f04"
_QUESTION = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"


def problem(status: int, code: str, detail: str) -> Json:
    return {
        "type": f"/docs/errors#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [],
        "trace_id": "0f8d2c1e5b7a4d3c9e6f00000000002a",
    }


START_REFUSED = (
    (404, "training.no_questions", "No question passes these filters. Take fewer filters, or another subject."),
    (
        409,
        "training.already_active",
        f"A training of this mode is going on ({_TRAINING}). Finish it, or send replace=true to end it.",
    ),
)
ANSWER_REFUSED = (
    (404, "training.attempt_not_found", "This training has no such attempt. Read the training again."),
    (409, "training.answered_differently", "This question was answered already, with another answer."),
    (409, "training.finished", "This training is finished. Look at its result, or start a new one."),
    (409, "training.late", "The time was up at 2026-05-29 10:55:00+00:00, so this answer does not count."),
    (422, "bank.answer_shape", "The answer has not the shape that this kind of question takes."),
)

CURRENT: Json = {
    "attempt_id": _ATTEMPT,
    "position": 1,
    "shown_at": "2026-05-20T15:04:05Z",
    "question": {
        "id": _QUESTION,
        "version": 2,
        "find_code": "7KQ2M4XD",
        "kind": "single_choice",
        "language": "ru",
        "exam": "ege",
        "subject": "geography",
        "subject_title": "География",
        "exam_task_number": 3,
        "topics": ["Европа"],
        "difficulty": "medium",
        "max_score": 1.0,
        "stem_html": "Столица Франции?",
        "options": [{"id": "b", "html": "Лион"}, {"id": "a", "html": "Париж"}],
        "items": [],
        "gaps": [],
        "media": [],
        "has_hint": False,
        "criteria": [],
    },
}
TRAINING: Json = {
    "id": _TRAINING,
    "mode": "practice",
    "filters": {
        "exam": "ege",
        "subject": "geography",
        "task_numbers": [3],
        "topics": [],
        "difficulty": None,
        "pack": None,
        "pack_listed": False,
        "question_ids": [],
        "mistakes_only": False,
    },
    "length": 20,
    "deadline": None,
    "started_at": "2026-05-20T15:04:05Z",
    "finished_at": None,
    "position": 1,
    "answered": 0,
    "correct": 0,
    "score": 0.0,
    "max_score": 0.0,
    "current": CURRENT,
}
ANSWER: Json = {
    "attempt_id": _ATTEMPT,
    "verdict": "correct",
    "score": 1.0,
    "max_score": 1.0,
    "answer": "a",
    "right_answer": "a",
    "explanation_html": "Париж стоит на Сене.",
    "explanation_media": [],
    "feedback": [],
    "elements": {"a": True},
    "elapsed_ms": 4200,
    "next": {**CURRENT, "position": 2, "attempt_id": "0198f2c4-9a00-7c12-b3d4-0a1b2c3d4e5f"},
    "result": None,
    "training": {**TRAINING, "position": 2, "answered": 1, "correct": 1, "score": 1.0, "max_score": 1.0}
    | {"current": None},
}
_SUMS: Json = {"answered": 40, "correct": 29, "score": 31.5, "max_score": 44.0, "accuracy": 0.7159}
PROGRESS: Json = {
    "total": _SUMS,
    "streak": {"current": 4, "best": 11, "today": True},
    "mistakes": 9,
    "reviews": {"due": 6, "next_due": "2026-05-22T08:00:00Z"},
    "subjects": [
        {
            "subject": "geography",
            "total": _SUMS,
            "ability": 1562.4,
            "ability_error": 92.4,
            "tasks": {"3": _SUMS},
            "topics": {"Европа": _SUMS},
            "abilities": [{"day": "2026-05-20", "ability": 1562.4, "ability_error": 92.4}],
        }
    ],
    "days": [{"day": "2026-05-20", "answered": 40, "accuracy": 0.7159}],
    "goal": {"target": 20, "answered": 12},
    "forecasts": [
        {
            "exam": "ege",
            "subject": "geography",
            "year": 2026,
            "verified": False,
            "state": "ready",
            "answers_needed": 0,
            "covered": 0.842,
            "confidence": 0.8,
            "max_primary": 38.0,
            "primary": {"likely": 27, "low": 23, "high": 31},
            "test": {"likely": 68, "low": 61, "high": 77},
            "scale": {"year": 2025, "source": "https://example.org/scale", "verified": False},
            "passing": 37,
        }
    ],
}
SETTINGS: Json = {"daily_goal": 20, "on_leaderboard": True, "version": 3}
WHY: Json = {
    "attempt_id": _ATTEMPT,
    "question_id": _QUESTION,
    "why": {
        "reason": "due",
        "predicted": None,
        "target": None,
        "recall": 0.87,
        "retention": 0.9,
        "topic_days": 4,
    },
    "language": "en",
    "sentences": [
        "Its review is due: the chance that you still remember the answer is about 87%, and a question comes back when "
        "it falls to 90%.",
        "You last answered its topic 4 days ago.",
    ],
}
LEADERBOARD: Json = {
    "period": "week",
    "begins": "2026-05-18",
    "ends": "2026-05-24",
    "subject": None,
    "total": 214,
    "you": {"place": 37, "points": 41.5, "answers": 48, "listed": True},
    "items": [
        {"place": 1, "name": "Аня Коваль", "points": 128.0, "answers": 140, "is_you": False},
        {"place": 2, "name": "", "points": 117.25, "answers": 131, "is_you": False},
    ],
    "next_cursor": None,
}
