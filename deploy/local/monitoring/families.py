"""What the sources say of metrics: their families, labels and values, as far as these are known before a process runs."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Which processes have what a module declares; the rest says so in comments of its own.
MODULES = {
    "Observability": "every process",
    "CallbackGateway": "gateway",
    "DecisionWorker": "worker",
    "AuditTrail": "auditor",
}
MARKS = {"The process": "every process", "Gateway": "gateway", "Worker": "worker", "Auditor": "auditor"}

# Not counted before it happens the first time, or only with a setting.
LAZY = {"needrecord_http_requests_rejected_total", "needrecord_spans_total", "needrecord_audit_lag_seconds"}


@dataclass
class Family:
    name: str
    kind: str
    help: str
    role: str
    # The upper bounds of a histogram's buckets, without the infinite one.
    bounds: list[float] = field(default_factory=list)
    # The values of each label; None where they cannot be told from the sources.
    labels: dict[str, set[str] | None] = field(default_factory=dict)

    @property
    def series(self) -> list[str]:
        """The names of its series."""
        if self.kind != "histogram":
            return [self.name]
        return [self.name + suffix for suffix in ("_bucket", "_sum", "_count")]


class Sources:
    """The Swift sources below a folder."""

    def __init__(self, folder: Path = ROOT / "Sources"):
        # What is counted anyway before what is measured: in the order of the document.
        paths = sorted(folder.rglob("*.swift"), key=lambda path: (path.relative_to(folder).parts[0] != "needrecord", path))
        self.files = {path.relative_to(folder): path.read_text() for path in paths}

    def families(self) -> dict[str, Family]:
        """All families by name, in the order of the sources, the process first."""
        declared = {}
        for path, text in self.files.items():
            if "extension MetricFamily" in text:
                declared.update(self._declared(path, text))
        for identifier, labels in self._uses(set(declared)):
            for label, values in labels.items():
                known = declared[identifier].labels.setdefault(label, set())
                declared[identifier].labels[label] = None if known is None or values is None else known | values
        order = list(MARKS.values())
        families = sorted(declared.values(), key=lambda family: order.index(family.role))
        return {family.name: family for family in families}

    def commands(self) -> set[str]:
        """What can stand after `needrecord` on a command line, such as `audit fallbacks`."""
        known = {}
        for text in self.files.values():
            for struct, body in re.findall(r"struct (\w+): [^\n]*Command\b[^\n]*{(.*?)\n}", text, re.DOTALL):
                name = re.search(r'commandName: "([a-z-]+)"', body)
                parts = re.search(r"subcommands: \[([^\]]*)\]", body)
                known[struct] = name and name[1], re.findall(r"(\w+)\.self", parts[1] if parts else "")

        def below(struct: str) -> set[str]:
            name, parts = known[struct]
            return {name} | {f"{name} {rest}" for part in parts for rest in below(part)}

        return {path.removeprefix("needrecord ") for path in below("NeedRecord")}

    def have(self, text: str) -> bool:
        """Whether some string in the sources is this text, or the name of a case."""
        quoted, case = f'"{text}"', re.compile(rf"^ *case {re.escape(text)}\b", re.MULTILINE)
        return any(quoted in file or case.search(file) for file in self.files.values())

    # --- Declarations -------------------------------------------------------------------------------------------------

    def _declared(self, path: Path, text: str) -> dict[str, Family]:
        declaration = re.compile(
            r'static let (?P<identifier>\w+) = (?P<kind>counter|gauge|histogram)\(\s*"(?P<name>\w+)",\s*"(?P<help>[^"]+)"'
            r"(?:,\s*bounds: (?P<bounds>\w+|\[[^\]]*\]))?\s*\)"
        )
        found = {}
        for match in declaration.finditer(text):
            marks = re.findall(r"// MARK: (.+)", text[: match.start()])
            role = MODULES.get(path.parts[0]) or MARKS[marks[-1]]
            bounds = match["bounds"] or "[]"
            if not bounds.startswith("["):
                bounds = re.search(rf"let {bounds} = (\[[^\]]*\])", text)[1]
            numbers = [float(number.replace("_", "")) for number in re.findall(r"[\d._]+", bounds)]
            found[match["identifier"]] = Family(match["name"], match["kind"], match["help"], role, numbers)
        # What is declared in another form would be missed silently.
        count = len(re.findall(r"static let \w+ = (?:counter|gauge|histogram)\(", text))
        if count != len(found):
            raise ValueError(f"{path}: {count} families are declared, and {len(found)} could be read")
        return found

    # --- Labels -------------------------------------------------------------------------------------------------------

    def _uses(self, identifiers: set[str]):
        """Where a family gets a series with labels: its identifier, and the values by label."""
        names = "|".join(sorted(identifiers))
        # The value may stand between the family and the labels.
        use = re.compile(
            rf"(?:(?<![\w)\]])|MetricFamily)\.({names})\b(?:\.(?:timer|recorder)\(|\s*,\s*(?:[^\[\]\n]*,\s*)?)(\[\(.*?\)\]|labels\b)",
            re.DOTALL,
        )
        for text in self.files.values():
            for match in use.finditer(text):
                place, labels = match.start(2), match[2]
                if labels == "labels":
                    # Named before, because the line would be too long.
                    place = text.rindex("let labels = [", 0, place)
                    labels = text[place : text.index("]", place) + 1]
                pairs = re.findall(r'\("(\w+)", ((?:[^()]|\([^()]*\))+)\)', labels)
                yield match[1], {label: self._values(value, text, place) for label, value in pairs}

    def _values(self, expression: str, text: str, place: int) -> set[str] | None:
        """What an expression can be at this place of a file; None for what the sources do not tell."""
        if re.fullmatch(r'"[^"\\]*"', expression):
            return {expression.strip('"')}
        if match := re.fullmatch(r"(\w+)\.rawValue", expression):
            loops = re.findall(rf"for {match[1]} in (\w+)\.allCases", text[:place])
            return self._cases(loops[-1]) if loops else None
        if expression == "Version.text":
            return None
        if match := re.fullmatch(r"[A-Z][\w.]*\.([a-z]\w*)", expression):
            constants = {found for file in self.files.values() for found in re.findall(rf'static let {match[1]} = "([^"]*)"', file)}
            return constants if len(constants) == 1 else None
        if match := re.fullmatch(r"(\w+)", expression):
            return self._arguments(match[1], text, place)
        if expression == "part.name":
            return {name for name in re.findall(r'parts\.append\(\("(\w+)"', text)}
        return None

    def _arguments(self, parameter: str, text: str, place: int) -> set[str] | None:
        """What the function that this place is in is called with."""
        functions = re.findall(rf"func (\w+)\(_ {parameter}: String\)", text[:place])
        if not functions:
            return None
        values = set()
        for argument, start in ((match[1], match.start()) for match in re.finditer(rf"\b{functions[-1]}\(([^_)][^)]*)\)", text)):
            if argument == "$0.rawValue":
                loops = re.findall(r"(\w+)\.allCases\.map", text[:start])
                values |= self._cases(loops[-1])
            else:
                values |= self._values(argument, text, start) or set()
        return values

    def _cases(self, enumeration: str) -> set[str]:
        for text in self.files.values():
            if match := re.search(rf"enum {enumeration}\b[^{{]*{{(.*?)\n}}", text, re.DOTALL):
                cases = re.findall(r'^ *case (\w+)(?: = "([^"]+)")?', match[1], re.MULTILINE)
                return {value or name for name, value in cases}
        raise ValueError(f"there is no enum {enumeration}")
