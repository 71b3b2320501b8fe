"""Breaks deploy/monitoring, docs/operations.md, or what processes show, one thing at a time, and expects that to be noticed."""

import copy
import json
import tempfile
import unittest
from pathlib import Path

import checks
from families import Family

WHOLE = checks.load()


def exposition(families: dict[str, Family]) -> str:
    """What a process with every part would show, had it counted everything once."""
    lines = []
    for family in families.values():
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        labels = ",".join(f'{label}="{sorted(values or {"ok"})[0]}"' for label, values in family.labels.items())
        if family.kind != "histogram":
            lines.append(f"{family.name}{{{labels}}} 1" if labels else f"{family.name} 1")
            continue
        prefix = labels + "," if labels else ""
        lines += [f'{family.name}_bucket{{{prefix}le="{bound:g}"}} 1' for bound in family.bounds]
        lines += [f'{family.name}_bucket{{{prefix}le="+Inf"}} 1', f"{family.name}_sum{{{labels}}} 1", f"{family.name}_count{{{labels}}} 1"]
    return "\n".join(lines) + "\n"


SHOWN = exposition(WHOLE.families)


def rule(m: checks.Monitoring, name: str) -> dict:
    return next(one for one in m.all_rules() if name in (one.get("alert"), one.get("record")))


def quiet(m: checks.Monitoring) -> dict:
    return next(test for test in m.tests if checks.quiet(test))


class Dashboard:
    """Lets one change the dashboard of a Monitoring as a dictionary."""

    def __init__(self, m: checks.Monitoring):
        self.m = m

    def __enter__(self) -> dict:
        self.dashboard = json.loads(self.m.dashboard)
        return self.dashboard

    def __exit__(self, *_):
        self.m.dashboard = json.dumps(self.dashboard, indent=2) + "\n"


def panel(number: int, **changes):
    """Changes a panel; None takes a key away."""

    def change(m):
        with Dashboard(m) as dashboard:
            for key, value in changes.items():
                if value is None:
                    del dashboard["panels"][number][key]
                else:
                    dashboard["panels"][number][key] = value

    return change


def target(number: int, **changes):
    def change(m):
        with Dashboard(m) as dashboard:
            dashboard["panels"][number]["targets"][0].update(changes)

    return change


def expression(name: str, old: str, new: str):
    def change(m):
        one = rule(m, name)
        assert old in one["expr"], old
        one["expr"] = one["expr"].replace(old, new)

    return change


def annotation(name: str, key: str, old: str, new: str):
    def change(m):
        texts = rule(m, name)["annotations"]
        assert old in texts[key], old
        texts[key] = texts[key].replace(old, new)

    return change


def document(old: str, new: str):
    def change(m):
        assert old in m.document, old
        m.document = m.document.replace(old, new)

    return change


def shown(old: str, new: str):
    def change(m):
        assert old in SHOWN, old
        m.metrics = {"gateway": SHOWN.replace(old, new)}

    return change


def without_in_quiet_test(name: str):
    def change(m):
        test = quiet(m)
        test["input_series"] = [one for one in test["input_series"] if not one["series"].startswith(name)]

    return change


SEL = 'job=~"$job", instance=~"$instance"'

