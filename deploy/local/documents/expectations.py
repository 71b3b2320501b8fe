"""What cannot be told from the documents themselves: which blocks are not run, and why; what stands for something else; and
which commands end with another code than 0, where the document has no room to say so.

Each entry has to be needed: one that fits nothing is a fault.
"""

from dataclasses import dataclass

# For whoever runs an installation. What they tell somebody to type is run.
OPERATOR_DOCUMENTS = r"README\.md|docs/[\w-]+\.md|deploy/kubernetes/README\.md"

# What begins a command.
PROGRAMS = {
    "awk", "cp", "curl", "deploy/local/bench", "deploy/local/stack", "docker", "echo", "eval", "export", "jq", "kill",
    "kubectl", "make", "needrecord", "openssl", "pg_basebackup", "pg_dump", "pg_dumpall", "pg_restore", "pgbench", "printf",
    "psql",
    "rabbitmq-diagnostics", "rabbitmq-plugins", "rabbitmq-queues", "rabbitmq-streams", "rabbitmqctl", "swift", "systemctl",
    "timeout", "wrk",
}  # fmt: skip


@dataclass(frozen=True)
class NotRun:
    document: str
    # How the block begins; "" is every block of the document that is not tagged to be run.
    beginning: str
    why: str


@dataclass(frozen=True)
class Instead:
    """What is run in the place of what the document says."""

    document: str
    text: str
    instead: str
    why: str


@dataclass(frozen=True)
class Ends:
    """A command that ends with this code; None: it never ends, and is interrupted after a second."""

    document: str
    command: str
    code: int | None
    why: str


NOT_RUN = [
    NotRun("README.md", "make run", "it builds the program, and serves until Ctrl-C"),
    NotRun("README.md", "make test", "it is what calls this"),
    NotRun("README.md", "needrecord migrate --grant LOGIN", "the parts in it serve until they are stopped"),
    NotRun("deploy/kubernetes/README.md", "", "it takes kubectl and a cluster"),
    NotRun("docs/audit.md", "$ needrecord verify", "what was printed on a day"),
    NotRun("docs/audit.md", "$ needrecord replay", "what was printed on a day"),
    NotRun("docs/audit.md", "$ needrecord dead list", "what was printed on a day"),
    NotRun("docs/maintenance.md", "rabbitmqctl delete_queue", "its own tests do it; here it would cost what is checked next"),
    NotRun("docs/measurements.md", "", "measurements take the whole machine for minutes"),
]

INSTEAD = [
    Instead("README.md", "--rate 500 --duration 10s", "--rate 100 --duration 2s", "the machine may have other work"),
    Instead("docs/capacity.md", "--rate 500 --duration 10s", "--rate 100 --duration 2s", "the machine may have other work"),
    Instead(
        "docs/rules.md",
        "needrecord decide ...",
        "needrecord decide --domain test.com --app test123 --stream teststream",
        "it stands for the line before",
    ),
    Instead("docs/rules.md", "--revision 17", "--revision 1", "there are not so many revisions here"),
]

ENDS = [
    Ends("docs/audit.md", "needrecord audit outcomes --follow", None, "it goes on until Ctrl-C"),
    Ends("docs/rules.md", "needrecord rules diff rules.yaml", 1, "publishing would change something"),
    Ends("docs/rules.md", "needrecord rules shadow drop policies", 1, "the line before has made the shadow the set"),
    Ends("docs/rules.md", "needrecord reservations release", 1, "that stream has no reservation"),
]
