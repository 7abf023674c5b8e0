"""How well answers are predicted, on logs given as files and on made-up schools.

    uv run python bench/learning.py FILE... [--json] [--model elo|pfa|counts|average|online] [--fold 0-4] [--chart PNG]
    uv run python bench/learning.py [FILE...] --ablation
    uv run python bench/learning.py --worlds [--seeds 1 2 3]

FILE is a table with a header (comma, tab, semicolon or bar; UTF-8 or a Cyrillic or Western code page). A response log
has columns for learner, item and correct (0 or 1), and it may have skill, time, order and elapsed time, under any of
their usual names (`bench/response_logs.py` lists them). A review log has card_id, review_rating (1-4) and review_time.

Response logs: every fifth learner (those numbered FOLD, FOLD + 5, ... by first appearance; 0 unless told) is held out,
the others come first, each answer is predicted before the model learns it, and those of the learners held out count.
Review logs: each review at least a day after the one before is predicted by FSRS-6 with default parameters.

Prints AUC, log-loss and RMSE(bins) for plain Elo and for the model asked for (`online` unless told), and
writes the calibration of the latter as a PNG. `--json` ends with one line for each file: auc, log_loss, rmse_bins, n.
`--ablation` prints what each step of the model bought, `--worlds` how it does on schools it was not tuned to.
Exit status 2 when a file cannot be understood.
"""

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

if not __package__:  # run as a file: neighbours are found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.learning_figures import Figures, Predictions, draw, figures
from bench.learning_models import BASELINES, Forecaster, Online, PlainElo
from bench.learning_reviews import constant, forecast, regressed
from bench.learning_worlds import WORLDS
from bench.response_logs import BadLog, Log, Review, read
from lyceum.training.domain.prediction import Evidence

ONLINE = "online"


def evaluate(
    log: Log, model: Forecaster, fold: int, *, between: Callable[[Log, Sequence[int]], None] | None = None
) -> Predictions:
    """The model's predictions for the learners held out. `between` is called with the rows of the others, when they
    have been learned and before the first that counts."""
    found = Predictions()
    others, held = log.order(fold)
    _go_through(log, others, model, None)
    if between is not None:
        between(log, others)
    _go_through(log, held, model, found)
    return found


def _go_through(log: Log, rows: Iterable[int], model: Forecaster, found: Predictions | None) -> None:
    learners, items, skills, came = log.learners, log.items, log.skills, log.correct
    for row in rows:
        at, elapsed = log.at[row], log.elapsed[row]
        chance = model.predict(learners[row], items[row], skills[row], at if at == at else None)
        correct = bool(came[row])
        if found is not None:
            found.add(chance, correct)
        model.learn(correct, elapsed if elapsed == elapsed else None)


def _line(name: str, found: Figures, beside: str = "") -> str:
    return (
        f"  {name:<34} AUC {found.auc:.4f}   log-loss {found.log_loss:.4f}   RMSE(bins) {found.rmse_bins:.4f}   "
        f"n {found.n:,}{beside}"
    )


def _timed(log: Log, model: Forecaster, fold: int) -> tuple[Predictions, str]:
    begun = time.process_time()
    found = evaluate(log, model, fold)
    return found, f"   {(time.process_time() - begun) / len(log) * 1e6:.0f} µs of processor time an answer"


def _responses(log: Log, name: str, model: str, fold: int) -> Predictions:
    learners, items = len(set(log.learners)), len(set(log.items))
    skills = len(set(log.skills) - {-1}) or "no"
    print(f"{name}: {len(log):,} answers of {learners:,} learners to {items:,} items, {skills} skills")
    for note in log.notes:
        print(f"  note: {note}")
    if model != "elo":
        found, cost = _timed(log, BASELINES["elo"](), fold)
        if not found.came:
            raise BadLog(f"{name} has too few learners to hold every fifth out from number {fold}. Give at least five.")
        print(_line("elo", figures(found), cost))
    found, cost = _timed(log, BASELINES[model]() if model in BASELINES else Online(), fold)
    print(_line(model, figures(found), cost))
    return found


