"""Checks the documents, and runs what they tell operators to type; see deploy/local/check-docs."""

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import broken
import checks
import data
import facts as sources
import markdown
from runs import Plan, Runner

sys.path.append(str(Path(__file__).resolve().parent.parent / "interfaces"))
from programs import Program  # noqa: E402
from report import Report  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--needrecord", type=Path, required=True, help="the executable")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is run")
    parser.add_argument("--faults", type=int, default=40, help="how many faults of each part to print")
    parser.add_argument("--document", action="append", help="run the blocks of this document only; may be repeated")
    arguments = parser.parse_args()
    # Or what was started would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(arguments.faults)
    try:
        check(report, Program(arguments.needrecord.resolve(), arguments.work.resolve()), arguments.document)
    except Exception:
        # A check that could not go on has failed, and so has everything after it.
        traceback.print_exc()
        report.failed += 1
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def check(report: Report, program: Program, only: list[str] | None) -> None:
    names = markdown.files()
    documents = markdown.documents(names)
    facts = sources.load(program.executable, names)
    try:
        service = program.start("gateway-1", "serve")
        service.wait_until_ready()
        facts.counters = set(service.counters())
        facts.relations = relations(program)
        for name, one in checks.CHECKS.items():
            report.begin(name)
            faults = list(one(documents, facts))
            for fault in faults:
                report.check(False, fault)
            report.passed += len(documents) if not faults else 0
            report.end()
        report.begin("checks that are broken on purpose")
        broken.prove(report, documents, facts)
        report.end()
        runner = Runner(
            program.executable,
            program.work / "blocks",
            service.port,
            service.ops_port,
            {"NEEDRECORD_JOURNAL_DIRECTORY": str(program.work / "gateway-1.journal")},
        )
        data.make(program, service)
        run(report, documents, runner, only)
        report.begin("runs that are broken on purpose")
        broken.prove_runs(report, runner)
        report.end()
    finally:
        program.stop_all()


def run(report: Report, documents: dict[str, markdown.Document], runner: Runner, only: list[str] | None) -> None:
    plan = Plan(documents)
    report.begin("blocks of code")
    for fault in plan.faults:
        report.check(False, fault)
    report.check(bool(plan.steps), "nothing is run")
    report.end()
    for name in sorted({step.block.document for step in plan.steps}):
        if only and name not in only:
            continue
        report.begin(name)
        for count, faults in runner.run([step for step in plan.steps if step.block.document == name]):
            report.none(faults, "run")
            report.passed += 0 if faults else count - 1
        report.end()
    if not only:
        report.begin("expectations")
        report.none(runner.unused(), "of no use")
        report.end()


def relations(program: Program) -> set[str]:
    """Tables, views and functions of the database, and what of the broker is named alike."""
    listed = subprocess.run(
        [
            "psql", "--no-psqlrc", "--tuples-only", "--no-align", program.urls["NEEDRECORD_DATABASE_ADMIN_URL"], "--command",
            """
            SELECT relname FROM pg_class WHERE relnamespace = 'needrecord'::regnamespace
            UNION SELECT proname FROM pg_proc WHERE pronamespace = 'needrecord'::regnamespace
            """,
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return set(listed.stdout.split()) | {"callbacks", "dead", "decisions", "late", "outcomes", "replies"} | {
        # Names of configuration files, of loggers and of attributes of traces.
        "yaml", "event", "gateway", "worker", "note",
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
