"""The measurement of the learner model: what it reads, what it refuses, and the figures that it must reach."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from bench.learning import evaluate
from bench.learning_figures import Predictions, draw, figures
from bench.learning_models import Average, Counts, Factors, Forecaster, Online, PlainElo
from bench.learning_reviews import forecast
from bench.learning_worlds import WORLDS, skill_builders
from bench.response_logs import BadLog, Log, Response, read

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
FRACTION = DATA / "ktm-fraction" / "needed.csv"
REVIEWS = DATA / "py-fsrs" / "review_logs_josh.csv"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"{path.name} is not in {path.parent}")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "log.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@needs(FRACTION)
def test_fraction_subtraction_reaches_its_figures() -> None:
    log = read(FRACTION)
    assert isinstance(log, Log)
    floor = figures(evaluate(log, PlainElo(), 0))
    assert floor.auc >= 0.861
    assert floor.log_loss <= 0.451
    ours = [figures(evaluate(log, Online(), fold)) for fold in range(5)]
    assert ours[0].auc >= 0.89
    assert sum(it.auc for it in ours) / 5 >= 0.885
    assert sum(it.log_loss for it in ours) / 5 <= 0.42


@needs(REVIEWS)
def test_real_reviews_are_foretold_as_well_as_published() -> None:
    reviews = read(REVIEWS)
    assert isinstance(reviews, list)
    found = figures(forecast(reviews))
    assert found.n == 5329
    assert found.log_loss == pytest.approx(0.4587, abs=5e-5)
    assert found.auc_ties_won == pytest.approx(0.715, abs=5e-4)
    assert found.auc == pytest.approx(0.714, abs=5e-4)


@pytest.mark.parametrize("world", WORLDS)
def test_the_model_beats_plain_elo_in_every_world_even_a_small_one(world: str) -> None:
    make, learners = WORLDS[world]
    log = Log.of(make(11, learners // 6))
    ours, floor = figures(evaluate(log, Online(), 0)), figures(evaluate(log, PlainElo(), 0))
    assert ours.log_loss < floor.log_loss
    assert ours.auc > floor.auc


def test_worlds_are_the_same_on_every_run() -> None:
    assert list(skill_builders(3, 5)) == list(skill_builders(3, 5))
    assert list(skill_builders(3, 5)) != list(skill_builders(4, 5))


@pytest.mark.parametrize("model", [Average, PlainElo, Factors, Counts, Online])
def test_no_prediction_sees_its_own_answer_or_a_later_one(model: type[Forecaster]) -> None:
    rows = list(skill_builders(2, 20))
    log = Log.of(rows)
    whole = evaluate(log, model(), 0)
    _, held = log.order(0)
    middle = len(held) // 2
    source = random.Random(0)
    for row in held[middle:]:
        log.correct[row] = source.random() < 0.5
        log.elapsed[row] = source.uniform(1, 1e6)
    changed = evaluate(log, model(), 0)
    assert changed.chances[: middle + 1] == whole.chances[: middle + 1]
    assert changed.chances[middle + 1 :] != whole.chances[middle + 1 :]


def test_answers_of_others_that_come_before_do_count() -> None:
    log = Log.of(skill_builders(2, 20))
    whole = evaluate(log, PlainElo(), 0)
    others, _ = log.order(0)
    for row in others:
        log.correct[row] = not log.correct[row]
    assert evaluate(log, PlainElo(), 0).chances != whole.chances


def test_rows_of_one_answer_to_several_skills_count_once(tmp_path: Path) -> None:
    log = read(
        written(
            tmp_path,
            "order_id,user_id,problem_id,skill_id,correct\n3,u,p2,s1,0\n1,u,p1,s1,1\n2,v,p1,s1,1\n1,u,p1,s2,1\n4,u,p2,s1,0\n",
        )
    )
    assert isinstance(log, Log)
    assert len(log) == 4
    assert list(log.numbers) == [1, 2, 3, 4]
    assert log.skills[0] != log.skills[1] == log.skills[2]


@pytest.mark.parametrize(
    "text",
    [
        "user_id,item_id,correct\na,x,1\nb,y,0\n",
        "User Id;Question ID;Is Correct\r\na;x;1\r\nb;y;0\r\n",
        "\ufeffstudent\tproblem\tcorrect\na\tx\t1.0\nb\ty\t0.0\n",
        'learner|item|correct|note\n"a"|x|true|\nb|y|false|"a|b"\n\n',
    ],
)
def test_logs_are_read_whatever_their_shape(tmp_path: Path, text: str) -> None:
    log = read(written(tmp_path, text))
    assert isinstance(log, Log)
    assert list(log.correct) == [1, 0]
    assert list(log.learners) == list(log.items) == [0, 1]
    assert list(log.skills) == [-1, -1]
    assert not log.notes


def test_a_cyrillic_code_page_is_read_and_said(tmp_path: Path) -> None:
    log = read(written(tmp_path, "user,item,skill,correct\nИван,дроби,алгебра,1\n".encode("cp1251")))
    assert isinstance(log, Log)
    assert "cp1251" in log.notes[0]


def test_times_in_milliseconds_and_iso_are_seconds(tmp_path: Path) -> None:
    log = read(written(tmp_path, "user,item,correct,timestamp\na,x,1,1700000060000\na,y,0,1700000000000\n"))
    assert isinstance(log, Log)
    assert list(log.at) == [1700000060.0, 1700000000.0]
    assert list(log.order(0)[1]) == [1, 0]
    log = read(written(tmp_path, "user,item,correct,timestamp\na,x,1,2023-11-14T22:14:20Z\n"))
    assert isinstance(log, Log)
    assert list(log.at) == [1700000060.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"user,item,correct\n", "no answers"),
        (b"hello\nworld\n", "names one column"),
        (b"user,thing,correct\na,x,1\n", "no column for the item"),
        (b"user,item,mark\na,x,1\n", "no column for the correct"),
        (b"user,item,correct\na,x,0.5\n", "Row 2 of log.csv has '0.5' for correct"),
        (b"user,item,correct\na,x,1\nb,y,\n", "Row 3 of log.csv has '' for correct"),
        (b"user,item,correct\n,x,1\n", "names no learner"),
        (b"user,item,correct\na;x;1\n", "has 1 columns and the header 3"),
        (b"user,item,correct\na,x,1,9\n", "has 4 columns and the header 3"),
        (b"user,item,correct,time\na,x,1,soon\n", "for a time"),
        (b"user,item,correct,elapsed_ms\na,x,1,soon\n", "for a number"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        (b"PK\x03\x04rest of a workbook", "binary"),
        ("user,item,correct\n".encode("utf-16"), "UTF-16"),
        (b'user,item,correct\na,"' + b"x" * 200_000 + b'",1\n', "no table"),
        (b"card_id,review_rating,review_time\n1,5,2024-01-01\n", "for a rating"),
        (b"card_id,review_rating,review_time\n1,3,yesterday\n", "for a time"),
        (b"card_id,review_rating\n1,3\n", "no column for the at"),
        (b"card_id,review_rating,review_time\n", "no reviews"),
    ],
)
def test_what_is_no_log_is_refused_with_the_reason(tmp_path: Path, text: bytes, said: str) -> None:
    with pytest.raises(BadLog, match=said.replace("(", r"\(")):
        read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_figures_are_those_of_the_book() -> None:
    found = Predictions()
    for chance, came in ((0.1, False), (0.4, True), (0.35, False), (0.8, True), (0.4, False)):
        found.add(chance, came)
    it = figures(found)
    assert it.auc == pytest.approx(5.5 / 6)
    assert it.auc_ties_won == 1
    loss = -(math.log(0.9) + math.log(0.4) + math.log(0.65) + math.log(0.8) + math.log(0.6)) / 5
    assert it.log_loss == pytest.approx(loss)
    assert it.rmse_bins == pytest.approx(math.sqrt((0.01 + 0.1225 + 0.04 + 2 * 0.01) / 5))


def test_the_command_prints_one_json_line_and_draws_the_calibration(tmp_path: Path) -> None:
    path = tmp_path / "made.csv"
    rows = [f"{it.learner},{it.item},{it.skill},{it.correct}\n" for it in skill_builders(1, 12)]
    path.write_text("user,item,skill,correct\n" + "".join(rows))
    command = [sys.executable, str(ROOT / "bench" / "learning.py"), str(path), "--json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    last = json.loads(run.stdout.splitlines()[-1])
    assert {"auc", "log_loss", "rmse_bins", "n"} <= set(last)
    assert (tmp_path / "learning-made.png").read_bytes().startswith(b"\x89PNG")
    path.write_text("user,item\n1,2\n")
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no column for the correct" in run.stderr


def test_a_calibration_is_drawn_even_of_one_answer(tmp_path: Path) -> None:
    found = Predictions()
    found.add(0.5, came=True)
    draw(found, "one answer", tmp_path / "one.png")
    assert math.isnan(figures(found).auc)


def test_a_log_of_responses_keeps_what_is_not_known_apart() -> None:
    timed = Response("a", "y", "s", correct=False, at=5.0, elapsed_ms=900.0)
    log = Log.of([Response("a", "x", "", correct=True), timed])
    assert math.isnan(log.at[0])
    assert list(log.skills) == [-1, 0]
    assert list(log.order(0)[1]) == [0, 1]
