"""What has to hold in deploy/monitoring, and between it, docs/operations.md and the sources. See deploy/local/check-monitoring.

Each check yields what is wrong. checks_test.py breaks one thing at a time, and each has to be noticed.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from families import LAZY, ROOT, Family, Sources
from queries import Selector, parse, references, series

FOLDER = ROOT / "deploy/monitoring"
DOCUMENT = ROOT / "docs/operations.md"

# What Prometheus itself knows, with its labels.
BASE_LABELS = {"job", "instance"}
OTHERS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
# What every section about an alert says, in this order.
SECTION = ["**Means:**", "**Look:**", "**Do:**", "**Ends:**"]
# Panels that Grafana has without plugins, and that show series.
PANELS = {"timeseries", "stat", "heatmap", "state-timeline", "table"}
# What stands in an expression of the dashboard, and what it may be.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$job": ".*", "$instance": ".*"}


@dataclass
class Monitoring:
    rules: dict
    tests: list[dict]
    dashboard: str
    document: str
    sources: Sources
    families: dict[str, Family]
    # What processes show, by where it is from.
    metrics: dict[str, str] = field(default_factory=dict)

    def all_rules(self) -> list[dict]:
        return [rule for group in self.rules["groups"] for rule in group["rules"]]

    def alerts(self) -> list[dict]:
        return [rule for rule in self.all_rules() if "alert" in rule]

    def panels(self) -> list[dict]:
        return json.loads(self.dashboard)["panels"]

    def chapter(self, heading: str) -> str:
        """A chapter of the document, without its heading."""
        after = self.document.partition(f"\n## {heading}\n")[2]
        return re.split(r"^## ", after, flags=re.MULTILINE)[0]


def load(metrics: list[str] = ()) -> Monitoring:
    sources = Sources()
    return Monitoring(
        rules=yaml.safe_load((FOLDER / "rules.yaml").read_text()),
        tests=[test for path in sorted(FOLDER.glob("*.test.yaml")) for test in yaml.safe_load(path.read_text())["tests"]],
        dashboard=(FOLDER / "dashboard.json").read_text(),
        document=DOCUMENT.read_text(),
        sources=sources,
        families=sources.families(),
        metrics={place: read(place) for place in metrics},
    )


def read(place: str) -> str:
    if place.startswith(("http://", "https://")):
        with urllib.request.urlopen(place, timeout=10) as response:
            return response.read().decode()
    return Path(place).read_text()


# --- Alerts -----------------------------------------------------------------------------------------------------------


def check_alerts(m: Monitoring):
    """Whoever is called knows what, how bad, and where to read on."""
    for alert in m.alerts():
        name, annotations = alert["alert"], alert.get("annotations", {})
        if not re.fullmatch(r"Needrecord[A-Z]\w+", name):
            yield f"{name}: is not called Needrecord..."
        if alert.get("labels", {}).get("severity") not in ("page", "ticket"):
            yield f"{name}: its severity is neither page nor ticket"
        for key in ("summary", "description"):
            if not annotations.get(key):
                yield f"{name}: has no {key}"
        if "{{" not in annotations.get("description", ""):
            yield f"{name}: its description has no values"
        if annotations.get("runbook_url") != f"docs/operations.md#{name.lower()}":
            yield f"{name}: its runbook_url does not lead to its section"


def check_sections(m: Monitoring):
    """Each alert has one section, in the order of the rules, and each section says everything."""
    sections = re.split(r"^### ", m.chapter("Alerts"), flags=re.MULTILINE)[1:]
    headings = [section.partition("\n")[0] for section in sections]
    names = list(dict.fromkeys(alert["alert"] for alert in m.alerts()))
    for name in names:
        if name not in headings:
            yield f"{name}: has no section in docs/operations.md"
    for heading in headings:
        if heading not in names:
            yield f"docs/operations.md: {heading} is no alert"
    if not set(names) ^ set(headings) and names != headings:
        yield "docs/operations.md: the sections are not in the order of the rules"
    for heading, section in zip(headings, sections):
        places = [section.find(part) for part in SECTION]
        if -1 in places or places != sorted(places):
            yield f"docs/operations.md: {heading} does not say {', '.join(SECTION)}"


# --- Tests ------------------------------------------------------------------------------------------------------------


def quiet(test: dict) -> bool:
    """Whether it says that nothing at all has fired."""
    return any(
        question["expr"].startswith('count_over_time(ALERTS{alertstate="firing"}[') and not question.get("exp_samples")
        for question in test.get("promql_expr_test", [])
    )


def check_tests(m: Monitoring):
    """Each rule fires in some test, and there is a test in which everything is well."""
    fired = [
        (test["alertname"], alert["exp_labels"])
        for group in m.tests
        for test in group.get("alert_rule_test", [])
        for alert in test.get("exp_alerts", [])
    ]
    for rule in m.alerts():
        labels = rule.get("labels", {}).items()
        if not any(name == rule["alert"] and labels <= got.items() for name, got in fired):
            yield f"{rule['alert']} {dict(labels)}: fires in no test"
    shown = {
        selector.name
        for test in m.tests
        if quiet(test)
        for selector in (series(one["series"]) for one in test["input_series"])
    }
    if not shown:
        yield "there is no test in which nothing fires"
    recorded = {rule["record"] for rule in m.all_rules() if "record" in rule}
    for rule in m.all_rules():
        for selector in references(parse(rule["expr"]))[0]:
            if shown and selector.name not in shown | recorded:
                yield f"{selector.name}: is not in the test in which nothing fires"


# --- Names and labels -------------------------------------------------------------------------------------------------


class Known:
    """What series there can be."""

    def __init__(self, m: Monitoring):
        self.sources = m.sources
        self.families = {name: family for family in m.families.values() for name in family.series}
        self.recorded = {}
        for rule in m.all_rules():
            if "record" in rule:
                groupings = references(parse(rule["expr"]))[1]
                self.recorded[rule["record"]] = {label for one in groupings if one.is_kept for label in one.labels}

    def labels(self, name: str) -> set[str]:
        """All that its series may have; nothing for what there is not."""
        if name in OTHERS:
            return BASE_LABELS | OTHERS[name]
        if name in self.recorded:
            return self.recorded[name]
        if family := self.families.get(name):
            return BASE_LABELS | set(family.labels) | ({"le"} if name.endswith("_bucket") else set())
        return set()

    def problems(self, selector: Selector, is_query: bool = True):
        name, family = selector.name, self.families.get(selector.name)
        if not self.labels(name):
            yield f"there is no metric {name or selector}"
            return
        for label, operator, value in selector.matchers:
            if label not in self.labels(name):
                yield f"{name} has no label {label}"
            elif label == "le":
                yield from self._bounds(family, operator, value, is_query)
            elif family and label not in BASE_LABELS:
                yield from self._values(name, family.labels[label], label, operator, value)
        if is_query:
            yield from self._functions(name, family, selector.within)

    def _bounds(self, family: Family, operator: str, value: str, is_query: bool):
        texts = {text for bound in family.bounds for text in (f"{bound:g}", str(bound))} | {"+Inf"}
        if operator == "=" and value not in texts or operator == "=~" and not any(re.fullmatch(value, text) for text in texts):
            yield f"{family.name} has no bound {value}"
        # Prometheus 3 stores whole numbers as 1.0.
        if is_query and operator == "=" and value.isdigit():
            yield f"{family.name}: le=\"{value}\" finds nothing in Prometheus 3"

    def _values(self, name: str, values: set[str] | None, label: str, operator: str, value: str):
        if operator in ("=", "!="):
            known = values is None and self.sources.have(value) or value in (values or ())
            # Numbers and versions stand nowhere.
            if not known and not (values is None and re.fullmatch(r"[\d.]+", value)):
                yield f"{name}: {label} is never {value}"
        elif values is not None and not any(re.fullmatch(value, one) for one in values):
            yield f"{name}: {label} is never like {value}"

    def _functions(self, name: str, family: Family | None, within: tuple[str, ...]):
        is_counter = family.kind != "gauge" if family else name.endswith(":total")
        innermost = within[0] if within else ""
        if innermost in ("rate", "increase", "irate", "resets") and not is_counter:
            yield f"{name}: is no counter, and stands in {innermost}"
        if innermost in ("delta", "deriv", "predict_linear") and is_counter:
            yield f"{name}: is a counter, and stands in {innermost}"

    def query_problems(self, text: str):
        try:
            selectors, groupings = references(parse(text))
        except ValueError as error:
            yield str(error)
            return
        for selector in selectors:
            yield from self.problems(selector)
        for grouping in groupings:
            for label in grouping.labels:
                if not any(label in self.labels(name) for name in grouping.names):
                    yield f"none of {', '.join(sorted(set(grouping.names)))} has a label {label}"
        for labels in re.findall(r"histogram_quantile\([^,]+,\s*sum by \(([^)]*)\)", text):
            if "le" not in re.findall(r"\w+", labels):
                yield f"there are no quantiles without le: {text}"


def annotation_queries(rule: dict):
    """The queries in the texts of an alert; %q stands for a label's value there."""
    for text in rule.get("annotations", {}).values():
        for query in re.findall(r"`([^`]*)`", text):
            yield query.replace("%q", '""')


