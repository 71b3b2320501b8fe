"""Breaks documents, and blocks that are run, one thing at a time; each has to be noticed."""

import dataclasses

import checks
import markdown
from facts import Facts
from markdown import Block, Document
from runs import Plan, Runner, Step

# What is added to a document of an operator, and what the named check has to say of it.
CASES = [
    ("links", "[a](nowhere.md)", "there is no docs/nowhere.md"),
    ("links", "[a](faq.md#nowhere)", "docs/faq.md has no heading for #nowhere"),
    ("links", "[a](#nowhere)", "has no heading for #nowhere"),
    ("links", "![a](latency.png)", "there is no docs/latency.png"),
    ("links", "`deploy/local/nowhere`", "there is no deploy/local/nowhere"),
    # It is there, and nobody else has it.
    ("links", "[a](../.stack)", "there is no .stack"),
    ("commands", "`needrecord audits`", "there is no command audits"),
    ("commands", "`needrecord rules add|delete`", "there is no command delete"),
    ("commands", "`rules publish --shadows`", "there is no option --shadows"),
    ("commands", "`needrecord audit outcomes --rules`", "there is no option --rules"),
    ("commands", "    needrecord rules list test.com", "takes 0 arguments and not 1"),
    ("commands", "    needrecord explain a b", "takes 1 arguments and not 2"),
    ("commands", "    X=1 needrecord push --rate", "--rate has no value"),
    ("commands", "```sh\nneedrecord push --count 5 \\\n  --stream=s --nonsense\n```", "there is no option --nonsense"),
    ("commands", "```\nfor i in 1 2; do needrecord purge; done\n```", "there is no command purge"),
    ("settings", "`http.prt`", "there is no setting or counter http.prt"),
    ("settings", "`journal.waiting_records`", "there is no setting or counter journal.waiting_records"),
    ("settings", "`callbacks.fallbacks.CAUSE`", "there is no setting or counter callbacks.fallbacks.CAUSE"),
    ("settings", "`needrecord serve --set http.prt=1`", "there is no setting http.prt"),
    ("environment variables", "`NEEDRECORD_HTTP_PRT`", "there is no environment variable NEEDRECORD_HTTP_PRT"),
    ("metrics, alerts and suites", "`needrecord_callbacks_total`", "there is no metric needrecord_callbacks_total"),
    ("metrics, alerts and suites", "`process_cpu_second`", "there is no metric process_cpu_second"),
    ("metrics, alerts and suites", "`needrecord_auditors`", "there is no metric needrecord_auditors"),
    ("metrics, alerts and suites", "NeedrecordAllWrong", "there is no alert NeedrecordAllWrong"),
    ("metrics, alerts and suites", "`NothingTests`", "there is no test suite NothingTests"),
    ("relations", "`needrecord.outcome`", "there is no needrecord.outcome"),
]

# Blocks of a document, and what the plan has to say of them.
PLANS = [
    ("```sh\nneedrecord doctor\n```", "is not tagged to be run"),
    ("```\nPATH=. needrecord doctor\n```", "is not tagged to be run"),
    ("    $ needrecord doctor\n    ok", "is not tagged to be run"),
    ("```sh run exit=no\nneedrecord doctor\n```", "cannot be understood"),
    ("```run sh\nneedrecord doctor\n```", "cannot be understood"),
    ("```sql nobody\nSELECT 1\n```", "says no role"),
]

# What is behind the fence, the block, and what running it has to say.
RUNS = [
    ("sh run", "needrecord rules list --nonsense", "ended with 64 and not 0"),
    ("sh run", "needrecord rules list | grep nothing", "ended with 1 and not 0"),
    ("sh run", "false\ntrue", "false ended with 1 and not 0"),
    ("sh run", "if true; then\n  false\nfi\ntrue", "ended with 1 and not 0"),
    ("sh run", "true\necho $NOT_SET", "ended the block"),
    ("sh run exit=3", "needrecord rules list", "ended with 0 and not 3"),
    ("sh run exit=3", "true\nneedrecord rules list", "is for one command, and here are 2"),
    ("text output", "what nobody has printed\n", "the block before has printed"),
    # Whoever may only read may not write, and sees no other schema's columns.
    ("sql", "DELETE FROM needrecord.outcomes;", "permission denied"),
    ("sql", "SELECT nothing FROM needrecord.outcomes;", 'column "nothing" does not exist'),
    ("sql owner", "SELECT * FROM pg_authid;", "permission denied"),
    ("sql superuser", "SELECT nothing FROM needrecord.outcomes;", 'column "nothing" does not exist'),
]


def prove(report, documents: dict[str, Document], facts: Facts) -> None:
    whole = documents["docs/maintenance.md"]
    for name, text, said in CASES:
        broken = documents | {whole.path: markdown.parse(whole.path, f"{whole.text}\n\n{text}\n")}
        found = list(checks.CHECKS[name](broken, facts))
        report.check(any(said in fault for fault in found), f"{text!r}: {said!r} is not in {found[:5]}")
    for text, said in PLANS:
        found = Plan({"docs/x.md": markdown.parse("docs/x.md", text)}).faults
        report.check(any(said in fault for fault in found), f"{text!r}: {said!r} is not in {found[:5]}")
    # A reason that no block needs any more.
    found = Plan({}).faults
    report.check(any("has no block that begins with" in fault for fault in found), "an exception of no use is not noticed")
    # An option that the program does not have any more, and texts of the program itself.
    command = facts.commands[("audit", "fallbacks")]
    options = {name: value for name, value in command.options.items() if name != "--since"}
    older = dataclasses.replace(
        facts, commands=facts.commands | {("audit", "fallbacks"): dataclasses.replace(command, options=options)}
    )
    found = list(checks.check_commands(documents, older))
    report.check(any("no option --since" in fault for fault in found), "--since is not missed")
    texts = dataclasses.replace(facts, texts=[("a.swift", "needrecord migrates")])
    report.check(any("command migrates" in fault for fault in checks.check_commands({}, texts)), "a text is not looked at")
    top = dataclasses.replace(facts.commands[()], help="`needrecord x`")
    help = dataclasses.replace(facts, commands=facts.commands | {(): top})
    report.check(any("command x" in fault for fault in checks.check_commands({}, help)), "help is not looked at")


def prove_runs(report, runner: Runner) -> None:
    for info, text, said in RUNS:
        plan = Plan({"docs/x.md": markdown.parse("docs/x.md", f"```{info}\n{text}\n```")})
        for _, found in runner.run(plan.steps):
            report.check(any(said in fault for fault in found), f"{info}: {text!r}: {said!r} is not in {found[:5]}")
    runner.limit = 1
    for _, found in runner.run([Step(Block("docs/x.md", 1, "sleep 30\n"), "sh")]):
        report.check(any("did not end within" in fault for fault in found), f"what hangs is not noticed: {found}")
