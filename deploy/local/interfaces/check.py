"""Checks the documents in docs/interfaces against the running program; see deploy/local/check-interfaces."""

import argparse
import signal
import sys
import traceback
from pathlib import Path

import callbacks
import documents
import files
import messages
import views
from programs import Program
from report import Report

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--needrecord", type=Path, required=True, help="the executable")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what the programs write")
    parser.add_argument("--documents", type=Path, default=ROOT / "docs/interfaces", help="another copy of them")
    parser.add_argument("--faults", type=int, default=40, help="how many faults of each part to print")
    arguments = parser.parse_args()
    # Or what was started would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(arguments.faults)
    try:
        run(report, arguments.documents, Program(arguments.needrecord.resolve(), arguments.work.resolve()))
    except Exception:
        # A check that could not go on has failed, and so has everything after it.
        traceback.print_exc()
        report.failed += 1
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def run(report: Report, folder: Path, program: Program) -> None:
    report.begin("documents")
    described = documents.Documents(folder)
    documents.check(described, report)
    report.end()
    try:
        # The short time is for requests that never end; all others are there at once.
        service = program.start("all", "serve", http_requestTimeout="1s")
        service.wait_until_ready()
        # From here on everything that is published is looked at.
        scene = messages.Scene(described, report, program, service)
        scene.prepare_rules()
        report.begin("HTTP")
        callbacks.check(described, report, program, service)
        report.end()
        report.begin("messages")
        messages.check(scene)
        report.end()
        report.begin("readers of messages")
        scene.compare_readers()
        report.end()
        report.begin("files")
        files.check(described, report, program, ROOT)
        report.end()
        report.begin("database")
        views.check(report, folder, ROOT)
        report.end()
        report.begin("what is told at the end")
        for service in program.services:
            code = service.stop()
            report.check(code == 0, f"{service.name} ended with {code}: {service.log.read_text()[-1000:]}")
        messages.finish(scene)
        report.end()
    finally:
        program.stop_all()


if __name__ == "__main__":
    sys.exit(main())