def target_query(target: dict) -> str:
    """The expression of a panel, with something in the place of each variable."""
    query = target.get("expr", "")
    for variable, value in VARIABLES.items():
        query = re.sub(re.escape(variable) + r"\b", value, query)
    return query


def check_references(m: Monitoring):
    """Every metric and label that is spoken of exists."""
    known = Known(m)
    for rule in m.all_rules():
        name = rule.get("alert") or rule["record"]
        for query in [rule["expr"], *annotation_queries(rule)]:
            for problem in known.query_problems(query):
                yield f"{name}: {problem}"
    for test in m.tests:
        for one in test["input_series"]:
            for problem in known.problems(series(one["series"]), is_query=False):
                yield f"{test['name']}: {problem}"
        for question in test.get("promql_expr_test", []):
            for problem in known.query_problems(question["expr"]):
                yield f"{test['name']}: {problem}"
    for panel in m.panels():
        for target in panel.get("targets", []):
            for problem in known.query_problems(target_query(target)):
                yield f"dashboard, {panel['title']}: {problem}"
    dashboard = json.loads(m.dashboard)
    queries = {one["name"]: one["expr"] for one in dashboard["annotations"]["list"] if "expr" in one}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            queries[variable["name"]] = re.fullmatch(r"label_values\((.*), \w+\)", variable["query"]["query"])[1]
    for name, query in queries.items():
        for problem in known.query_problems(target_query({"expr": query})):
            yield f"dashboard, {name}: {problem}"


