"""What there is for documents to speak of: commands and their options, settings, metrics, counters, relations."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from markdown import ROOT


@dataclass
class Command:
    """One command, by its --help."""

    help: str
    # Each option, and whether it takes a value.
    options: dict[str, bool] = field(default_factory=dict)
    # How many arguments it may have beside them.
    arguments: int = 0
    subcommands: list[str] = field(default_factory=list)


def command(help: str) -> Command:
    found = Command(help)
    section = ""
    for line in help.splitlines():
        if heading := re.match(r"([A-Z][A-Z ]*):", line):
            section = heading[1]
        elif section == "SUBCOMMANDS" and (name := re.match(r"  ([a-z][a-z-]*)(?:\s|$)", line)):
            found.subcommands.append(name[1])
        elif section == "ARGUMENTS" and re.match(r"  <", line):
            found.arguments = 100 if "..." in line else found.arguments + 1
        elif match := re.match(r"  ((?:-\w, )?(?:--?[a-z][\w-]*)(?:[,/] ?-[\w-]+)*)( <[^>]*>)?", line):
            for name in re.split(r", |/", match[1]):
                found.options[name] = bool(match[2])
    return found


def commands(executable: Path) -> dict[tuple[str, ...], Command]:
    """All commands by their words."""
    found: dict[tuple[str, ...], Command] = {}
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        words = waiting.pop()
        run = subprocess.run([executable, *words, "--help"], capture_output=True, text=True, check=True, timeout=30)
        found[words] = command(run.stdout)
        waiting += [(*words, name) for name in found[words].subcommands]
    return found


def environment_variable(key: str) -> str:
    return "NEEDRECORD_" + re.sub(r"[A-Z]", lambda letter: "_" + letter[0], key.replace(".", "_")).upper()


@dataclass
class Facts:
    commands: dict[tuple[str, ...], Command]
    files: set[str]
    # What stands in files that are no documents, for names of environment variables, logins and the like.
    rest: str
    settings: set[str]
    # The names of all series that processes may show.
    series: set[str]
    alerts: set[str]
    suites: set[str]
    # The texts in sources and deployments that name a command, and where.
    texts: list[tuple[str, str]]
    # Of the running service: the counters of /status, and the relations and functions of the database.
    counters: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)

    @cached_property
    def variables(self) -> set[str]:
        others = set(re.findall(r"\bNEEDRECORD_[A-Z0-9_]+\b", self.rest))
        return others | {environment_variable(key) for key in self.settings}


def read(files: set[str], pattern: str) -> dict[str, str]:
    return {name: (ROOT / name).read_text(errors="replace") for name in sorted(files) if re.search(pattern, name)}


def load(executable: Path, files: set[str]) -> Facts:
    sources = read(files, r"^Sources/.*\.swift$")
    deployments = read(files, r"^(deploy/(?!monitoring/|local/documents/)|migrations/|docker-compose)(?!.*\.md$)")
    monitoring = read(files, r"^deploy/monitoring/.*\.(yaml|json)$")
    tests = read(files, r"^(Tests|Benchmarks|Fuzzing)/.*\.swift$") | read(files, r"^(Makefile|Package\.swift)$")
    series = set()
    for text in sources.values():
        for kind, name in re.findall(r'\b(gauge|counter|histogram)\(\s*"(\w+)"', text):
            series |= {name} | ({f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else set())
    settings = set(re.findall(r'case \w+ = "([a-z]+\.\w+)"', sources["Sources/needrecord/Settings/Setting.swift"]))
    texts = [
        (name, text)
        for group in (sources, deployments, monitoring)
        for name, content in group.items()
        for text in re.findall(r"`([^`\n]+)`", content)
    ]
    return Facts(
        commands=commands(executable),
        files=files,
        rest="\n".join([*deployments.values(), *tests.values(), *sources.values()]),
        settings=settings,
        series=series,
        alerts=set(re.findall(r"alert: (\w+)", monitoring["deploy/monitoring/rules.yaml"])),
        suites=set(re.findall(r"\b(?:struct|class|enum|extension) (\w+Tests)\b", "\n".join(tests.values()))),
        texts=texts,
    )