def _reviews(reviews: Sequence[Review], name: str) -> Predictions:
    found = forecast(reviews)
    if not found.came:
        raise BadLog(f"{name} has no review at least a day after another of its card. There is nothing to predict.")
    print(f"{name}: {len(reviews):,} reviews, {len(found.came):,} of them at least a day after the one before")
    print(_line("constant", figures(constant(found))))
    fsrs = figures(found)
    print(_line("fsrs, default parameters", fsrs, f"   AUC with ties won {fsrs.auc_ties_won:.4f}"))
    print(_line("fsrs, weighed online", figures(regressed(reviews))))
    return found


def measure(path: Path, model: str, fold: int, chart: Path | None) -> dict[str, object]:
    """Print the figures of a file and draw its calibration; the fields of its JSON line."""
    log = read(path)
    found = _responses(log, path.name, model, fold) if isinstance(log, Log) else _reviews(log, path.name)
    shown = model if isinstance(log, Log) else "fsrs"
    place = chart or Path(f"learning-{path.stem}.png")
    draw(found, f"{path.name}, {shown}: {len(found.came):,} answers", place)
    print(f"  calibration: {place}")
    final = {
        key: None if isinstance(it, float) and math.isnan(it) else it for key, it in asdict(figures(found)).items()
    }
    return {**final, "model": shown, "file": path.name}


def steps() -> Mapping[str, Callable[[], Forecaster]]:
    """From nothing to the whole model, one kind of evidence after the other."""
    found: dict[str, Callable[[], Forecaster]] = dict(BASELINES)
    used: frozenset[Evidence] = frozenset()
    found["elo in logits, weighed"] = lambda: Online(frozenset())
    for evidence in Evidence:
        used |= {evidence}
        found[f"+ {evidence}"] = lambda used=used: Online(used)  # type: ignore[misc]
    return found


def ablation(logs: Mapping[str, Log], fold: int) -> None:
    print("AUC / log-loss of the learners held out\n")
    print(f"{'':<30}" + "".join(f"{name[:15]:>18}" for name in logs))
    for name, make in steps().items():
        print(f"{name:<30}", end="", flush=True)
        for log in logs.values():
            print(_cell(evaluate(log, make(), fold)), end="", flush=True)
        print()
    for name, refitting in (("+ nightly 1PL", Online), ("elo + nightly 1PL", PlainElo)):
        print(f"{name:<30}", end="")
        for log in logs.values():
            model = refitting()
            print(_cell(evaluate(log, model, fold, between=model.refit)), end="", flush=True)
        print()


def _cell(found: Predictions) -> str:
    it = figures(found)
    return f"{it.auc:>9.4f} /{it.log_loss:>7.4f}"


def worlds(seeds: Sequence[int], fold: int) -> bool:
    """Whether the product's model beats every baseline in every made-up school, by AUC and by log-loss."""
    best = True
    for name, (make, learners) in WORLDS.items():
        for seed in seeds:
            log = Log.of(make(seed, learners))
            print(f"{name}, seed {seed}: {len(log):,} answers")
            base = {each: figures(evaluate(log, model(), fold)) for each, model in BASELINES.items()}
            ours = figures(evaluate(log, Online(), fold))
            for each, it in {**base, ONLINE: ours}.items():
                print(_line(each, it))
            wins = all(ours.auc > it.auc and ours.log_loss < it.log_loss for it in base.values())
            print("  PASS" if wins else "  FAIL: a baseline does better")
            best = best and wins
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", choices=[*BASELINES, ONLINE], default=ONLINE)
    parser.add_argument("--fold", type=int, choices=range(5), default=0)
    parser.add_argument("--chart", type=Path, metavar="PNG")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--worlds", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    it = parser.parse_args()
    if not it.files and not (it.ablation or it.worlds):
        parser.error("name a file, or ask for --ablation or --worlds")
    if it.chart and len(it.files) > 1:
        parser.error("--chart takes one file")
    gc.disable()  # states make no cycles, and looking for some walks through millions of them again and again
    try:
        lines = [measure(path, it.model, it.fold, it.chart) for path in it.files]
        if it.ablation:
            logs = {path.stem: log for path in it.files if isinstance(log := read(path), Log)}
            logs |= {name: Log.of(make(1, learners)) for name, (make, learners) in WORLDS.items()}
            ablation(logs, it.fold)
    except BadLog as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if it.worlds and not worlds(it.seeds, it.fold):
        sys.exit(1)
    if it.json:
        for line in lines:
            print(json.dumps(line))


if __name__ == "__main__":
    main()