# --- The dashboard ----------------------------------------------------------------------------------------------------


def check_dashboard(m: Monitoring):
    """Grafana can take it, and whoever looks at it can read it."""
    dashboard = json.loads(m.dashboard)
    if m.dashboard != json.dumps(dashboard, indent=2) + "\n":
        yield "dashboard: is not indented by two spaces"
    for key in ("uid", "title", "description"):
        if not dashboard.get(key):
            yield f"dashboard: has no {key}"
    if dashboard.get("id") is not None:
        yield "dashboard: the id is what a Grafana gives it"
    if dashboard.get("schemaVersion", 0) < 38:
        yield "dashboard: schemaVersion is older than Grafana 10"
    panels = dashboard["panels"]
    for key in ("id", "title"):
        for value, count in Counter(panel.get(key) for panel in panels).items():
            if count > 1 or not value:
                yield f"dashboard: {count} panels have the {key} {value!r}"
    yield from layout_problems(panels)
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    for name in re.findall(r"\$\{?(\w+)", m.dashboard):
        if name not in variables and not name.startswith("__"):
            yield f"dashboard: there is no variable {name}"
    for panel in panels:
        if panel["type"] != "row":
            yield from (f"dashboard, {panel['title']}: {problem}" for problem in panel_problems(panel))


def layout_problems(panels: list[dict]):
    taken = {}
    for panel in panels:
        box = panel["gridPos"]
        if box["x"] < 0 or box["x"] + box["w"] > 24 or box["w"] < 1 or box["h"] < 1:
            yield f"dashboard, {panel['title']}: is not within 24 columns"
        cells = {(x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])}
        for other in sorted({taken[cell] for cell in cells & set(taken)}):
            yield f"dashboard: {panel['title']} lies over {other}"
        taken.update(dict.fromkeys(cells, panel["title"]))
    if panels[0]["type"] != "row":
        yield "dashboard: the first panels are in no row"


def panel_problems(panel: dict):
    if panel["type"] not in PANELS:
        yield f"{panel['type']} is none of {', '.join(sorted(PANELS))}"
    if not panel.get("description"):
        yield "has no description"
    if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
        yield "has no unit"
    source = {"type": "prometheus", "uid": "${datasource}"}
    targets = panel.get("targets", [])
    if not targets:
        yield "shows nothing"
    for part in [panel, *targets]:
        if part.get("datasource") != source:
            yield "does not ask the data source that was chosen"
    if len({target.get("refId") for target in targets}) != len(targets):
        yield "two targets have the same refId"
    for target in targets:
        query = target.get("expr")
        if not query:
            yield "a target has no expression"
            continue
        if panel["type"] in ("timeseries", "state-timeline") and not target.get("legendFormat"):
            yield f"a target has no legend: {query}"
        for selector in references(parse(target_query(target)))[0]:
            wanted = {"job"} if ":" in selector.name or selector.name == "ALERTS" else BASE_LABELS
            if missing := wanted - {label for label, _, _ in selector.matchers}:
                yield f"does not choose the {' and '.join(sorted(missing))} of {selector.name}"


# --- The document -----------------------------------------------------------------------------------------------------


def table(families: dict[str, Family]) -> str:
    """The table of metrics, as it stands in the document."""
    lines = ["| in | metric | kind | labels | what it says |", "|---|---|---|---|---|"]
    for family in families.values():
        labels = []
        for label, values in family.labels.items():
            text = ", ".join(f"`{value}`" for value in sorted(values or ()))
            labels.append(f"`{label}`: {text}" if text else f"`{label}`")
        lines.append(f"| {family.role} | `{family.name}` | {family.kind} | {'; '.join(labels)} | {family.help} |")
    return "\n".join(lines) + "\n"


