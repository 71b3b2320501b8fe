"""The rules of deploy/monitoring with time running faster, for deploy/local/drill-alerts.

What is a duration is divided by a factor, and so is what is compared with an age in seconds. All else stays as it is.
What is not known here is refused: a rule that was scaled by half would fire for another reason than its own.
"""

import re
from dataclasses import dataclass
from typing import Any, Iterator

import promql_parser as promql

from queries import parse

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
COMPARISONS = {"==", "!=", "<", ">", "<=", ">="}
# Seconds that are no time that passes: how much of the answer's budget is left is measured on the real clock.
UNSCALED = {("NeedrecordBudgetShortAtWorkers", 2.0)}
# What an age is still an age after.
SAME_UNIT = {"max_over_time", "min_over_time", "avg_over_time", "predict_linear", "histogram_quantile", "abs"}
OTHER_UNIT = {"rate", "increase", "absent"}

TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<duration>(?:\d+(?:ms|[smhdwy]))+(?!\w))
    | (?P<colon>:(?=\s*\d))
    | (?P<name>[A-Za-z_][\w:]*)
    | (?P<number>\d+(?:\.\d+)?(?!\w))
    | (?P<operator>==|!=|<=|>=|=~|!~|[-+*/<>=@])
    | (?P<mark>[(){}\[\],])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


class Unknown(ValueError):
    """Something that nobody has said how to scale."""


def scaled_rules(rules: dict[str, Any], factor: int) -> dict[str, Any]:
    """All rules; seldom evaluated groups no more often than twice a second."""
    only(rules, {"groups"}, "the file")
    groups = []
    for group in rules["groups"]:
        only(group, {"name", "interval", "rules"}, group["name"])
        one: dict[str, Any] = {"name": group["name"]}
        if "interval" in group:
            one["interval"] = duration(group["interval"], factor, least=500)
        one["rules"] = [scaled_rule(rule, factor) for rule in group["rules"]]
        groups.append(one)
    return {"groups": groups}


def scaled_rule(rule: dict[str, Any], factor: int) -> dict[str, Any]:
    name = rule.get("alert") or rule["record"]
    only(rule, {"alert", "record", "expr", "for", "labels", "annotations"}, name)
    result = dict(rule, expr=scaled_expression(name, rule["expr"], factor))
    if "for" in rule:
        result["for"] = duration(rule["for"], factor)
    if "annotations" in rule:
        result["annotations"] = {key: scaled_text(name, text, factor) for key, text in rule["annotations"].items()}
    return result


def scaled_text(name: str, text: str, factor: int) -> str:
    """A template: the queries in it, and not its words."""
    parts = text.split("`")
    # In quotes or in a variable it would stay as it was.
    queries = len(re.findall(r"\bquery\b", text.replace('query "', "`")))
    plain = re.findall(r'\bquery "([^"]*)"', text)
    if len(parts) % 2 == 0 or queries != len(parts) // 2 or any("[" in one or "offset" in one for one in plain):
        raise Unknown(f"{name}: a template that has a query elsewhere than in backquotes: {text}")
    # %q stands for a label's value there, with its quotes.
    mark = '"%q"'
    for place in range(1, len(parts), 2):
        parts[place] = scaled_expression(name, parts[place].replace("%q", mark), factor).replace(mark, "%q")
    return "`".join(parts)


def scaled_expression(name: str, text: str, factor: int) -> str:
    tokens = list(tokenized(name, text))
    solid = [place for place, token in enumerate(tokens) if token.kind != "space"]
    comparisons = list(compared(parse(text)))
    found = 0
    result = [token.text for token in tokens]
    in_matchers = False
    horizon: list[int] = []
    for order, place in enumerate(solid):
        token = tokens[place]
        before = tokens[solid[order - 1]].text if order else ""
        after = tokens[solid[order + 1]] if order + 1 < len(solid) else Token("", "")
        if token.text in "{}":
            in_matchers = token.text == "{"
        if token.kind == "duration":
            if before not in ("offset", "[", ":"):
                raise Unknown(f"{name}: {token.text} is neither a range nor an offset in {text}")
            result[place] = duration(token.text, factor)
        if token.kind == "operator" and token.text in COMPARISONS and not in_matchers:
            if found == len(comparisons) or str(comparisons[found].op) != token.text:
                raise Unknown(f"{name}: the comparisons in {text} cannot be told apart")
            if is_age(name, comparisons[found]):
                if after.kind != "number":
                    raise Unknown(f"{name}: an age is compared with {after.text}")
                result[solid[order + 1]] = f"{after.text} / {factor}"
            found += 1
        # A fixed moment would be another one.
        if token.text == "@" and after.text not in ("start", "end"):
            raise Unknown(f"{name}: {after.text} is a moment, in {text}")
        if token.text == "predict_linear":
            horizon.append(order)
    if found != len(comparisons):
        raise Unknown(f"{name}: the comparisons in {text} cannot be told apart")
    for order in horizon:
        scale_horizon(name, [(place, tokens[place]) for place in solid[order + 1 :]], result, factor)
    return "".join(result)


