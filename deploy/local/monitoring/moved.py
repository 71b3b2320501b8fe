"""Whether every metric that the dashboard shows has moved in the tests: moved.py FOLDER, with what they have noted there."""

import json
import sys
from pathlib import Path

from checks import VARIABLES
from queries import parse, references

ROOT = Path(__file__).resolve().parents[3]

# What does not move, or not in every run, and why.
STILL = {
    "needrecord_build_info": "it is constant",
    "needrecord_journal_limit_bytes": "it is a setting",
    "process_max_fds": "it is a setting",
    "process_start_time_seconds": "it is constant",
    "needrecord_admission_signatures_forgotten_total": "it takes 131,072 signatures; SignatureMemoryTests forget with less",
    "needrecord_audit_missed_total": "it takes a stream beyond its retention; AuditorTroubleTests have one",
    "needrecord_log_lines_dropped_total": "it takes a MiB that nobody reads; LogStreamTests drop with less",
    "needrecord_undeliverable_replies_unkept_total": "it takes a broker that is lost just then; ReturnedRepliesTests have none",
}


def shown() -> set[str]:
    """What queries of the dashboard refer to, but for what recording rules make."""
    dashboard = json.loads((ROOT / "deploy/monitoring/dashboard.json").read_text())
    names = set()
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            names |= {selector.name for selector in references(parse(query))[0]}
    return {name for name in names if ":" not in name and name != "up"}


def main() -> int:
    moved = {name for file in Path(sys.argv[1]).glob("*.txt") for name in file.read_text().split()}
    on_dashboard = shown()
    faults = [f"{name} is on the dashboard, and did not move in the tests" for name in on_dashboard - moved - STILL.keys()]
    faults += [f"{name} is not on the dashboard, and need not be named here" for name in STILL.keys() - on_dashboard]
    for fault in sorted(faults):
        print(f"moved: {fault}", file=sys.stderr)
    print(f"{len(on_dashboard & moved)} of the {len(on_dashboard)} metrics on the dashboard moved in the tests")
    return 1 if faults else 0


sys.exit(main())
