"""The real messages, queues and bindings beside asyncapi.yaml, and the schemas beside the real readers."""

import copy
import json
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any, Iterable, Iterator

import pika
from pika.adapters.blocking_connection import BlockingChannel

from callbacks import Answer, Request, exchange
from documents import Documents
from programs import Program, Service, wait_for
from report import Report

# What is published to the exchange, by routing key.
NAMES = {
    "callback.on_demand": "event",
    "outcome": "outcomes",
    "callback.recording": "recordingNotice",
    "callback.ingest": "ingestNotice",
}
# An installation of its own beside the first: quorum queues, a short budget, and no worker but one that is played.
OTHER = "other"
OTHER_BUDGET = 2_000


@dataclass
class Message:
    """What came out of a queue."""

    key: str
    properties: dict[str, Any]
    headers: dict[str, Any]
    body: bytes

    def __init__(self, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        self.key = method.routing_key
        self.properties = {name: value for name, value in vars(properties).items() if value is not None}
        self.headers = self.properties.pop("headers", {})
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.properties.get("message_id", "")


class Messages:
    """Compares messages with the document, and remembers which of its messages it has seen."""

    def __init__(self, documents: Documents, report: Report) -> None:
        self.documents = documents
        self.report = report
        self._seen: set[str] = set()
        # What a tap and a stream have is the same.
        self._known: dict[tuple[str, bytes], list[str]] = {}

    def check(self, name: str, message: Message) -> None:
        """Checks a message by what the document says of the one that is called so."""
        self._seen.add(name)
        place = f"asyncapi.yaml#/components/messages/{name}"
        documented = self.documents.resolved(place)
        what = f"{name} {message.id}"
        headers = {key: value for key, value in message.headers.items() if key not in _OF_BROKER}
        self._seen |= {f"header {key}" for key in headers}
        self.report.none(self.documents.faults_of(f"{place}/headers", headers), f"headers of {what}")
        properties = f"{place}/x-amqp-properties"
        self.report.none(self.documents.faults_of(properties, message.properties), f"properties of {what}")
        payload = documented["payload"]
        if "schema" not in payload:
            return
        try:
            body = message.json
        except ValueError as error:
            self.report.check(False, f"{what} is no JSON: {error}")
            return
        key = (payload["schema"]["$ref"], message.body)
        if key not in self._known:
            self._known[key] = self.documents.faults_of(key[0], body)
        faults = self._known[key]
        self.report.none(faults, f"body of {what}: {message.body[:300]!r}")
        # Of what is not as it should be nothing can be noted.
        if not faults:
            self._note(name, body)

    def _note(self, name: str, body: dict[str, Any]) -> None:
        for record in body.get("records", []):
            self._seen.add(f"record {record['kind']}")
            self._note_decision(record.get("decision", {}))
            self._seen |= {"late_of"} if "late_of" in record else set()
        if name in ("recordingNotice", "ingestNotice"):
            self._seen.add(f"notice {body['kind']}")
        self._note_decision(body)
        for reply in body.get("replies", []):
            self._note_decision(reply)

    def _note_decision(self, decision: dict[str, Any]) -> None:
        """Notes what decisions are made of; otherwise a part of the schema might never have met a real one."""
        for member in ("verdict", "rule", "reason", "losing_rules", "reservation", "utc_offsets", "failure"):
            if member in decision:
                self._seen.add(f"decision {member}")
        for loser in decision.get("losing_rules", []):
            self._seen.add(f"loser {loser.get('unmet') or loser.get('preceded')}")
        if "reservation" in decision:
            self._seen.add(f"reservation {decision['reservation'].get('state')}")

    def check_everything_was_seen(self) -> None:
        expected = set(self.documents.asyncapi["components"]["messages"])
        kinds = ("outcome", "late_decision", "undeliverable_reply", "minute", "replay", "replayed")
        expected |= {f"record {kind}" for kind in kinds}
        expected |= {f"notice {kind}" for kind in ("recording_status", "recorded_file", "ingest")}
        members = ("verdict", "rule", "reason", "losing_rules", "reservation", "utc_offsets", "failure")
        expected |= {f"decision {member}" for member in members}
        expected |= {f"reservation {state}" for state in ("granted", "held", "denied")}
        expected |= {f"loser {reason}" for reason in ("codec", "bitrate", "priority", "specificity")} | {"late_of"}
        for message in self.documents.asyncapi["components"]["messages"].values():
            expected |= {f"header {name}" for name in message["headers"]["properties"]}
        for name in sorted(expected):
            self.report.check(name in self._seen, f"{name} was never seen")


# What a stream or a quorum queue adds to what it hands out.
_OF_BROKER = {"x-stream-offset", "x-delivery-count"}


class Broker:
    """A connection to the broker that plays whatever part is missing."""

    def __init__(self, url: str) -> None:
        parameters = pika.URLParameters(url)
        # What is checked between two calls takes longer than a heartbeat.
        parameters.heartbeat = 0
        self.connection = pika.BlockingConnection(parameters)
        self.channel: BlockingChannel = self.connection.channel()

    def close(self) -> None:
        self.connection.close()

    def tap(self, exchange: str, keys: Iterable[str]) -> str:
        """A queue that gets a copy of everything that is published with the keys."""
        queue = self.channel.queue_declare("", exclusive=True).method.queue
        for key in keys:
            self.channel.queue_bind(queue, exchange, key)
        return queue

    def take(self, queue: str) -> Message | None:
        method, properties, body = self.channel.basic_get(queue, auto_ack=True)
        return Message(method, properties, body) if method else None

    def take_all(self, queue: str) -> list[Message]:
        return list(iter(lambda: self.take(queue), None))

    def await_one(self, queue: str, what: str, seconds: float = 10) -> Message:
        return wait_for(lambda: self.take(queue), what, seconds)

    def read_stream(self, stream: str) -> list[Message]:
        """Everything that is in a stream now."""
        channel = self.connection.channel()
        channel.basic_qos(prefetch_count=1_000)
        messages = []
        # A stream does not say where it ends: it is read until nothing has come for a while.
        consumer = channel.consume(stream, arguments={"x-stream-offset": "first"}, inactivity_timeout=1.5)
        for method, properties, body in consumer:
            if method is None:
                break
            messages.append(Message(method, properties, body))
            channel.basic_ack(method.delivery_tag)
        channel.cancel()
        channel.close()
        return messages

    def publish(self, exchange: str, key: str, body: bytes, **properties: Any) -> None:
        self.channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties))

    def ask(self, exchange: str, key: str, event: dict[str, Any], reply_to: str, **headers: Any) -> None:
        """Publishes an event as a gateway does."""
        milliseconds = 4_000
        self.publish(
            exchange,
            key,
            json.dumps(event).encode(),
            content_type="application/json",
            delivery_mode=1,
            correlation_id=event["id"],
            reply_to=reply_to,
            expiration=str(milliseconds),
            message_id=event["id"],
            timestamp=int(time.time()),
            type="callback.on_demand",
            app_id="played",
            headers={"deadline": _now() + milliseconds} | headers,
        )