def scale_horizon(name: str, rest: list[tuple[int, Token]], result: list[str], factor: int) -> None:
    """How far predict_linear looks: after its only comma, to its end."""
    comma = next(order for order, (_, token) in enumerate(rest) if token.text == ",")
    end = next(order for order, (_, token) in enumerate(rest) if token.text == ")")
    if comma > end or any(token.kind not in ("number", "operator") for _, token in rest[comma + 1 : end]):
        raise Unknown(f"{name}: predict_linear with another horizon than a number")
    place = rest[end][0]
    result[place] = f" / {factor})"


def tokenized(name: str, text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise Unknown(f"{name}: {text[place : place + 10]!r} in {text}")
        yield Token(str(match.lastgroup), match.group())
        place = match.end()


def compared(expression: promql.Expr) -> Iterator[promql.BinaryExpr]:
    """All comparisons in the order in which they are written."""
    match expression:
        case promql.BinaryExpr():
            yield from compared(expression.lhs)
            if str(expression.op) in COMPARISONS:
                yield expression
            yield from compared(expression.rhs)
        case promql.Call():
            for argument in expression.args:
                yield from compared(argument)
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from compared(expression.expr)


def is_age(name: str, comparison: promql.BinaryExpr) -> bool:
    """Whether it compares an age with a number of seconds."""
    left, right = in_seconds(name, comparison.lhs), in_seconds(name, comparison.rhs)
    if not left and not right:
        return False
    if left and right:
        return False
    if right or not isinstance(comparison.rhs, promql.NumberLiteral):
        raise Unknown(f"{name}: seconds are compared with something else than a number: {comparison}")
    return (name, comparison.rhs.val) not in UNSCALED


def in_seconds(name: str, expression: promql.Expr) -> bool:
    match expression:
        case promql.NumberLiteral() | promql.StringLiteral():
            return False
        case promql.VectorSelector():
            return str(expression.name).endswith(("_seconds", ":seconds"))
        case promql.MatrixSelector():
            return in_seconds(name, expression.vector_selector)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return in_seconds(name, expression.expr)
        case promql.AggregateExpr():
            return str(expression.op) != "count" and in_seconds(name, expression.expr)
        case promql.Call():
            function = expression.func.name
            if function == "histogram_quantile":
                return "_seconds_bucket" in str(expression)
            if function not in SAME_UNIT | OTHER_UNIT:
                raise Unknown(f"{name}: {function} of what unit?")
            inner = any(in_seconds(name, argument) for argument in expression.args)
            if inner and function in OTHER_UNIT:
                raise Unknown(f"{name}: {function} of seconds")
            return inner
        case promql.BinaryExpr():
            left, right = in_seconds(name, expression.lhs), in_seconds(name, expression.rhs)
            match str(expression.op):
                case "and" | "unless":
                    return left
                case "or" | "+" | "-":
                    return left or right
                case "/" | "*" if left or right:
                    raise Unknown(f"{name}: seconds are multiplied or divided in {expression}")
                case _:
                    return left
        case _:
            raise Unknown(f"{name}: {expression}")


def duration(text: str, factor: int, least: int = 1) -> str:
    """A duration of Prometheus, such as 1h30m, divided."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise Unknown(f"{text!r} is no duration")
    milliseconds = sum(int(number) * UNITS[unit] for number, unit in parts)
    return f"{max(least, round(milliseconds / factor))}ms"


def only(mapping: dict[str, Any], known: set[str], what: str) -> None:
    if unknown := set(mapping) - known:
        raise Unknown(f"{what}: {', '.join(sorted(unknown))}")