# What is done, and what has to be said.
CASES = [
    # Alerts.
    (lambda m: rule(m, "NeedrecordNoWorker").update(alert="NoWorker"), "NoWorker: is not called"),
    (lambda m: rule(m, "NeedrecordNoWorker")["labels"].update(severity="critical"), "neither page nor ticket"),
    (lambda m: rule(m, "NeedrecordNoWorker")["labels"].clear(), "neither page nor ticket"),
    (lambda m: rule(m, "NeedrecordNoWorker")["annotations"].pop("summary"), "NeedrecordNoWorker: has no summary"),
    (lambda m: rule(m, "NeedrecordNoWorker")["annotations"].pop("description"), "has no description"),
    (lambda m: rule(m, "NeedrecordNoWorker")["annotations"].update(description="None."), "has no values"),
    (annotation("NeedrecordNoWorker", "runbook_url", "noworker", "no-worker"), "does not lead to its section"),
    (document("### NeedrecordNoWorker\n", "### NoWorker\n"), "NeedrecordNoWorker: has no section"),
    (document("### NeedrecordNoWorker\n", "### NoWorker\n"), "NoWorker is no alert"),
    (document("### NeedrecordNoWorker\n", "#### NeedrecordNoWorker\n"), "NeedrecordNoWorker: has no section"),
    (lambda m: m.rules["groups"].reverse(), "not in the order of the rules"),
    (document("- **Ends:** With the first scrape of a worker.\n", ""), "NeedrecordNoWorker does not say"),
    # Tests.
    (lambda m: m.tests.clear(), "NeedrecordNoWorker {'severity': 'page'}: fires in no test"),
    (lambda m: rule(m, "NeedrecordDecisionBudgetBurn")["labels"].update(window="2h"), "'window': '2h'}: fires in no test"),
    (lambda m: m.tests.remove(quiet(m)), "there is no test in which nothing fires"),
    (lambda m: quiet(m)["promql_expr_test"].pop(0), "there is no test in which nothing fires"),
    (without_in_quiet_test("needrecord_rule_revision"), "needrecord_rule_revision: is not in the test in which nothing fires"),
    # Names and labels, in rules.
    (expression("NeedrecordEventsDead", "needrecord_events_finished_total", "needrecord_events_done_total"), "no metric needrecord_events_done"),
    (expression("NeedrecordEventsDead", "result=", "state="), "has no label state"),
    (expression("NeedrecordEventsDead", '"dead"', '"died"'), "result is never died"),
    (expression("needrecord:undecided:ratio_rate5m", '"decided"', '"decide"'), "cause is never decide"),
    (expression("NeedrecordBrokerBlocked", '"broker_blocked"', '"brokerblocked"'), "state is never brokerblocked"),
    (expression("NeedrecordMemoryHigh", "broker|audit_trail", "brokers|audit"), "part is never like brokers"),
    (expression("needrecord:undecided:ratio_rate5m", "by (job)", "by (job, stream)"), "has a label stream"),
    (expression("NeedrecordRuleRevisionOld", "on (job, instance)", "on (job, worker)"), "has a label worker"),
    (expression("needrecord:slow:ratio_rate5m", 'le=~"1(\\\\.0)?"', 'le="1"'), "finds nothing in Prometheus 3"),
    (expression("needrecord:slow:ratio_rate5m", 'le=~"1(\\\\.0)?"', 'le=~"1.5"'), "has no bound 1.5"),
    (expression("NeedrecordDecisionBudgetBurn", "ratio_rate1h", "ratio_rate4h"), "no metric needrecord:undecided:ratio_rate4h"),
    (expression("NeedrecordAuditBehind", "seconds", 'seconds{instance="a"}'), "has no label instance"),
    (expression("NeedrecordOutcomesWaiting", "needrecord_journal_oldest_waiting_seconds", "rate(needrecord_journal_bytes[5m])"), "is no counter"),
    (expression("NeedrecordJournalFilling", "needrecord_journal_bytes[", "needrecord_batches_total["), "is a counter, and stands in predict"),
    (expression("NeedrecordBudgetShortAtWorkers", "by (job, le)", "by (job)"), "no quantiles without le"),
    (expression("NeedrecordNoWorker", "absent(", "absent"), "absent"),
    (expression("needrecord:slow:ratio_rate5m", "sum by (job)", "sum without (job)"), "by says what is left"),
    (annotation("NeedrecordNoWorker", "description", "needrecord_build_info", "needrecord_info"), "no metric needrecord_info"),
    (annotation("NeedrecordBrokerNotOk", "description", "part=", "piece="), "has no label piece"),
    # In tests.
    (lambda m: quiet(m)["input_series"].append({"series": 'needrecord_x{job="a"}'}), "no metric needrecord_x"),
    (lambda m: quiet(m)["input_series"].append({"series": 'needrecord_batches_total{role="a"}'}), "has no label role"),
    (lambda m: quiet(m)["input_series"].append({"series": 'needrecord_batch_events_bucket{le="3"}'}), "has no bound 3"),
    (lambda m: quiet(m)["promql_expr_test"].append({"expr": "needrecord_y"}), "no metric needrecord_y"),
    # In the dashboard.
    (target(7, expr=f"sum(rate(needrecord_z_total{{{SEL}}}[5m]))"), "Answers by cause: there is no metric needrecord_z_total"),
    (target(7, expr=f"sum by (why) (rate(needrecord_callbacks_answered_total{{{SEL}}}[5m]))"), "has a label why"),
    (target(7, expr="sum("), "sum("),
    (lambda m: setattr(m, "dashboard", m.dashboard.replace("label_values(needrecord_build_info,", "label_values(needrecord_info,")), "dashboard, job"),
    (lambda m: setattr(m, "dashboard", m.dashboard.replace("ALERTS{alertname", "ALERTS{alert")), "dashboard, Pages: ALERTS has no label alert"),
    # The dashboard itself.
    (lambda m: setattr(m, "dashboard", json.dumps(json.loads(m.dashboard))), "is not indented"),
    (lambda m: setattr(m, "dashboard", m.dashboard.replace('"uid": "needrecord"', '"uid": ""')), "has no uid"),
    (lambda m: setattr(m, "dashboard", m.dashboard.replace('"schemaVersion": 38', '"schemaVersion": 30')), "older than Grafana 10"),
    (lambda m: setattr(m, "dashboard", m.dashboard.replace('  "uid"', '  "id": 7,\n  "uid"', 1)), "what a Grafana gives it"),
    (panel(3, id=2), "2 panels have the id 2"),
    (panel(3, title="Answers by cause"), "2 panels have the title 'Answers by cause'"),
    (panel(3, title=""), "have the title ''"),
    (panel(3, gridPos={"h": 4, "w": 4, "x": 4, "y": 1}), "Within a second lies over Budget left of 30 days"),
    (panel(3, gridPos={"h": 4, "w": 4, "x": 22, "y": 1}), "is not within 24 columns"),
    (panel(0, type="stat"), "the first panels are in no row"),
    (panel(3, type="singlestat"), "singlestat is none of"),
    (panel(3, description=""), "has no description"),
    (panel(3, fieldConfig={"defaults": {}}), "has no unit"),
    (panel(3, targets=[]), "shows nothing"),
    (panel(3, datasource=None), "does not ask the data source"),
    (target(3, datasource={"type": "prometheus", "uid": "abc"}), "does not ask the data source"),
    (target(3, expr=""), "a target has no expression"),
    (target(7, legendFormat=""), "a target has no legend"),
    (target(9, refId="B"), "two targets have the same refId"),
    (target(7, expr="sum(rate(needrecord_batches_total[5m]))"), "does not choose the instance and job of needrecord_batches_total"),
    (target(7, expr='sum(rate(needrecord_batches_total{job=~"$jobs", instance=~".*"}[5m]))'), "there is no variable jobs"),
    # The document.
    (document("| `needrecord_stopping` | gauge |", "| `needrecord_stopping` | counter |"), "the table of metrics is old"),
    (lambda m: m.families["needrecord_stopping"].labels.update(why=None), "the table of metrics is old"),
    (document("<!-- metrics -->", ""), "the chapter Metrics has no table"),
    (document("needrecord audit fallbacks", "needrecord audit defaults"), "there is no command needrecord audit defaults"),
    (document("needrecord doctor  ", "needrecord fallbacks  "), "there is no command needrecord fallbacks"),
    (document("](performance.md#memory)", "](memory.md)"), "there is no memory.md"),
    (document("](performance.md#memory)", "](performance.md#ram)"), "there is no performance.md#ram"),
    (document("](#needrecordoutcomesunkept)", "](#unkept)"), "there is no #unkept"),
    # What processes show.
    (shown("needrecord_stopping", "needrecord_stopped"), "the sources do not declare needrecord_stopped"),
    (shown("needrecord_stopping", "needrecord_stopped"), "none of the processes shows needrecord_stopping"),
    (shown("# TYPE needrecord_stopping gauge", "# TYPE needrecord_stopping counter"), "is a counter, and a gauge in the sources"),
    (shown("needrecord_stopping 1", 'needrecord_stopping{why="x"} 1'), "has the labels ['why'], and []"),
    (shown('part="audit_trail"}', 'part="trail"}'), "part of needrecord_part_up is trail"),
]


