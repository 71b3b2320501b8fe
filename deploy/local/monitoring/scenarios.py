"""What is done to an installation, and which alerts have to fire for it. For deploy/local/drill-alerts.

A scenario is a generator: it does the fault up to its `yield`, is resumed when all that it `fires` fires, and undoes
the fault. What it fires `after` comes from that.
"""

import json
import signal
import socket
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass
from typing import Callable, Iterator

import pika

from installation import (
    AUDITORS, AUTHENTICATION, GATEWAYS, OUTCOMES_BYTES, REFUSED_DOMAIN, WORKERS, Installation, elsewhere, end, wait_for,
)  # fmt: skip
from watching import Episode

# What cannot be made on one machine in a bounded time, and why.
NOT_DRILLED: dict[str, str] = {}

BURN = ("NeedrecordDecisionBudgetBurn", "NeedrecordLatencyBudgetBurn")
# What is lost takes the auditors with it, sooner or later.
AUDIT = ("NeedrecordNoLeadingAuditor", "NeedrecordAuditorNotReady", "NeedrecordAuditBehind")


@dataclass(frozen=True)
class Expected:
    """An alert with all its labels. A label may have one of several values."""

    name: str
    labels: dict[str, str | tuple[str, ...]]

    def fits(self, episode: Episode) -> bool:
        found = {key: value for key, value in episode.labels.items() if key != "alertname"}
        return (
            episode.name == self.name
            and found.keys() == self.labels.keys()
            and all(found[key] in ([value] if isinstance(value, str) else value) for key, value in self.labels.items())
        )

    @property
    def rule(self) -> tuple[str, str]:
        return self.name, str(self.labels.get("window", ""))

    def __str__(self) -> str:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(self.labels.items()))
        return f"{self.name} ({labels})"


def page(name: str, *processes: str, **labels: str) -> Expected:
    return expected(name, "page", processes, labels)


def ticket(name: str, *processes: str, **labels: str) -> Expected:
    return expected(name, "ticket", processes, labels)


def expected(name: str, severity: str, processes: tuple[str, ...], labels: dict[str, str]) -> Expected:
    """About the process, or any of the processes; about the installation, when none is named."""
    whole: dict[str, str | tuple[str, ...]] = {"severity": severity, "job": "needrecord", **labels}
    if processes:
        whole["instance"] = tuple(f"{process}:8081" for process in processes)
    if labels.get("job") == "":
        del whole["job"]
    return Expected(f"Needrecord{name}", whole)


WINDOWS = ((page, "1h"), (page, "6h"), (ticket, "1d"), (ticket, "3d"))


def each(make: Callable[..., Expected], name: str, processes: tuple[str, ...], **labels: str) -> tuple[Expected, ...]:
    return tuple(make(name, process, **labels) for process in processes)


@dataclass
class Scenario:
    name: str
    what: str
    body: Callable[[Installation], Iterator[None]]
    fires: tuple[Expected, ...]
    after: tuple[Expected, ...]
    # Names of what may fire, too.
    beside: tuple[str, ...]
    # Seconds for what it fires, for each part of it.
    within: float

    @property
    def all(self) -> tuple[Expected, ...]:
        return self.fires + self.after


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *fires: Expected, after: tuple[Expected, ...] = (), beside: tuple[str, ...] = (), within: float = 40
) -> Callable[[Callable[[Installation], Iterator[None]]], None]:
    def register(body: Callable[[Installation], Iterator[None]]) -> None:
        name = body.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, str(body.__doc__), body, fires, after, beside, within)

    return register


# --- What leaves decisions alone --------------------------------------------------------------------------------------


@scenario(
    page("NoLeadingAuditor"),
    *each(ticket, "AuditorNotReady", AUDITORS, part="audit_trail"),
    ticket("AuditBehind"),
    page("AuditFarBehind"),
    within=100,
)
def auditors_without_database(i: Installation) -> Iterator[None]:
    """The auditors lose the database, for more than an hour."""
    i.database_of_auditors.cut()
    yield
    i.database_of_auditors.mend()


@scenario(page("MostCallbacksRefused"), ticket("CallbacksRefused"))
def callbacks_refused(i: Installation) -> Iterator[None]:
    """Two of three callbacks are not signed and should be."""
    push = i.push("gateway-1", 200, "--domain", REFUSED_DOMAIN)
    yield
    end(push)


@scenario(ticket("RequestsRejected"))
def requests_rejected(i: Installation) -> Iterator[None]:
    """One of four requests is longer than it may be."""
    push = i.push("gateway-2", 30, "--stream", "x" * 9_000)
    yield
    end(push)


