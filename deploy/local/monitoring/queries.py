"""What expressions in PromQL refer to."""

from dataclasses import dataclass
from functools import cache

import promql_parser


@dataclass(frozen=True)
class Selector:
    """One choice of series."""

    name: str
    # Label, operator (=, !=, =~ or !~) and value.
    matchers: tuple[tuple[str, str, str], ...]
    # The functions and aggregations around it, the innermost first.
    within: tuple[str, ...]


@dataclass(frozen=True)
class Grouping:
    """Labels that series are told apart by."""

    labels: tuple[str, ...]
    # Of which series.
    names: tuple[str, ...]
    # Whether the result has them: `by`, and not `on`.
    is_kept: bool


OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


@cache
def parse(expression: str) -> promql_parser.Expr:
    try:
        return promql_parser.parse(expression)
    except ValueError as error:
        raise ValueError(f"{expression}: {error}") from None


def series(notation: str) -> Selector:
    """What stands before the values of a series in a test, or before a value in what a process shows."""
    [selector], _ = references(parse(notation))
    return selector


def references(expression: promql_parser.Expr, within: tuple[str, ...] = ()) -> tuple[list[Selector], list[Grouping]]:
    match expression:
        case promql_parser.VectorSelector():
            return [_selector(expression, within)], []
        case promql_parser.MatrixSelector():
            return [_selector(expression.vector_selector, within)], []
        case promql_parser.NumberLiteral() | promql_parser.StringLiteral():
            return [], []
        case promql_parser.AggregateExpr():
            found = references(expression.expr, ("aggregation", *within))
            return _grouped(found, expression.modifier, is_kept=True)
        case promql_parser.Call():
            found = [references(argument, (expression.func.name, *within)) for argument in expression.args]
            return [one for part in found for one in part[0]], [one for part in found for one in part[1]]
        case promql_parser.BinaryExpr():
            left, right = references(expression.lhs, within), references(expression.rhs, within)
            found = left[0] + right[0], left[1] + right[1]
            matching = expression.modifier and expression.modifier.matching
            return _grouped(found, matching, is_kept=False)
        case _:
            # Parentheses, signs and subqueries.
            return references(expression.expr, within)


def _grouped(found, modifier, is_kept: bool) -> tuple[list[Selector], list[Grouping]]:
    selectors, groupings = found
    if modifier is None:
        return selectors, groupings
    if modifier.type == promql_parser.AggModifierType.Without:
        raise ValueError("by says what is left, and without does not")
    names = tuple(selector.name for selector in selectors)
    return selectors, [*groupings, Grouping(tuple(modifier.labels), names, is_kept)]


def _selector(selector: promql_parser.VectorSelector, within: tuple[str, ...]) -> Selector:
    name = selector.name or ""
    matchers = []
    for matcher in selector.matchers.matchers:
        operator = OPERATORS[str(matcher.op).removeprefix("MatchOp.")]
        if matcher.name == "__name__":
            name = matcher.value
        else:
            matchers.append((matcher.name, operator, matcher.value))
    return Selector(name, tuple(matchers), within)
