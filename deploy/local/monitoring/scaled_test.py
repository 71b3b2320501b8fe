"""What becomes of rules when time runs faster, and what is refused."""

import copy
import re
import unittest

import yaml

import checks
import scaled

RULES = yaml.safe_load((checks.FOLDER / "rules.yaml").read_text())

# The rule, its expression, and what becomes of it with a factor of 60.
CASES = [
    ("x", "rate(a_total[5m])", "rate(a_total[5000ms])"),
    ("x", "increase(a_total[1h30m] offset 1d) >= 100", "increase(a_total[90000ms] offset 1440000ms) >= 100"),
    (
        "x",
        'a_total{status!~"4m|5m"} > 0 unless a_total offset 15m',
        'a_total{status!~"4m|5m"} > 0 unless a_total offset 15000ms',
    ),
    ("x", "needrecord:slow:ratio_rate1h > 14.4 * 0.001", "needrecord:slow:ratio_rate1h > 14.4 * 0.001"),
    ("x", "a_seconds > 300", "a_seconds > 300 / 60"),
    ("x", "a_bytes / b_bytes > 0.8 and a_seconds > 30", "a_bytes / b_bytes > 0.8 and a_seconds > 30 / 60"),
    ("x", "needrecord:lag:seconds > 300", "needrecord:lag:seconds > 300 / 60"),
    ("x", "a_seconds_count > 300", "a_seconds_count > 300"),
    ("x", "max by (job) (a_seconds and on (job) b == 1) > 5", "max by (job) (a_seconds and on (job) b == 1) > 5 / 60"),
    (
        "x",
        "max_over_time(a_seconds[6h]) - min_over_time(a_seconds[6h]) < 60",
        "max_over_time(a_seconds[360000ms]) - min_over_time(a_seconds[360000ms]) < 60 / 60",
    ),
    (
        "x",
        "max_over_time((a and on (job) abs(b_seconds - b_seconds @ end()) < 60)[6h:1m])",
        "max_over_time((a and on (job) abs(b_seconds - b_seconds @ end()) < 60 / 60)[360000ms:1000ms])",
    ),
    (
        "x",
        "predict_linear(a_bytes[15m], 4 * 3600) > b_bytes",
        "predict_linear(a_bytes[15000ms], 4 * 3600 / 60) > b_bytes",
    ),
    (
        "NeedrecordBudgetShortAtWorkers",
        "histogram_quantile(0.5, sum by (job, le) (rate(a_seconds_bucket[5m]))) < 2",
        "histogram_quantile(0.5, sum by (job, le) (rate(a_seconds_bucket[5000ms]))) < 2",
    ),
]

REFUSED = [
    ("max_over_time(a[1h:])", "':]\\)' in max_over_time"),
    ("a @ 5", "5 is a moment"),
    ("a_seconds > b", "something else than a number"),
    ("30 < a_seconds", "something else than a number"),
    ("a_seconds / 60 > 5", "multiplied or divided"),
    ("rate(a_seconds[5m]) > 1", "rate of seconds"),
    ("deriv(a_seconds[5m]) > 1", "deriv of what unit"),
    ("predict_linear(a[5m], time()) > 1", "time of what unit"),
]


class ScaledTest(unittest.TestCase):
    def test_expressions(self):
        for name, text, expected in CASES:
            with self.subTest(text):
                self.assertEqual(scaled.scaled_expression(name, text, 60), expected)

    def test_what_is_not_known_is_refused(self):
        for text, said in REFUSED:
            with self.subTest(text), self.assertRaisesRegex(ValueError, said):
                scaled.scaled_expression("x", text, 60)
        for template in ('{{ with query "sum(a[5m])" }}', "{{ with query $q }}", "`a"):
            with self.subTest(template), self.assertRaises(scaled.Unknown):
                scaled.scaled_text("x", template, 60)
        for change in ({"limit": 5}, {"rules": [{"record": "a", "expr": "b", "keep_firing_for": "5m"}]}):
            with self.subTest(change), self.assertRaises(scaled.Unknown):
                scaled.scaled_rules({"groups": [{"name": "x", "rules": [], **change}]}, 60)

    def test_texts_keep_their_words(self):
        text = (
            "In 15m {{ with printf `sum(increase(a_total{job=%q}[15m]))` $labels.job | query }}{{ . }}{{ end }} of 1h"
        )
        expected = text.replace("[15m]", "[15000ms]")
        self.assertEqual(scaled.scaled_text("x", text, 60), expected)

    def test_durations(self):
        for text, expected in [
            ("2m", "2000ms"),
            ("1w", "10080000ms"),
            ("3d", "4320000ms"),
            ("1h30m", "90000ms"),
            ("15ms", "1ms"),
        ]:
            self.assertEqual(scaled.duration(text, 60), expected)
        self.assertEqual(scaled.duration("2m", 1_200, least=500), "500ms")
        for text in ("5", "5 m", "m", "1x", ""):
            with self.subTest(text), self.assertRaises(scaled.Unknown):
                scaled.duration(text, 60)

    def test_the_rules_as_they_are(self):
        """All of them are understood, to the last duration, and nothing that was read is changed."""
        before = copy.deepcopy(RULES)
        one = scaled.scaled_rules(RULES, 1)
        self.assertEqual(RULES, before)
        for group, same in zip(RULES["groups"], one["groups"], strict=True):
            for rule, other in zip(group["rules"], same["rules"], strict=True):
                self.assertEqual(rule.get("labels"), other.get("labels"))
                self.assertEqual(set(rule), set(other))
        texts = [
            text
            for group in scaled.scaled_rules(RULES, 60)["groups"]
            for rule in group["rules"]
            for text in (rule["expr"], rule.get("for", ""), *re.findall("`[^`]*`", str(rule.get("annotations", {}))))
        ]
        left = [text for text in texts if re.search(r"(?<![\w:])\d+[smhdwy]\b", text)]
        self.assertEqual(left, [])
        # What is an age is known by its name; another one would be missed here.
        self.assertEqual(sum(text.count(" / 60") for text in texts), 7)


if __name__ == "__main__":
    unittest.main()