def _now() -> int:
    return time.time_ns() // 1_000_000


_numbers = iter(range(1 << 30))


def new_id() -> str:
    """A UUID of version 7."""
    number = f"{_now():012x}7{next(_numbers) % 4096:03x}8{next(_numbers):015x}"
    return "-".join(number[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))


def new_event(**members: Any) -> dict[str, Any]:
    event = {"schema": 1, "id": new_id(), "received_at": _now(), "domain": "msg.test", "app": "live", "stream": "room"}
    return event | {"vbitrate": 2000, "codec": "h264"} | members


# --- The shape of what is there -------------------------------------------------------------------------------------


def _control(*arguments: str) -> list[dict[str, Any]]:
    output = subprocess.run(
        ["deploy/local/stack", "ctl", "--quiet", "--formatter", "json", *arguments],
        check=True,
        text=True,
        capture_output=True,
        timeout=60,
    ).stdout
    return json.loads(output)


def _fits(address: str, name: str) -> bool:
    """Whether a name is of an address, whose parameters stand for anything."""
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", address)]
    return re.fullmatch("[^.]+".join(parts), name) is not None


def check_topology(documents: Documents, report: Report, vhost: str) -> None:
    """Exchanges, queues and bindings as the broker has them, no more and no less than the document."""
    queues = {queue["name"]: queue for queue in _control(
        "list_queues", "-p", vhost, "name", "durable", "auto_delete", "exclusive", "arguments"
    )}  # fmt: skip
    exchanges = {exchange["name"]: exchange for exchange in _control(
        "list_exchanges", "-p", vhost, "name", "type", "durable", "auto_delete", "arguments"
    )}  # fmt: skip
    bindings = {
        (binding["source_name"], binding["destination_name"], binding["routing_key"])
        for binding in _control("list_bindings", "-p", vhost, "source_name", "destination_name", "routing_key")
    }
    for namespace, arguments, budget in (
        ("needrecord", "x-arguments", None),
        (OTHER, "x-arguments-replicated", OTHER_BUDGET),
    ):
        shape = _Shape(documents, namespace, arguments, budget)
        _check_queues(shape, report, queues)
        _check_exchanges(shape, report, exchanges)
        _check_bindings(shape, report, bindings, queues)


