"""Runs what the documents tell operators to type, against an installation with a little in it.

How a block says that it is run, behind its fence:

    ```sh run                   every command ends with 0
    ```sh run exit=3            its only command ends with 3
    ```text output              what the block before has printed
    ```sql                      run as needrecord_reader
    ```sql owner                as the owner of the database, and `superuser` as that one

Indented blocks of commands are run, too. What is not is listed in expectations.py, with the reason.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import expectations
from expectations import Ends, Instead, NotRun
from markdown import ROOT, Block, Document


@dataclass(frozen=True)
class Step:
    """A block to be run, or why it is not."""

    block: Block
    kind: str  # sh, sql, output, or nothing when it is not run
    code: int = 0
    role: str = ""


def is_command(line: str) -> bool:
    words = re.sub(r"^\s*(\$ )?(\w+=\S*\s+)*", "", line).split(" ")
    # Not `needrecord answers:`, nor a tree of names.
    return words[0] in expectations.PROGRAMS and (len(words) == 1 or re.fullmatch(r"\S*[^:]", words[1]) is not None)


def is_operators(document: Document) -> bool:
    return re.fullmatch(expectations.OPERATOR_DOCUMENTS, document.path) is not None


class Plan:
    """What of the documents is run, and what is wrong with what they say of it."""

    def __init__(self, documents: dict[str, Document]) -> None:
        self.steps: list[Step] = []
        self.faults: list[str] = []
        self._used: set[NotRun] = set()
        for document in documents.values():
            if is_operators(document):
                for block in document.blocks:
                    self._add(block)
        for entry in expectations.NOT_RUN:
            if entry not in self._used:
                self.faults.append(f"expectations.py: {entry.document} has no block that begins with {entry.beginning!r}")

    def _add(self, block: Block) -> None:
        words = block.words
        if block.language == "sql":
            role = words[1] if len(words) > 1 else "reader"
            if role not in ("reader", "owner", "superuser") or len(words) > 2:
                self.faults.append(f"{block}: {block.info} says no role")
            self.steps.append(Step(block, "sql", role=role))
        elif words[:2] == ["sh", "run"]:
            code = re.fullmatch(r"sh run(?: exit=(\d+))?", block.info)
            if not code:
                self.faults.append(f"{block}: {block.info} cannot be understood")
            self.steps.append(Step(block, "sh", code=int(code[1] or 0) if code else 0))
        elif words == ["text", "output"]:
            self.steps.append(Step(block, "output"))
        elif "run" in words or "output" in words:
            self.faults.append(f"{block}: {block.info} cannot be understood")
        elif not any(is_command(line) for line in block.text.splitlines()):
            return
        elif entry := self._exception(block):
            self._used.add(entry)
        elif not block.is_fenced and not block.text.startswith("$ "):
            self.steps.append(Step(block, "sh"))
        else:
            self.faults.append(f"{block}: is not tagged to be run, and expectations.py has no reason why")

    def _exception(self, block: Block) -> NotRun | None:
        for entry in expectations.NOT_RUN:
            if entry.document == block.document and block.text.lstrip().startswith(entry.beginning):
                return entry
        return None


def commands(text: str) -> list[tuple[int, str]]:
    """The commands of a block one by one, each with its line; one may have several lines."""
    found: list[tuple[int, str]] = []
    begun, first = "", 0
    for number, line in enumerate(text.splitlines()):
        if not begun:
            first = number
        begun += line + "\n"
        if line.endswith("\\"):
            continue
        # Without an error, it is whole. What follows a `{` or an open quote is not.
        if subprocess.run(["bash", "-n", "-c", begun], capture_output=True).returncode == 0:
            if re.sub(r"(?m)^\s*#.*$", "", begun).strip():
                found.append((first, begun))
            begun = ""
    return [*found, (first, begun)] if begun else found


class Runner:
    """An installation in which blocks are run, with a folder to run them in."""

    def __init__(self, executable: Path, folder: Path, callbacks: int, ops: int, settings: dict[str, str]) -> None:
        self.executable = executable
        self.folder = folder
        self.ports = {"127.0.0.1:8080": f"127.0.0.1:{callbacks}", "127.0.0.1:8081": f"127.0.0.1:{ops}"}
        self.programs = folder / "programs"
        self.here = folder / "here"
        self.used: set[Instead | Ends] = set()
        # A block that takes longer hangs.
        self.limit = 60
        self.environment = {**os.environ, **settings, "PATH": f"{self.programs}:{os.environ['PATH']}"}
        self._make_folder(callbacks)

    def _make_folder(self, callbacks: int) -> None:
        self.programs.mkdir(parents=True)
        self.here.mkdir()
        for name in ("deploy", "docs", "migrations"):
            (self.here / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "deploy/examples/rules.yaml", self.here)
        # The gateway is where a free port is, and not where `push` takes it to be.
        self._program(
            "needrecord",
            f"""
            if [[ ${{1:-}} == push && " $* " != *" --url "* ]]; then set -- "$@" --url "http://127.0.0.1:{callbacks}/"; fi
            exec {self.executable} "$@"
            """,
        )
        self._program("rabbitmqctl", f'exec {ROOT}/deploy/local/stack ctl "$@"')
        # What was built is here already.
        self._program("swift", f'[[ " $* " == *" --show-bin-path "* ]] && echo {self.programs}')

    def _program(self, name: str, body: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/usr/bin/env bash\nset -euo pipefail\n{body.strip()}\n")
        path.chmod(0o755)

    def run(self, steps: list[Step]) -> Iterator[tuple[int, list[str]]]:
        """Runs the blocks in their order, and says how many commands each has, and what is wrong with it."""
        printed = None
        for step in steps:
            count = 1
            if step.kind == "output":
                faults = [] if printed == step.block.text else [f"the block before has printed\n{printed}"]
            elif step.kind == "sql":
                faults = self._sql(step)
            else:
                faults, printed = self._shell(step)
                count = len(commands(step.block.text))
            yield count, [f"{step.block}: {fault}" for fault in faults]

    # --- SQL ----------------------------------------------------------------------------------------------------------

    def _sql(self, step: Step) -> list[str]:
        environment, arguments = self.environment, ["psql"]
        if step.role == "superuser":
            arguments = [f"{ROOT}/deploy/local/stack", "psql"]
        elif step.role == "owner":
            arguments += ["--dbname", environment["NEEDRECORD_DATABASE_ADMIN_URL"]]
        else:
            arguments += ["--dbname", environment["NEEDRECORD_DATABASE_URL"]]
            environment = {**environment, "PGOPTIONS": "-c role=needrecord_reader"}
        run = subprocess.run(
            [*arguments, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"],
            input=step.block.text,
            env=environment,
            cwd=self.here,
            capture_output=True,
            text=True,
            timeout=self.limit,
        )
        return [] if run.returncode == 0 else [f"as {step.role}: {run.stderr.strip()}"]

    # --- The shell ----------------------------------------------------------------------------------------------------

    def _shell(self, step: Step) -> tuple[list[str], str]:
        block = step.block
        wanted = [(line, text, self._wanted(block, text)) for line, text in commands(self._instead(block))]
        if step.code and len(wanted) != 1:
            return [f"exit={step.code} is for one command, and here are {len(wanted)}"], ""
        script = ["results=$1", 'say() { printf "%s %s\\n" "$1" "$2" >>"$results"; }']
        for number, (_, text, end) in enumerate(wanted):
            # What never ends is interrupted, as by Ctrl-C.
            script += [f"timeout --signal=INT 2 {text}" if end and end.code is None else text, f"say {number} $?"]
        results, output = self.folder / "results", self.folder / "output"
        results.write_text("")
        path = self.folder / "block.sh"
        path.write_text("set -uo pipefail\n" + "\n".join(script))
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", path, results],
                env=self.environment,
                cwd=self.here,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            hangs = False
            try:
                process.wait(timeout=self.limit)
            except subprocess.TimeoutExpired:
                hangs = True
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        printed = output.read_text(errors="replace")
        codes = dict(line.split() for line in results.read_text().splitlines())
        faults = []
        for number, (line, text, end) in enumerate(wanted):
            want = step.code if end is None else end.code
            code = codes.get(str(number))
            if code is None:
                how = f"did not end within {self.limit} s" if hangs else f"ended the block:\n{printed[-800:]}"
                faults.append(f"line {block.line + line}: {text.strip()} {how}")
                break
            # 124 is what timeout says of what it had to end; 130, of what Ctrl-C has ended.
            is_right = int(code) in (0, 124, 130) if want is None else int(code) == want
            if not is_right:
                faults.append(f"line {block.line + line}: {text.strip()} ended with {code} and not {want}:\n{printed[-800:]}")
        return faults, printed

    def _instead(self, block: Block) -> str:
        text = block.text
        for entry in expectations.INSTEAD:
            if entry.document == block.document and entry.text in text:
                self.used.add(entry)
                text = text.replace(entry.text, entry.instead)
        for port, instead in self.ports.items():
            text = text.replace(port, instead)
        return text

    def _wanted(self, block: Block, text: str) -> Ends | None:
        for entry in expectations.ENDS:
            if entry.document == block.document and text.lstrip().startswith(entry.command):
                self.used.add(entry)
                return entry
        return None

    def unused(self) -> list[str]:
        entries = [*expectations.INSTEAD, *expectations.ENDS]
        return [f"expectations.py: nothing fits {entry}" for entry in entries if entry not in self.used]