@scenario(ticket("AdmissionFileRefused", "gateway-2", part="callback_authentication"))
def authentication_file_broken(i: Installation) -> Iterator[None]:
    """The file of keys is changed and has a fault."""
    file = i.authentication("gateway-2")
    file.write_text(AUTHENTICATION + "signature: {}\n")
    yield
    file.write_text(AUTHENTICATION)


@scenario(ticket("WorkerNotConsuming", "worker-1", part="work_queue"))
def worker_without_role(i: Installation) -> Iterator[None]:
    """A worker logs in as somebody who may not act as a worker."""
    i.sql("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    i["worker-1"].stop()
    i["worker-1"].start(database_url=elsewhere(i.urls["DATABASE"], user="stranger:stranger"))
    yield
    i.stop_processes("worker-1")
    i.start_processes("worker-1")


@scenario(ticket("FewFilesLeft", "worker-2"))
def few_files_left(i: Installation) -> Iterator[None]:
    """A worker may open a few more files than it has open, and no more."""
    worker = i["worker-2"]
    former = worker.limit_files(worker.open_files() * 6 // 5)
    yield
    worker.limit_files(former)


# What is sent in vain is tried again for 19 s, and that is not scaled: as long as spans find room to wait, now and then
# none is dropped in a quarter of an hour that lasts 15 s.
@scenario(ticket("SpansDropped", "gateway-1"), within=90)
def collector_gone(i: Installation) -> Iterator[None]:
    """The collector of traces is gone."""
    i.collector.stop()
    yield
    i.collector.start()


@scenario(ticket("MemoryHigh", "gateway-2"), beside=("NeedrecordProcessDown",), within=60)
def memory_high(i: Installation) -> Iterator[None]:
    """Hundreds of callers send nearly a MiB each, and not the rest."""
    # Recording callbacks may be that long.
    head = (
        "POST /callbacks/recording HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000000\r\n\r\n"
    )
    callers = []
    for _ in range(450):
        caller = socket.create_connection(("127.0.0.1", i["gateway-2"].port))
        caller.sendall(head.encode() + b"x" * 999_000)
        callers.append(caller)
    yield
    for caller in callers:
        caller.close()
    # What a process has taken it does not always give back.
    i.stop_processes("gateway-2")
    i.start_processes("gateway-2")


# --- Two of one -------------------------------------------------------------------------------------------------------


@scenario(
    ticket("RuleRevisionOld", "worker-2"),
    page("TwoLeadingAuditors"),
    # One that begins with an empty database has to catch up.
    beside=("NeedrecordAuditBehind",),
    within=60,
)
def second_database(i: Installation) -> Iterator[None]:
    """A worker and an auditor use a database that nobody has changed for a while."""
    i.sql("CREATE DATABASE past OWNER needrecord_owner")
    past = elsewhere(i.urls["DATABASE"], database="past")
    owner = elsewhere(i.urls["DATABASE_ADMIN"], database="past")
    i.command("migrate", "--grant", "needrecord_app", database=owner)
    i.command("rules", "add", "--record", "--format", "mp4", database=past)
    i.stop_processes("worker-2", "auditor-2")
    i["worker-2"].start(database_url=past)
    i["auditor-2"].start(database_url=past)
    yield
    i.stop_processes("worker-2", "auditor-2")
    i.start_processes("worker-2", "auditor-2")


@scenario(
    ticket("ProcessDown", "gateway-1"),
    after=(ticket("AnswersTooLate", "gateway-1"),),
    beside=BURN,
)
def gateway_stands_still(i: Installation) -> Iterator[None]:
    """A gateway does not get to run for longer than the platform waits."""
    for worker in WORKERS:
        i[worker].send(signal.SIGSTOP)
    # So that somebody waits for an answer then.
    time.sleep(0.7)
    i["gateway-1"].send(signal.SIGSTOP)
    began = time.monotonic()
    for worker in WORKERS:
        i[worker].send(signal.SIGCONT)
    yield
    time.sleep(max(0.0, began + 5.5 - time.monotonic()))
    i["gateway-1"].send(signal.SIGCONT)


# --- Messages ---------------------------------------------------------------------------------------------------------


@scenario(ticket("EventsDead", *WORKERS, result="dead"))
def garbage_in_the_work_queue(i: Installation) -> Iterator[None]:
    """Somebody sends workers what is no event."""
    with closing(i.broker()) as broker:
        broker.channel().basic_publish("", "needrecord.decisions", b"{not json")
    yield


@scenario(ticket("AuditDeadLetters", *AUDITORS))
def garbage_in_the_outcomes(i: Installation) -> Iterator[None]:
    """Somebody sends auditors what is no outcome."""
    with closing(i.broker()) as broker:
        broker.channel().basic_publish("needrecord", "outcome", b"{}")
    yield


@scenario(ticket("ConflictingOutcomes", *AUDITORS))
def conflicting_outcomes(i: Installation) -> Iterator[None]:
    """An outcome comes again, and says something else."""
    with closing(i.broker()) as broker:
        channel = broker.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "needrecord", "outcome")

        def differing() -> tuple[pika.BasicProperties, bytes] | None:
            method, properties, body = channel.basic_get(queue, auto_ack=True)
            message = json.loads(body) if method else {}
            outcomes = [record for record in message.get("records", []) if record["kind"] == "outcome"]
            if not outcomes:
                return None
            message["records"] = [record | {"answer": '{"NeedRecord":false}'} for record in outcomes]
            properties.message_id = str(uuid.uuid4())
            return properties, json.dumps(message).encode()

        properties, body = wait_for(differing, "an outcome")
        # What comes first is what stays.
        time.sleep(2)
        channel.basic_publish("needrecord", "outcome", body, properties)
    yield


@scenario(ticket("EventsRedelivered"), within=60)
def worker_dies_again_and_again(i: Installation) -> Iterator[None]:
    """A worker dies with all that it has, is started again, and dies again."""
    is_over = threading.Event()

    def die() -> None:
        while not is_over.is_set():
            i["worker-1"].send(signal.SIGSTOP)
            time.sleep(1)
            i["worker-1"].kill()
            i["worker-1"].start()
            i["worker-1"].wait_until_ready()
            is_over.wait(0.5)

    thread = threading.Thread(target=die, daemon=True)
    thread.start()
    yield
    is_over.set()
    thread.join()


# --- What leaves callbacks without decisions --------------------------------------------------------------------------


@scenario(
    page("NoWorker", job="", part="work_queue"),
    *each(ticket, "ProcessDown", WORKERS),
    *(make(name, window=window) for name in ("DecisionBudgetBurn", "LatencyBudgetBurn") for make, window in WINDOWS),
    within=60,
)
def no_worker(i: Installation) -> Iterator[None]:
    """All workers are stopped."""
    i.stop_processes(*WORKERS)
    yield
    i.start_processes(*WORKERS)


@scenario(
    ticket("BudgetShortAtWorkers"),
    beside=(*BURN, "NeedrecordFewerMayWait"),
)
def broker_slow(i: Installation) -> Iterator[None]:
    """Events take two and a half seconds to the workers."""
    i.broker_of_workers.delay = 2.5
    yield
    i.broker_of_workers.mend()


@scenario(
    *each(ticket, "FewerMayWait", GATEWAYS),
    *each(ticket, "PendingNearLimit", GATEWAYS),
    beside=(*BURN, "NeedrecordBudgetShortAtWorkers"),
    within=60,
)
def way_to_workers_narrow(i: Installation) -> Iterator[None]:
    """Fewer events get to the workers than come."""
    i.broker_of_workers.rate = 20_000
    yield
    i.broker_of_workers.mend()


@scenario(
    page("BrokerBlocked"),
    ticket("NoticesNotKept"),
    *each(ticket, "OutcomesWaiting", GATEWAYS),
    beside=(*BURN, *AUDIT, "NeedrecordJournalFilling", "NeedrecordEventsRedelivered"),
)
def broker_short_of_memory(i: Installation) -> Iterator[None]:
    """RabbitMQ has more in memory than it may."""
    i.stack("ctl", "set_vm_memory_high_watermark", "0.00001")
    yield
    i.stack("ctl", "set_vm_memory_high_watermark", "0.4")


@scenario(
    *each(page, "BrokerNotOk", GATEWAYS, part="broker"),
    page("WorkQueueNotConsumed"),
    *each(ticket, "WorkerNotConsuming", WORKERS, part="work_queue"),
    *each(ticket, "AuditorNotReady", AUDITORS, part="audit_trail"),
    page("NoLeadingAuditor"),
    ticket("NoticesNotKept"),
    *each(ticket, "OutcomesWaiting", GATEWAYS),
    page("JournalNearlyFull", "gateway-2"),
    ticket("JournalFilling", "gateway-2"),
    page("OutcomesUnkept", "gateway-2", place="nowhere"),
    ticket("LogLinesDropped", "gateway-2"),
    after=(page("OutcomesPastJournal", "gateway-2", place="broker"),),
    beside=(
        *BURN,
        "NeedrecordAuditBehind",
        "NeedrecordAuditFarBehind",
        "NeedrecordJournalFilling",
        "NeedrecordFewerMayWait",
    ),
    within=90,
)
def broker_stopped(i: Installation) -> Iterator[None]:
    """RabbitMQ is stopped while more is asked than a small journal keeps; and nobody reads a log."""
    i["gateway-2"].is_read.clear()
    i.stack("stop-service", "rabbitmq")
    push = i.push("gateway-2", 2_000, "--stream", "x" * 240, connections=400)
    yield
    i["gateway-2"].is_read.set()
    i.stack("start-service", "rabbitmq")
    time.sleep(5)
    end(push)


@scenario(
    *each(page, "BusinessStateUnavailable", WORKERS, part="business_state"),
    *each(ticket, "AuditorNotReady", AUDITORS, part="audit_trail"),
    page("NoLeadingAuditor"),
    beside=(*BURN, "NeedrecordAuditBehind"),
)
def database_stopped(i: Installation) -> Iterator[None]:
    """PostgreSQL is stopped."""
    i.stack("stop-service", "postgres")
    yield
    i.stack("start-service", "postgres")


# --- What is not there ------------------------------------------------------------------------------------------------


@scenario(
    page("NoGateway", job="", part="broker"),
    *each(ticket, "ProcessDown", GATEWAYS),
    beside=BURN,
)
def no_gateway(i: Installation) -> Iterator[None]:
    """All gateways are stopped."""
    i.stop_processes(*GATEWAYS)
    yield
    i.start_processes(*GATEWAYS)


@scenario(page("NoAuditor", job="", part="audit_trail"), *each(ticket, "ProcessDown", AUDITORS))
def no_auditor(i: Installation) -> Iterator[None]:
    """All auditors are stopped."""
    i.stop_processes(*AUDITORS)
    yield
    i.start_processes(*AUDITORS)


@scenario(
    ticket("UndeliverableRepliesUnkept", *WORKERS),
    after=(ticket("StreamBegunAnew", *AUDITORS),),
    beside=(
        *AUDIT,
        *BURN,
        "NeedrecordProcessDown",
        "NeedrecordOutcomesWaiting",
        "NeedrecordNoticesNotKept",
        "NeedrecordNoAuditor",
    ),
    within=60,
)
def stream_deleted(i: Installation) -> Iterator[None]:
    """The outcomes stream is deleted, and then a gateway is killed with callbacks that are being decided."""
    i.stop_processes(*AUDITORS)
    for worker in WORKERS:
        i[worker].send(signal.SIGSTOP)
    time.sleep(0.7)
    with closing(i.broker()) as broker:
        broker.channel().queue_delete("needrecord.outcomes")
    i["gateway-1"].kill()
    for worker in WORKERS:
        i[worker].send(signal.SIGCONT)
    yield
    i.start_processes("gateway-1", *AUDITORS)


@scenario(
    after=(page("AuditMissed", *AUDITORS),),
    beside=(*AUDIT, "NeedrecordProcessDown", "NeedrecordNoAuditor", "NeedrecordAuditDeadLetters"),
    within=60,
)
def stream_overrun(i: Installation) -> Iterator[None]:
    """The outcomes stream gets more than it keeps while nobody reads it."""
    i.stop_processes(*AUDITORS)
    # What is left of it for an auditor is a message without a record, which is a dead letter.
    body = json.dumps({"schema": 1, "records": [], "filling": "x" * 100_000}).encode()
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, type="outcome", message_id="x")
    with closing(i.broker()) as broker:
        channel = broker.channel()
        channel.confirm_delivery()
        for _ in range(3 * OUTCOMES_BYTES // len(body)):
            channel.basic_publish("needrecord", "outcome", body, properties)
    yield
    i.start_processes(*AUDITORS)


@scenario(page("CallbacksStopped"), within=20)
def callbacks_stopped(i: Installation) -> Iterator[None]:
    """Nobody asks any more, who did a day and a week ago."""
    i.stop_traffic()
    yield
    i.start_traffic()


# Side by side is what does not touch the same. What leaves its mark on the budgets comes one after the other, so that
# the longer windows need to be waited for once.
ROUNDS = [
    [
        "auditors-without-database", "callbacks-refused", "requests-rejected", "authentication-file-broken",
        "worker-without-role", "few-files-left", "collector-gone", "memory-high",
    ],
    # Before there is anything in the stream that an auditor puts aside.
    ["second-database"],
    ["garbage-in-the-work-queue", "garbage-in-the-outcomes", "conflicting-outcomes", "worker-dies-again-and-again"],
    ["no-worker"],
    ["broker-slow"],
    ["way-to-workers-narrow"],
    ["broker-short-of-memory"],
    ["broker-stopped"],
    ["database-stopped"],
    ["gateway-stands-still"],
    ["no-gateway", "no-auditor"],
    ["stream-overrun"],
    ["stream-deleted"],
    ["callbacks-stopped"],
]  # fmt: skip
