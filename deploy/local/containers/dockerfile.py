"""What a Dockerfile says: its stages, their instructions, and the values of its variables."""

import json
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from dockerfile_parse import DockerfileParser


class DockerfileError(Exception):
    """Something that is wrong in the Dockerfile, or that is not understood here."""


@dataclass
class Instruction:
    name: str
    # What follows the flags.
    value: str
    # The flags, such as `from` of `COPY --from=build`.
    flags: dict[str, str]
    line: int

    @property
    def words(self) -> list[str] | None:
        """The value if it is a JSON array, such as that of an ENTRYPOINT; otherwise None."""
        if not self.value.startswith("["):
            return None
        words = json.loads(self.value)
        if not all(isinstance(word, str) for word in words):
            raise DockerfileError(f"line {self.line}: not an array of strings")
        return words


@dataclass
class Stage:
    base: str
    name: str | None
    line: int
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, name: str) -> list[Instruction]:
        return [instruction for instruction in self.instructions if instruction.name == name]

    def last(self, name: str) -> Instruction | None:
        return (self.all(name) or [None])[-1]


def read(path: Path) -> list[Stage]:
    parser = DockerfileParser(fileobj=BytesIO(path.read_bytes()))
    stages: list[Stage] = []
    for part in parser.structure:
        name, value, line = part["instruction"].upper(), part["value"], part["startline"] + 1
        if name == "COMMENT":
            continue
        if name == "FROM":
            base, *alias = value.split()
            if alias and alias[0].upper() != "AS":
                raise DockerfileError(f"line {line}: FROM {value} is not understood")
            stages.append(Stage(base, alias[1] if alias else None, line))
            continue
        if not stages:
            raise DockerfileError(f"line {line}: {name} before the first FROM is not understood")
        flags = {}
        while flag := re.match(r"--([a-z-]+)=(\S+)\s+", value):
            flags[flag[1]] = flag[2]
            value = value[flag.end() :]
        stages[-1].instructions.append(Instruction(name, value.strip(), flags, line))
    if not stages:
        raise DockerfileError("there is no FROM")
    return stages


def assignments(instruction: Instruction) -> list[tuple[str, str]]:
    """The names and values of an ENV, a LABEL or an ARG; that of an ARG without a default is empty."""
    pattern = r'\s*([A-Za-z0-9_.-]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"]*))?(?=\s|$)'
    found, position = [], 0
    while position < len(instruction.value.rstrip()):
        match = re.compile(pattern).match(instruction.value, position)
        if match is None or (match[2] is None and instruction.name != "ARG"):
            raise DockerfileError(f"line {instruction.line}: {instruction.value[position:]} is not NAME=VALUE")
        value = match[2] or ""
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.append((match[1], value))
        position = match.end()
    return found


def substitute(text: str, variables: dict[str, str]) -> str:
    """The text with the values of $NAME and ${NAME} in it."""

    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[2], "")

    if re.search(r"\$\{[A-Za-z0-9_]*[^A-Za-z0-9_}]", text):
        raise DockerfileError(f"{text}: only $NAME and ${{NAME}} are understood")
    return re.sub(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))", value, text)


class BuildContext:
    """The files that a build is given: those below a folder that its .dockerignore does not leave out."""

    def __init__(self, root: Path):
        self.root = root
        self.patterns: list[tuple[bool, list[str]]] = []
        for line in (root / ".dockerignore").read_text().splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            leaves_out = not line.startswith("!")
            parts = line.removeprefix("!").strip("/").split("/")
            if any("**" in part or ("*" in part and part != "*") for part in parts):
                raise DockerfileError(f".dockerignore: {line} is not understood here; only whole names and * are")
            self.patterns.append((leaves_out, parts))

    def has(self, path: Path) -> bool:
        """Whether the build is given this file, named from the folder on."""
        names, given = path.parts, True
        for leaves_out, parts in self.patterns:
            # A pattern that fits a folder fits everything in it.
            if len(parts) <= len(names) and all(part in ("*", name) for part, name in zip(parts, names)):
                given = not leaves_out
        return given

    def files(self, source: str) -> list[Path]:
        """All files of a COPY's source, named from the folder on."""
        start = self.root / source
        if not start.exists():
            return []
        found = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        return [path for path in (path.relative_to(self.root) for path in found) if self.has(path)]
