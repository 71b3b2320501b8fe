"""What the drill of alerts notices, without one."""

import copy
import time
import unittest

import yaml

import checks
import drill
import scenarios
from watching import Episode, Watch

RULES = yaml.safe_load((checks.FOLDER / "rules.yaml").read_text())


def alert(rules: dict, name: str) -> dict:
    return next(rule for group in rules["groups"] for rule in group["rules"] if rule.get("alert") == name)


def shown(state: str, **labels: str) -> dict:
    return {"labels": {"alertname": "NeedrecordX", **labels}, "annotations": {}, "state": state}


class DrillTest(unittest.TestCase):
    def test_every_alert_is_drilled_or_is_said_why_not(self):
        self.assertEqual(drill.incomplete(RULES), [])

    def test_what_is_left_out_is_noticed(self):
        for change, said in [
            (
                lambda m: alert(m, "NeedrecordNoWorker").update(alert="NeedrecordNobody"),
                "NeedrecordNobody  is neither drilled",
            ),
            (
                lambda m: alert(m, "NeedrecordNoWorker").update(alert="NeedrecordNobody"),
                "NeedrecordNoWorker  is drilled",
            ),
            (
                lambda m: alert(m, "NeedrecordDecisionBudgetBurn")["labels"].update(window="2h"),
                "NeedrecordDecisionBudgetBurn 2h is neither",
            ),
            (
                lambda m: alert(m, "NeedrecordNoWorker")["labels"].update(severity="ticket"),
                "NeedrecordNoWorker is a ticket",
            ),
        ]:
            rules = copy.deepcopy(RULES)
            change(rules)
            with self.subTest(said):
                self.assertTrue(any(said in fault for fault in drill.incomplete(rules)), drill.incomplete(rules))

    def test_an_alert_is_known_by_all_its_labels(self):
        wanted = scenarios.ticket("EventsDead", "worker-1", "worker-2", result="dead")
        labels = {
            "alertname": "NeedrecordEventsDead",
            "severity": "ticket",
            "job": "needrecord",
            "instance": "worker-2:8081",
            "result": "dead",
        }
        self.assertTrue(wanted.fits(Episode(labels, {}, 0)))
        for change in (
            {"severity": "page"},
            {"instance": "worker-3:8081"},
            {"part": "broker"},
            {"alertname": "NeedrecordEvents"},
        ):
            self.assertFalse(wanted.fits(Episode(labels | change, {}, 0)), change)
        del labels["job"]
        self.assertFalse(wanted.fits(Episode(labels, {}, 0)))

    def test_an_alert_has_episodes(self):
        watch = Watch([])
        began = time.monotonic()
        watch._note([shown("pending", a="1")], began + 1)
        self.assertEqual(watch.fired_since(began), [])
        self.assertEqual(len(watch.pending()), 1)
        watch._note([shown("firing", a="1"), shown("firing", a="2")], began + 2)
        self.assertEqual([one.fired for one in watch.fired_since(began)], [began + 2, began + 2])
        watch._note([shown("pending", a="1")], began + 3)
        self.assertEqual(watch.firing(), [])
        self.assertEqual(len(watch.pending()), 1)
        watch._note([shown("firing", a="1")], began + 4)
        self.assertEqual(len(watch.firing()), 1)
        # Those that were over before do not count, and one that goes on does.
        self.assertEqual(len(watch.fired_since(began + 3.5)), 1)
        watch._note([], began + 5)
        self.assertEqual(len(watch.fired_since(began + 4.5)), 1)
        self.assertEqual(watch.fired_since(began + 5), [])


if __name__ == "__main__":
    unittest.main()
