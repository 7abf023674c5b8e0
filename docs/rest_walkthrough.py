"""A learner's whole way over REST, with nothing but the standard library.

    python docs/rest_walkthrough.py http://127.0.0.1:8000

Signs up, trains twenty questions of whatever kind, ends the training, shows its result and the progress. The same
calls one by one, with their answers, are in rest-walkthrough.md.
"""
# ruff: noqa: T201, S310

import argparse
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict
from urllib.error import HTTPError
from urllib.request import Request, urlopen

QUESTIONS = 20


class Choice(TypedDict):
    id: str
    html: str


class Gap(TypedDict):
    id: str
    kind: str
    options: Sequence[Choice]


class Question(TypedDict):
    """A question without its answer."""

    kind: str
    find_code: str
    subject_title: str
    options: Sequence[Choice]
    items: Sequence[Choice]
    gaps: Sequence[Gap]


class Attempt(TypedDict):
    attempt_id: str
    position: int
    question: Question


class Training(TypedDict):
    id: str
    length: int
    current: Attempt | None


class Verdict(TypedDict):
    """How an answer did, and the next question."""

    verdict: str
    score: float
    max_score: float
    right_answer: object
    next: Attempt | None


class Sums(TypedDict):
    answered: int
    correct: int
    accuracy: float | None


class Subject(TypedDict):
    subject: str
    total: Sums
    ability: float
    ability_error: float


class Reply(TypedDict):
    """Every field that this script reads of any answer; which ones are there, the call tells."""

    access_token: NotRequired[str]
    total: NotRequired[Sums]
    subjects: NotRequired[Sequence[Subject]]


class Refused(Exception):
    """The server's problem+json: a code for programs and a text for people."""


@dataclass(slots=True)
class Server:
    """Calls with JSON in and out; `token` goes along once there is one."""

    url: str
    token: str = ""

    def call[T](self, reply: type[T], method: str, path: str, body: Mapping[str, object] | None = None) -> T:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(f"{self.url}{path}", data, headers, method=method), timeout=30) as response:
                found: T = json.load(response)
                return found
        except HTTPError as error:
            problem = json.load(error)
            raise Refused(f"{error.code} {problem.get('code')}: {problem.get('detail')}") from error


def answer_to(question: Question) -> object:
    """Something in the shape of the question's kind, mostly wrong: the first choice, the number 1, a word."""
    options = [option["id"] for option in question["options"]]
    items = [item["id"] for item in question["items"]]
    match question["kind"]:
        case "single_choice":
            return options[0]
        case "multiple_choice":
            return options[:1]
        case "true_false":
            return True
        case "numeric":
            return "1"
        case "matching":
            return dict.fromkeys(items, options[0])
        case "ordering":
            return items
        case "cloze":
            return {gap["id"]: into(gap) for gap in question["gaps"]}
        case "description":
            return None
    return "word"


def into(gap: Gap) -> object:
    if not gap["options"]:
        return "1"
    first = gap["options"][0]["id"]
    return [first] if gap["kind"] == "multiple_choice" else first


def train(server: Server) -> None:
    asked = {"mode": "practice", "length": QUESTIONS, "replace": True}
    training = server.call(Training, "POST", "/api/training/trainings", asked)
    here = f"/api/training/trainings/{training['id']}"
    attempt = training["current"]
    while attempt is not None:
        question = attempt["question"]
        given = {"attempt_id": attempt["attempt_id"], "answer": answer_to(question), "elapsed_ms": 1500}
        judged = server.call(Verdict, "POST", f"{here}/answers", given)
        points = f"{judged['score']:g} of {judged['max_score']:g}"
        right = json.dumps(judged["right_answer"], ensure_ascii=False)[:60]
        print(f"{attempt['position']:2}. {question['kind']:16}{judged['verdict']:9}{points:10}right: {right}")
        attempt = judged["next"]
    server.call(Training, "POST", f"{here}/finish", {})
    total = server.call(Reply, "GET", f"{here}/result")["total"]
    print(f"Result: {total['correct']} right of {total['answered']}")


def show_progress(server: Server) -> None:
    progress = server.call(Reply, "GET", "/api/training/me/progress")
    total = progress["total"]
    share = "no points yet" if total["accuracy"] is None else f"accuracy {total['accuracy']:.0%}"
    print(f"Progress: {total['answered']} answers counted, {share}")
    for subject in progress["subjects"]:
        print(
            f"  {subject['subject']:14}{subject['total']['answered']:3} answers, "
            f"ability {subject['ability']:.0f} ± {subject['ability_error']:.0f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="A learner's whole way over REST.")
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000", help="where lyceum serves")
    server = Server(parser.parse_args().url.rstrip("/"))
    email = f"walk-{secrets.token_hex(4)}@example.org"
    account = {"email": email, "password": secrets.token_urlsafe(16), "name": "Walker"}
    try:
        server.token = server.call(Reply, "POST", "/api/auth/sign-up", account)["access_token"]
        print(f"Signed up as {email}")
        train(server)
        show_progress(server)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