def _values(table: Any) -> dict[str, Any]:
    """A table of AMQP, which comes as a list of names, types and values; an empty one as nothing at all."""
    return {name: value for name, _, value in table} if isinstance(table, list) else dict(table or {})


class _Shape:
    """What the document says of one installation."""

    def __init__(self, documents: Documents, namespace: str, arguments: str, budget: int | None) -> None:
        self.namespace = namespace
        self.queues: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.exchanges: dict[str, dict[str, Any]] = {}
        self.bindings: list[tuple[str, str, str]] = []
        for channel in documents.asyncapi["channels"].values():
            binding = channel["bindings"]["amqp"]
            if binding["is"] == "queue":
                expected = dict(channel.get(arguments, channel["x-arguments"]))
                # The document has the argument as it is without settings.
                if budget is not None and expected.get("x-message-ttl") == 4_000:
                    expected["x-message-ttl"] = budget
                self.queues[self._renamed(channel["address"])] = (binding["queue"], expected)
            else:
                exchange = self._renamed(binding["exchange"]["name"])
                self.exchanges[exchange] = binding["exchange"]
                for queue in channel["x-queues"]:
                    self.bindings.append((exchange, self._renamed(queue), channel["address"]))

    def _renamed(self, name: str) -> str:
        return self.namespace + name.removeprefix("needrecord")

    def has(self, name: str) -> bool:
        return name == self.namespace or name.startswith(f"{self.namespace}.")


def _check_queues(shape: _Shape, report: Report, queues: dict[str, dict[str, Any]]) -> None:
    for address, (binding, arguments) in shape.queues.items():
        names = [name for name in queues if _fits(address, name)]
        # Replays have queues only while they run.
        report.check(bool(names) or ".replay." in address, f"there is no queue {address}")
        for name in names:
            queue = queues[name]
            for key, column in (("durable", "durable"), ("autoDelete", "auto_delete"), ("exclusive", "exclusive")):
                # A stream or a quorum queue has an empty text where it cannot be exclusive.
                report.check((queue[column] is True) == binding[key], f"{name}: {key} is {queue[column]}")
            found = _values(queue["arguments"])
            report.check(found == arguments, f"{name} has {found}, and not {arguments}")
    for name in queues:
        known = not shape.has(name) or any(_fits(address, name) for address in shape.queues)
        report.check(known, f"the queue {name} is not documented")


def _check_exchanges(shape: _Shape, report: Report, exchanges: dict[str, dict[str, Any]]) -> None:
    for name, binding in shape.exchanges.items():
        if report.check(name in exchanges, f"there is no exchange {name}"):
            exchange = exchanges[name]
            found = (exchange["type"], exchange["durable"], exchange["auto_delete"], _values(exchange["arguments"]))
            expected = (binding["type"], binding["durable"], binding["autoDelete"], {})
            report.check(found == expected, f"{name} is {found}, and not {expected}")
    for name in exchanges:
        report.check(not shape.has(name) or name in shape.exchanges, f"the exchange {name} is not documented")


