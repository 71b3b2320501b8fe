"""The relations and functions of the database that people may ask, beside the tables of the documents."""

import re
import subprocess
from pathlib import Path

from report import Report

RELATIONS = """
    SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'needrecord'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND NOT c.relispartition
        AND has_table_privilege('needrecord_reader', c.oid, 'SELECT')
    GROUP BY c.relname
"""
FUNCTIONS = """
    SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid),
        concat_ws(' ', CASE WHEN has_function_privilege('needrecord_reader', p.oid, 'EXECUTE') THEN 'reader' END,
            CASE WHEN has_function_privilege('needrecord_operator', p.oid, 'EXECUTE') THEN 'operator' END)
    FROM pg_proc AS p WHERE p.pronamespace = 'needrecord'::regnamespace
"""


def _ask(query: str) -> list[list[str]]:
    output = subprocess.run(
        ["deploy/local/stack", "psql", "-X", "-q", "-At", "-F", "\t", "-c", query],
        check=True,
        text=True,
        capture_output=True,
        timeout=30,
    ).stdout
    return [line.split("\t") for line in output.splitlines()]


def _audited(text: str) -> dict[str, str]:
    """The relations that docs/audit.md has, with their columns."""
    part = text[text.index("<!-- columns -->") : text.index("<!-- end of columns -->")]
    sections = re.split(r"^### ", part, flags=re.MULTILINE)[1:]
    rows = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
    return {section.split("\n", 1)[0]: ", ".join(rows.findall(section)) for section in sections}


def _rows(text: str, heading: str) -> list[list[str]]:
    """The rows of the table under a heading."""
    part = text[text.index(f"\n## {heading}\n") :].split("\n## ")[1]
    rows = [re.split(r" \| ", line.strip("| ")) for line in part.splitlines() if line.startswith("| `")]
    return [[cell.replace("`", "") for cell in row] for row in rows]


def check(report: Report, folder: Path, root: Path) -> None:
    readable = {name: columns for name, columns in _ask(RELATIONS)}
    documented = _audited((root / "docs/audit.md").read_text())
    text = (folder / "README.md").read_text()
    for name, _, columns in _rows(text, "Tables and views"):
        report.check(name not in documented, f"{name} is documented twice")
        documented[name] = columns
    for name, columns in readable.items():
        if report.check(name in documented, f"needrecord_reader may read {name}, and no document has it"):
            report.check(documented[name] == columns, f"{name} has the columns {columns}, and not {documented[name]}")
    for name in documented:
        report.check(name in readable, f"{name} is documented, and needrecord_reader may not read it")
    functions = {signature: (result, roles.split()) for signature, result, roles in _ask(FUNCTIONS)}
    for signature, result, role, _ in _rows(text, "Functions"):
        if report.check(signature in functions, f"there is no function {signature}"):
            returns, roles = functions[signature]
            report.check(returns == result, f"{signature} returns {returns}, and not {result}")
            report.check((role == "operator") == ("reader" not in roles), f"{signature}: {role} is not the role for it")
            report.check(role in roles, f"{signature}: {role} may not call it")
