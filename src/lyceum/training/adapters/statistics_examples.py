"""Examples of question statistics for the API's description."""

from collections.abc import Mapping

type Json = Mapping[str, object]

_QUESTION, _SET = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f", "5b0e6a2f-1c11-4a01-9c1e-0198f2c47d10"

WORDS: Json = {"question_id": _QUESTION, "solved": "half", "popular_mistake": "b", "numbers": None}
NUMBERS: Json = {
    **WORDS,
    "numbers": {
        "answered": 536,
        "measured": 536,
        "facility": 0.5317,
        "deviation": 0.4995,
        "discrimination": 69.04,
        "efficiency": 77.44,
        "random_guess": 0.25,
        "rating": 1487.2,
        "rating_error": 31.0,
        "signs": ["unused_option"],
        "options": [
            {"option": "a", "right": True, "count": 285, "share": 0.5317, "rest": 0.74},
            {"option": "b", "right": False, "count": 160, "share": 0.2985, "rest": 0.41},
            {"option": "c", "right": False, "count": 91, "share": 0.1698, "rest": 0.29},
            {"option": "d", "right": False, "count": 0, "share": 0.0, "rest": None},
        ],
        "groups": [
            {"low": 0.0, "high": 0.37, "answered": 218, "facility": 0.13, "options": {"a": 28, "b": 120, "c": 70}},
            {"low": 0.42, "high": 1.0, "answered": 318, "facility": 0.81, "options": {"a": 257, "b": 40, "c": 21}},
        ],
        "versions": [{"version": 1, "answered": 536, "facility": 0.5317, "discrimination": 69.04}],
    },
}
LISTED: Json = {
    "items": [
        {
            "question_id": _QUESTION,
            "subject": "geography",
            "answered": 536,
            "measured": 536,
            "facility": 0.5317,
            "discrimination": 69.04,
            "efficiency": 77.44,
            "signs": ["unused_option"],
        }
    ],
    "next_cursor": None,
}
_LISTED_SET: Json = {
    "id": _SET,
    "kind": "list",
    "source_id": None,
    "size": 20,
    "learners": 536,
    "mean": 10.68,
    "deviation": 6.49,
    "alpha": 0.9388,
}
SETS: Json = {"items": [_LISTED_SET], "next_cursor": None}
SET: Json = {
    **_LISTED_SET,
    "items": [{"question_id": _QUESTION, "max_score": 1.0, "facility": 0.5317, "weight": 5.32}],
}
CHECKS = {
    "checks": [
        {
            "day": "2026-05-20",
            "at": "2026-05-21T00:30:12Z",
            "answers": 184233,
            "learners": 2140,
            "questions": 4711,
            "whole": True,
            "passes": 14,
            "settled": True,
            "spread": 1.12,
            "shift": 0.08,
            "scatter": 0.21,
            "correlation": 0.97,
            "strayed": 12,
        }
    ],
    "strayed": [
        {
            "question_id": "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f",
            "subject": "geography",
            "answered": 412,
            "rating": 1702.5,
            "fitted": 1588.1,
            "fitted_error": 21.4,
            "off": 114.4,
        }
    ],
}