def _check_bindings(
    shape: _Shape, report: Report, bindings: set[tuple[str, str, str]], queues: dict[str, dict[str, Any]]
) -> None:
    def is_documented(binding: tuple[str, str, str]) -> bool:
        return any(
            binding[0] == exchange and binding[2] == key and _fits(queue, binding[1])
            for exchange, queue, key in shape.bindings
        )

    for exchange, queue, key in shape.bindings:
        is_there = any(b[0] == exchange and b[2] == key and _fits(queue, b[1]) for b in bindings)
        report.check(is_there, f"{queue} is not bound to {exchange} by {key!r}")
    for binding in bindings:
        # The taps of this check are bound, too; every queue is to the default exchange.
        if binding[0] and shape.has(binding[0]) and shape.has(binding[1]):
            report.check(is_documented(binding), f"the binding {binding} is not documented")


# --- Messages of every kind -----------------------------------------------------------------------------------------

# For the requests, and for the messages.
RULES = """
set: interfaces
rules:
  - name: asked
    domain: http.test
    app: live
    record: { formats: [mp4, flv, m3u8], intervals: { mp4: 300, flv: 60, m3u8: 5 } }
  - { name: base, domain: msg.test, record: { formats: [mp4, flv], intervals: { mp4: 300 } } }
  - { name: codec, domain: msg.test, app: live, stream: room, codec: h265, record: true }
  - { name: bitrate, domain: msg.test, app: live, stream: room, bitrate: { max: 5 }, record: true }
  - { name: strong, domain: msg.test, app: strong, priority: 5, skip: true }
  - { name: weak, domain: msg.test, app: strong, stream: "*m", priority: -5, record: true }
  - name: hours
    domain: msg.test
    app: hours
    schedule: { time_zone: Asia/Shanghai, windows: ["mon-sun 00:00-24:00"] }
    record: true
  - { name: charged, domain: msg.test, app: charged, record: true, quota: one }
"""


# The caller's place in its trace.
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Asked:
    """A callback whose answer is awaited beside what is done meanwhile."""

    def __init__(self, port: int, target: str) -> None:
        self._answers: list[Answer] = []
        request = Request("get", target, {"traceparent": TRACE, "tracestate": "vendor=1"})
        ask = lambda: self._answers.append(exchange(port, request.encoded()))
        self._thread = threading.Thread(target=ask)
        self._thread.start()

    def answer(self) -> Answer:
        self._thread.join()
        return self._answers[0]


