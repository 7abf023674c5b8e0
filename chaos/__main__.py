"""`python -m chaos NUMBER [--short] [--seed N]`: run one experiment; the last line is its verdict as JSON.

Exit code 1 when it did not pass. docs/chaos.md says what each shows.
"""

import argparse
import asyncio
import importlib
import json
import sys
import time

from chaos.verdict import Scale, Verdict

EXPERIMENTS = {
    1: "chaos.killed_workers",
    2: "chaos.paused_worker",
    3: "chaos.deploys",
    4: "chaos.killed_broker",
    5: "chaos.cut_cable",
    6: "chaos.restarted_database",
    9: "chaos.schedulers",
    10: "chaos.jumping_clocks",
    15: "chaos.poison",
    16: "chaos.lost_publishes",
    22: "chaos.killed_imports",
    23: "chaos.starvation",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("number", type=int, nargs="?", choices=sorted(EXPERIMENTS), help="the experiment")
    parser.add_argument("--list", action="store_true", help="print the numbers of all experiments")
    parser.add_argument("--short", action="store_true", help="the form that CI runs: fewer faults, shorter leases")
    parser.add_argument("--seed", type=int, default=1, help="what chance is made from")
    given = parser.parse_args()
    if given.number is None:
        print(*sorted(EXPERIMENTS))
        return 0 if given.list else 2
    began = time.monotonic()
    experiment = importlib.import_module(EXPERIMENTS[given.number])
    verdict: Verdict = asyncio.run(experiment.run(Scale(short=given.short, seed=given.seed)))
    print(json.dumps({"experiment": given.number, **verdict.told(), "seconds": round(time.monotonic() - began, 1)}))
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