def anchors(text: str) -> set[str]:
    """Those that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


TABLE = re.compile(r"(?<=<!-- metrics -->\n\n).*?(?=\n<!-- end of metrics -->)", re.DOTALL)


def check_document(m: Monitoring):
    """The table says what the sources say, and what is to be typed exists."""
    if not (found := TABLE.search(m.chapter("Metrics"))):
        yield "docs/operations.md: the chapter Metrics has no table"
    elif found[0] != table(m.families):
        yield "docs/operations.md: the table of metrics is old; deploy/local/check-monitoring --write writes it anew"
    commands = m.sources.commands()
    text = m.chapter("Metrics") + m.chapter("Alerts")
    for words in re.findall(r"(?:`|^    )needrecord ((?:[a-z][a-z-]* ?)+)", text, re.MULTILINE):
        if words.strip() not in commands:
            yield f"docs/operations.md: there is no command needrecord {words.strip()}"
    for path, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", m.document):
        target = DOCUMENT.parent / path
        if path and not target.exists():
            yield f"docs/operations.md: there is no {path}"
        elif anchor and anchor not in anchors(target.read_text() if path else m.document):
            yield f"docs/operations.md: there is no {path}#{anchor}"


# --- What processes show ----------------------------------------------------------------------------------------------


def check_metrics(m: Monitoring):
    """Processes show what the sources declare, and nothing else."""
    if not m.metrics:
        return
    families, seen = {name: family for family in m.families.values() for name in family.series}, set()
    for place, text in m.metrics.items():
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
            family = m.families.get(name)
            if not family:
                yield f"{place}: the sources do not declare {name}"
            elif family.kind != kind:
                yield f"{place}: {name} is a {kind}, and a {family.kind} in the sources"
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            selector = series(line.rpartition(" ")[0])
            family = families.get(selector.name)
            if not family:
                continue
            seen.add(family.name)
            labels = {label: value for label, _, value in selector.matchers if label != "le"}
            if set(labels) != set(family.labels):
                yield f"{place}: {selector.name} has the labels {sorted(labels)}, and {sorted(family.labels)} in the sources"
            for label, value in labels.items():
                values = family.labels.get(label)
                if values is not None and value not in values:
                    yield f"{place}: {label} of {selector.name} is {value}, which is not in the sources"
    for name in m.families:
        if name not in seen | LAZY:
            yield f"none of the processes shows {name}"


CHECKS = [value for key, value in list(globals().items()) if key.startswith("check_")]


def problems(m: Monitoring) -> list[str]:
    return [problem for check in CHECKS for problem in dict.fromkeys(check(m))]


# --- What promtool says -----------------------------------------------------------------------------------------------


def promtool(*arguments: str, text: str | None = None) -> list[str]:
    """Nothing when it has nothing to say."""
    run = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True)
    said = "\n".join(line for line in (run.stdout + run.stderr).splitlines() if line.strip())
    # It can have doubts and be content.
    return [said] if run.returncode or arguments[1] == "metrics" and said else []


def promtool_rules() -> list[str]:
    return promtool("check", "rules", str(FOLDER / "rules.yaml"))


def promtool_tests(paths: list[Path] | None = None) -> list[str]:
    return promtool("test", "rules", *map(str, paths or sorted(FOLDER.glob("*.test.yaml"))))


def promtool_dashboard(m: Monitoring) -> list[str]:
    """It reads every expression of the dashboard, as a rule."""
    rules = [
        {"record": f"panel:{panel['id']}:{target['refId']}", "expr": target_query(target)}
        for panel in m.panels()
        for target in panel.get("targets", [])
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        return promtool("check", "rules", file.name)


def promtool_metrics(m: Monitoring) -> list[str]:
    return [f"{place}: {said}" for place, text in m.metrics.items() for said in promtool("check", "metrics", text=text)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="check-monitoring")
    parser.add_argument("--metrics", nargs="+", default=[], metavar="FILE", help="what running processes show at /metrics, or a URL of it")
    parser.add_argument("--write", action="store_true", help="write the table of metrics in docs/operations.md anew")
    options = parser.parse_args()
    if options.write:
        text = TABLE.sub(lambda _: table(Sources().families()), DOCUMENT.read_text(), count=1)
        DOCUMENT.write_text(text)
    m = load(options.metrics)
    found = promtool_rules()
    # What cannot be read need not be looked at.
    found = found or problems(m) + promtool_dashboard(m) + promtool_metrics(m) + promtool_tests()
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{len(m.alerts())} alerts, {len(m.tests)} tests, {len(m.panels())} panels, {len(m.families)} metrics")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