class ChecksTest(unittest.TestCase):
    def test_the_files_are_well(self):
        m = copy.deepcopy(WHOLE)
        m.metrics = {"serve": SHOWN}
        self.assertEqual(checks.problems(m), [])
        self.assertEqual(checks.promtool_rules() + checks.promtool_dashboard(m) + checks.promtool_metrics(m), [])

    def test_each_fault_is_noticed(self):
        for number, (change, said) in enumerate(CASES):
            with self.subTest(number=number, said=said):
                m = copy.deepcopy(WHOLE)
                change(m)
                try:
                    found = "\n".join(checks.problems(m))
                except ValueError as error:
                    found = str(error)
                self.assertIn(said, found)

    def test_promtool_reads_the_dashboard(self):
        m = copy.deepcopy(WHOLE)
        target(7, expr="rate(needrecord_batches_total)")(m)
        self.assertIn("expected type range vector", "".join(checks.promtool_dashboard(m)))

    def test_promtool_reads_what_processes_show(self):
        for old, new, said in [
            ("# HELP needrecord_stopping", "# needrecord_stopping", "no help text"),
            ("needrecord_batches_total", "needrecord_batches", "_total"),
            ("needrecord_stopping 1", "needrecord_stopping one", "error"),
        ]:
            m = copy.deepcopy(WHOLE)
            shown(old, new)(m)
            self.assertIn(said, "".join(checks.promtool_metrics(m)))

    def test_promtool_runs_the_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.test.yaml"
            path.write_text(
                f"rule_files: [{checks.FOLDER}/rules.yaml]\nevaluation_interval: 1m\ntests:\n"
                "  - interval: 1m\n    input_series: []\n    alert_rule_test:\n"
                "      - {alertname: NeedrecordNoWorker, eval_time: 5m, exp_alerts: []}\n"
            )
            self.assertIn("NeedrecordNoWorker", "".join(checks.promtool_tests([path])))


if __name__ == "__main__":
    unittest.main()