class Scene:
    """Two installations with everything that the messages pass through."""

    def __init__(self, documents: Documents, report: Report, program: Program, service: Service) -> None:
        self.documents = documents
        self.report = report
        self.program = program
        self.service = service
        self.messages = Messages(documents, report)
        self.broker = Broker(program.urls["NEEDRECORD_AMQP_URL"])
        self.tap = self.broker.tap("needrecord", NAMES)
        self.late_tap = self.broker.tap("needrecord.late", [""])
        self.replies = self.broker.channel.queue_declare("", exclusive=True).method.queue

    def start_other(self) -> None:
        settings = {
            "topology_namespace": OTHER,
            "topology_profile": "replicated",
            "answer_budget": f"{OTHER_BUDGET}ms",
        }
        # What its events say of their traces is looked at; nobody takes these.
        tracing = {"tracing_endpoint": "http://127.0.0.1:1", "tracing_sampleRatio": "1"}
        self.other = self.program.start("other-gateway", "gateway", **settings, **tracing)
        self.other.wait_until_ready()
        # A worker without its database says so at once; nobody listens on port 1.
        self.other_settings = settings | {"database_url": "postgresql://127.0.0.1:1/none", "worker_stateGrace": "0s"}
        self.other_tap = self.broker.tap(OTHER, NAMES)
        self.other_late_tap = self.broker.tap(f"{OTHER}.late", [""])

    def prepare_rules(self) -> None:
        file = self.program.work / "rules.yaml"
        file.write_text(RULES)
        self.program.succeed("quotas", "set", "one", "--scope", "domain", "--concurrent", "1", "--minutes", "100")
        self.program.succeed("rules", "publish", str(file), "--force")

    def ask_workers(self) -> None:
        """Replies to single events, to a batch, and to repetitions."""
        broker = self.broker
        for members in ({}, {"app": "strong"}, {"app": "hours"}, {"domain": "nobody.test"}, {"vbitrate": 7}):
            broker.ask("needrecord", "callback.on_demand", new_event(**members), self.replies)
            self.messages.check("reply", broker.await_one(self.replies, "a reply"))
        for stream in ("first", "first", "second"):
            event = new_event(app="charged", stream=stream)
            broker.ask("needrecord", "callback.on_demand", event, self.replies)
            self.messages.check("reply", broker.await_one(self.replies, "a reply"))
        # What gathers while the worker stands still is one batch.
        self.service.pause()
        for number in range(70):
            event = new_event(stream=f"batch-{number}")
            broker.ask("needrecord", "callback.on_demand", event, self.replies)
        time.sleep(0.3)
        self.service.resume()
        count = 0
        while count < 70:
            message = broker.await_one(self.replies, "replies to a batch")
            replies = message.json.get("replies")
            self.messages.check("reply" if replies is None else "replies", message)
            count += 1 if replies is None else len(replies)
        mark = {"replay-of": new_id(), "replay-charges-quotas": False}
        broker.ask("", "needrecord.decisions", new_event(), self.replies, **mark)
        self.messages.check("replayReply", broker.await_one(self.replies, "a reply to a repetition"))
        # A reply that nobody takes comes back to its worker.
        broker.ask("needrecord", "callback.on_demand", new_event(), "needrecord.replies.nobody")
        self.messages.check("lateAnswer", broker.await_one(self.late_tap, "a late answer of a worker"))

    def ask_worker_without_state(self) -> None:
        worker = self.program.start("other-worker", "worker", **self.other_settings)
        # What it is asked before it consumes may expire.
        wait_for(lambda: worker.parts()["work_queue"] == "ok", "the worker to consume")
        self.broker.ask(OTHER, "callback.on_demand", new_event(), self.replies)
        self.messages.check("reply", self.broker.await_one(self.replies, "a reply without a decision"))
        worker.stop()

    def answer_late(self) -> None:
        """Plays the worker of the other installation, and replies too late."""
        asked, event = self._ask_other()
        answer = asked.answer()
        self.report.check(answer.json == {"ApiVersion": "1.0", "NeedRecord": False}, f"the default: {answer.body!r}")
        self.reply_queue = event.properties["reply_to"]
        self.broker.publish("", self.reply_queue, json.dumps(self._reply_to(event)).encode())
        self.messages.check("lateAnswer", self.broker.await_one(self.other_late_tap, "a late answer of a gateway"))
        wait_for(lambda: self.other.counters()["late.received"] > 0, "the late answer is heard")
        answer = self._ask_other()[0].answer()
        self.report.check(answer.json.get("Format") == ["mp4"], f"answered by the late decision: {answer.body!r}")
        # And once in time.
        asked, event = self._ask_other()
        self.broker.publish("", event.properties["reply_to"], json.dumps(self._reply_to(event)).encode())
        answer = asked.answer()
        self.report.check(answer.json.get("Format") == ["mp4"], f"answered in time: {answer.body!r}")

    def _ask_other(self) -> tuple["Asked", Message]:
        """Asks the other gateway, and takes the event before its time is over: then it is in no queue any more."""
        self.broker.channel.queue_purge(self.other_tap)
        asked = Asked(self.other.port, "/?domain=late.test&app=live&stream=room&vbitrate=2000&codec=h264")
        while True:
            # The outcome of what was asked before may come first.
            message = self.broker.await_one(self.other_tap, "the event")
            self.messages.check(NAMES[message.key], message)
            if message.key == "callback.on_demand":
                return asked, message

    @staticmethod
    def _reply_to(event: Message) -> dict[str, Any]:
        return {
            "schema": 1,
            "event": event.json["id"],
            "worker": "played",
            "worker_us": 900,
            "facts_us": 600,
            "verdict": "record",
            "formats": ["mp4"],
            "intervals": {"mp4": 300},
            "rule": 12,
            "losing_rules": [
                {"rule": 3, "preceded": "priority"},
                {"rule": 4, "unmet": "codec", "demanded": "h265", "found": "h264"},
            ],
            "omitted_losing_rules": 2,
            "revision": 7,
            "utc_offsets": {"Asia/Shanghai": 28800},
            "decided_at": _now(),
        }

    def replay(self) -> None:
        """Replays callbacks, and looks at the repetitions on their way to the workers."""

        def is_written() -> bool:
            count = self.program.succeed("audit", "outcomes", "--domain", "http.test", "--since", "1h", "--limit", "1")
            return "http.test" in count and self.service.counters().get("audit.lag_seconds", 1) == 0

        wait_for(is_written, "the auditor has caught up", 30)
        arguments = ["replay", "--from", "1h", "--domain", "http.test", "--stream", "room"]
        arguments += ["--publish", "--reason", "to see it", "--operator", "somebody", "--rate", "1000"]
        replay = subprocess.Popen(
            [self.program.executable, *arguments],
            env=self.program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            seen = self._look_at_repetitions(replay)
            _, errors = replay.communicate(timeout=60)
        finally:
            replay.kill()
        is_well = replay.returncode == 0 and seen > 0
        self.report.check(is_well, f"the replay: {replay.returncode}, {seen} seen: {errors}")

    def _look_at_repetitions(self, replay: "subprocess.Popen[str]") -> int:
        seen = 0
        channel = self.broker.connection.channel()
        channel.basic_qos(prefetch_count=1)
        # This consumer takes turns with the worker, and gives back what it has seen.
        for method, properties, body in channel.consume("needrecord.decisions", inactivity_timeout=0.1):
            if method is not None:
                seen += 1
                self.messages.check("repetition", Message(method, properties, body))
                channel.basic_nack(method.delivery_tag, requeue=True)
            if seen >= 3 or replay.poll() is not None:
                break
        channel.cancel()
        channel.close()
        return seen

    def check_all_taps(self) -> None:
        """What has gone by. Events are there no longer than they may wait; the streams keep them."""
        for tap in (self.tap, self.other_tap):
            for message in self.broker.take_all(tap):
                self.messages.check(NAMES[message.key], message)
        for tap in (self.late_tap, self.other_late_tap):
            for message in self.broker.take_all(tap):
                self.messages.check("lateAnswer", message)

    def check_streams(self) -> None:
        for namespace in ("needrecord", OTHER):
            for stream in ("callbacks", "outcomes"):
                messages = self.broker.read_stream(f"{namespace}.{stream}")
                self.report.check(bool(messages), f"{namespace}.{stream} is empty")
                offered = self.documents.asyncapi["channels"][stream]["messages"]
                for message in messages:
                    name = NAMES[message.key]
                    self.report.check(name in offered, f"{name} in {stream} is not documented")
                    self.report.check("x-stream-offset" in message.headers, f"{stream}: the header x-stream-offset")
                    self.messages.check(name, message)

    # --- The schemas beside the readers -----------------------------------------------------------------------------

    def compare_readers(self) -> None:
        """Whether the readers refuse what the schemas refuse, and take what they take."""
        self._compare_events()
        self._compare_in_outcomes_stream()
        self._compare_late_answers()
        self._compare_replies()

    def _accepts(self, schema: str, value: Any) -> bool:
        return self.documents.accepts(f"schemas/{schema}", value)

    def _letters(self) -> list[Message]:
        letters = self.broker.take_all("needrecord.dead")
        for letter in letters:
            self.messages.check("deadLetter", letter)
        return letters

    def _compare(self, what: str, expected: dict[str, bool], refused: set[str]) -> None:
        for body, is_accepted in expected.items():
            verbs = ("refuses", "takes") if is_accepted else ("takes", "refuses")
            holds = (body not in refused) == is_accepted
            self.report.check(holds, f"the reader {verbs[0]} a {what} that the schema {verbs[1]}: {body}")
        self.report.check(0 < len(refused) < len(expected), f"{what}: {len(refused)} of {len(expected)} were refused")

    def _compare_events(self) -> None:
        broker, expected = self.broker, {}
        self._letters()
        for value in mutants(new_event(anomalies=["unknown_codec"])):
            # An id of its own for each: a worker remembers the last.
            if isinstance(value, dict) and value.get("id", "").__class__ is str and len(value.get("id", "")) == 36:
                value["id"] = new_id()
            expected[json.dumps(value)] = self._accepts("event.json", value)
        deadline = {"deadline": _now() + 20_000}
        for body in expected:
            broker.publish("", "needrecord.decisions", body.encode(), reply_to=self.replies, headers=deadline)
        refused: set[str] = set()
        replied = 0

        def is_done() -> bool:
            nonlocal replied
            refused.update(letter.body.decode() for letter in self._letters())
            for message in broker.take_all(self.replies):
                replied += len(message.json.get("replies", [0]))
            return len(refused) + replied >= len(expected)

        wait_for(is_done, "each event has a reply or is a letter", 20)
        self._compare("event", expected, refused)
        # What has to stand around the body.
        for properties in (
            {"headers": deadline},
            {"reply_to": self.replies},
            {"reply_to": self.replies, "headers": {"deadline": "soon"}},
            {"reply_to": self.replies, "headers": deadline | {"replay-of": "x"}},
            {"reply_to": self.replies, "headers": deadline | {"replay-of": new_id(), "replay-charges-quotas": "no"}},
        ):
            broker.publish("", "needrecord.decisions", json.dumps(new_event()).encode(), **properties)
            wait_for(self._letters, f"a letter for {properties}", 4)
            self.report.check(True, "")

    def _compare_in_outcomes_stream(self) -> None:
        """Notices and records: the auditor puts what it does not understand into the dead queue."""
        expected: dict[str, dict[str, bool]] = {"notice": {}, "record": {}}
        for example in self.documents.schemas["notice.json"]["examples"]:
            for value in mutants(example):
                expected["notice"][json.dumps(value)] = self._accepts("notice.json", value)
        for record in self._records():
            for value in mutants(record):
                body = f'{{"schema":1,"records":[{json.dumps(value)}]}}'
                expected["record"][body] = self._accepts("record.json", value)
        for body in ('{"schema":1}', '{"records":[]}', '{"schema":2,"records":[]}', '{"schema":1,"records":5}', "[]"):
            expected["record"][body] = False
        expected["record"]['{"schema":1,"records":[],"more":1}'] = True
        # The auditor goes by the type, and not by the routing key.
        for key, what in (("callback.recording", "notice"), ("outcome", "record")):
            for body in expected[what]:
                self.broker.publish("needrecord", key, body.encode(), type=key)
        self.broker.publish("needrecord", "outcome", b"the end")
        letters: set[str] = set()

        def is_done() -> bool:
            for letter in self._letters():
                # Of times that no clock has shown, and of what a table does not take, a schema knows nothing.
                reason = letter.headers.get("reason", "")
                is_of_record = re.fullmatch(r"needrecord\.outcomes/\d+/\d+", letter.id) is not None
                is_of_time = is_of_record and reason == "invalid_field: time"
                if not is_of_time and not reason.startswith("refused_by_database"):
                    letters.add(letter.body.decode())
            return "the end" in letters

        wait_for(is_done, "the auditor has read everything", 30)
        # The taps got what was made up here; it says nothing of what the program writes.
        made_up = {*expected["notice"], *expected["record"], "the end"}
        self.broker.channel.queue_purge(self.tap)
        for what in expected:
            self._compare(what, expected[what], letters & set(expected[what]))
        self.report.check(letters <= made_up, f"letters of something else: {letters - made_up}")

    def _records(self) -> Iterator[dict[str, Any]]:
        """A record of each kind, with every member that it may have."""
        event = {key: value for key, value in new_event().items() if key != "schema"}
        example = self.documents.schemas["decision.json"]["examples"][0]
        usage = {"used": 1, "limit": 2}
        reservation = {"quota": "one", "bucket": "msg.test", "state": "held", "concurrent": usage, "minutes": usage}
        decision = example | {"reservation": reservation | {"month": "2026-11"}, "utc_offsets": {"UTC": 0}}
        times = {"answer_us": 9, "publish_us": 1, "reply_us": 8, "worker_us": 5, "facts_us": 3}
        run = {"gateway": "played", "run": new_id()}
        said = {"cause": "decided", "decision": decision, "worker": "played"}
        answered = {"event": event, "answer": "{}", "publishes": 1, "late_of": new_id()}
        yield {"kind": "outcome", **run, **answered, **times, **said}
        late = {"event_id": new_id(), "worker": "played", "decision": decision}
        yield {"kind": "late_decision", **run, **late, "received_at": _now(), "late_us": 5}
        yield {"kind": "undeliverable_reply", **late, "event_id": new_id(), "returned_at": _now()}
        minute = _now() - _now() % 60_000
        counts = {"decided": 1, "timeout": 1}
        yield {"kind": "minute", **run, "minute": minute, "received": 2, "outcomes": counts, "unkept": 0}
        selection = {"source": "stream", "from": 1, "to": 2, "stream": "room-*", "causes": ["timeout"], "rule": 3}
        replay = {"replay": new_id(), "started_at": _now(), "operator": "somebody", "reason": "to see it"}
        replay |= {"run": new_id(), "rate": 10, "charges_quotas": False, "ended_at": _now(), "complete": True}
        yield {"kind": "replay", **replay, "selection": selection}
        repeated = {"replay": new_id(), "replay_of": new_id(), "event": event | {"id": new_id()}}
        yield {"kind": "replayed", **repeated, **said, "reply_us": 5}

    def _compare_late_answers(self) -> None:
        example = copy.deepcopy(self.documents.schemas["late-answer.json"]["examples"][0])
        recording = copy.deepcopy(example)
        recording["decision"] = copy.deepcopy(self.documents.schemas["decision.json"]["examples"][0])

        def total(counters: dict[str, int]) -> int:
            return counters["late.received"] + counters["late.refused.malformed"]

        to = (f"{OTHER}.late", "")
        self._compare_by_counter(
            "late answer", "late-answer.json", [example, recording], to, "late.refused.malformed", total
        )
        self.broker.channel.queue_purge(self.other_late_tap)

    def _compare_replies(self) -> None:
        examples = self.documents.schemas["reply.json"]["examples"]

        def total(counters: dict[str, int]) -> int:
            names = ("in_time", "late", "duplicate", "unknown", "malformed")
            return sum(counters[f"replies.{name}"] for name in names)

        self._compare_by_counter("reply", "reply.json", examples, ("", self.reply_queue), "replies.malformed", total)

    def _compare_by_counter(
        self, what: str, schema: str, examples: list[Any], to: tuple[str, str], malformed: str, total: Any
    ) -> None:
        """For readers that keep nothing of what they refuse, and count it."""
        expected, refused = {}, set()
        for example in examples:
            for value in mutants(example):
                expected[json.dumps(value)] = self._accepts(schema, value)
        # No reply at all is no fault, and nothing to count.
        expected = {body: accepts for body, accepts in expected.items() if '"replies": []' not in body}
        before = self.other.counters()
        for body in expected:
            self.broker.publish(*to, body.encode())
            deadline = time.monotonic() + 5
            after = last = before
            # Several in one message are not counted in one moment: until two looks are the same.
            while total(after) == total(before) or total(after) != total(last):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{what} was not counted: {body}")
                last, after = after, self.other.counters()
            if after[malformed] > before[malformed]:
                refused.add(body)
            before = after
        self._compare(what, expected, refused)


def mutants(value: Any) -> Iterator[Any]:
    """A value, and what it becomes by one change at one place."""
    yield copy.deepcopy(value)
    for path in _paths(value):
        for replacement in (_GONE, None, "x", "", "a\0b", "a" * 300, 5, -1, 1 << 40, True, [], ["x"], {}, {"x": 1}):
            changed = copy.deepcopy(value)
            parent = changed
            for step in path[:-1]:
                parent = parent[step]
            if replacement is _GONE:
                del parent[path[-1]]
            else:
                parent[path[-1]] = replacement
            yield changed
    for path in [(), *_paths(value)]:
        changed = copy.deepcopy(value)
        parent = changed
        for step in path:
            parent = parent[step]
        if isinstance(parent, dict):
            parent["unknown"] = {"x": [1, None]}
            yield changed


_GONE = object()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, member in members:
        yield from _paths(member, (*path, key))


def check(scene: Scene) -> None:
    scene.start_other()
    scene.ask_workers()
    scene.ask_worker_without_state()
    scene.answer_late()
    scene.replay()
    check_topology(scene.documents, scene.report, scene.program.urls["NEEDRECORD_AMQP_URL"].rpartition("/")[2])
    scene.check_all_taps()
    scene.check_streams()


def finish(scene: Scene) -> None:
    """After the gateways have stopped, and have told of their last minutes."""
    scene.check_all_taps()
    scene.messages.check_everything_was_seen()
    scene.broker.close()
