"""Requests of every kind at the real ports, and every answer beside openapi.yaml."""

import hashlib
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import quote, quote_plus

from documents import Documents, place
from programs import Program, Service, wait_for
from report import Report

METHODS = ["get", "put", "post", "delete", "options", "head", "patch"]
# Header fields of every answer; the others have to be in the document.
USUAL_HEADERS = {"content-type", "content-length", "date", "connection", "cache-control"}
SECRET = "uJ3-qz_8Yd0xWc5tRk1s"
KEY = "JnE5sZkq0Wv1uYbT8cXa"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

# What hostile or odd senders write where a text is expected.
TEXTS = [
    "", "a", "a" * 255, "a" * 256, "\u00fc" * 100, "x y", "\t", "\x7f", "\u0085", "*", "null", "0", "-1", "1.5",
    "1609220385", "1e9", "publish", "publish_done", "h264", "H265", "2000", "a&b=c", "100%", "\U0001f600",
]  # fmt: skip
# And what they write in JSON where a text or a number is expected.
VALUES = [*TEXTS, 0, 5, -5, 1.5, 1609220385, True, False, None, [], ["a"], {}, {"a": 1}]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        try:
            return self.json["error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def field(self) -> str | None:
        return self.json["error"].get("field") if self.code else None


@dataclass
class Request:
    """What is sent, to the byte where it matters."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    version: str = "HTTP/1.1"

    def encoded(self) -> bytes:
        headers = {"Host": "record.example.com"} | self.headers
        if self.body is not None and "Transfer-Encoding" not in headers:
            headers.setdefault("Content-Length", str(len(self.body)))
        lines = [f"{self.method.upper()} {self.target} {self.version}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (self.body or b"")


def exchange(port: int, bytes: bytes, method: str = "GET", seconds: float = 10) -> Answer:
    """Sends bytes over a connection of their own, and reads one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(bytes)
        except OSError:
            pass  # An answer that does not wait for the rest of the request may be there all the same.
        return read_answer(connection, method)


def is_read(connection: socket.socket) -> bool:
    """Whether the process at the other end, on this machine, has taken all that was sent."""
    near, far = (f"{name[1]:04X}" for name in (connection.getsockname(), connection.getpeername()))
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, _, _, _, _, inode, *_ = line.split()
        # One that is not accepted yet has no inode.
        if local.endswith(f":{far}") and remote.endswith(f":{near}"):
            return inode != "0" and queues.endswith(":00000000")
    return False


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(connection, method=method.upper())
    response.begin()
    headers: dict[str, list[str]] = {}
    for name, value in response.getheaders():
        headers.setdefault(name.lower(), []).append(value)
    return Answer(response.status, headers, response.read())


def query_of(parameters: dict[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())


class Judge:
    """Compares answers with the document, and remembers what it has seen of it."""

    def __init__(self, documents: Documents, report: Report) -> None:
        self.documents = documents
        self.report = report
        # By the operation itself: the same one may stand under several paths.
        self._seen: set[tuple[int, str]] = set()
        self._codes: set[tuple[str, str]] = set()
        # The members of answers to the platform, and whether they were to record.
        self._answered: set[str] = set()

    def judge(
        self, path: str, method: str, answer: Answer, what: str, expected: int | None = None, field: str | None = None
    ) -> None:
        """Checks an answer.

        - path: As the document spells it; of one that it does not, `operators` for their port, and else nothing.
        - expected: The status that the document lets expect, or a request that is made for it.
        - field: The parameter that the error has to name.
        """
        report, what = self.report, f"{method.upper()} {path or 'elsewhere'}, {what[:200]!r}: {answer.status}"
        if expected is not None:
            report.check(answer.status == expected, f"{what}, and not {expected}: {answer.body[:200]!r}")
        if field is not None:
            report.check(answer.field == field, f"{what}: the field is {answer.field}, and not {field}")
        response = self._response(path, method, str(answer.status))
        if not report.check(response is not None, f"{what} is not documented: {answer.body[:200]!r}"):
            return
        documented = self.documents.resolved(response)
        self._check_headers(response, documented, answer, what)
        self._check_body(response, documented, answer, what, has_body=method != "head")
        self._codes.add((response.split("#")[1], answer.code or ""))

    def _response(self, path: str, method: str, status: str) -> str | None:
        openapi = self.documents.openapi
        item = openapi["paths"].get(path)
        if item is None:
            kind = path or "gateway"
            is_there = status in openapi["x-unlisted-paths"][kind]
            return self._place("x-unlisted-paths", kind, status) if is_there else None
        if method not in item and "servers" not in item:
            return self._place("x-unlisted-methods", status) if status in openapi["x-unlisted-methods"] else None
        operation = item.get(method, item.get("get"))
        if status not in operation["responses"]:
            return None
        self._seen.add((id(operation), status))
        return self._place("paths", path, method if method in item else "get", "responses", status)

    def _place(self, *parts: str) -> str:
        value: Any = self.documents.openapi
        for part in parts:
            value = value[part]
        return "openapi.yaml" + value["$ref"] if "$ref" in value else "openapi.yaml#/" + place(*parts)

    def _check_headers(self, response: str, documented: Any, answer: Answer, what: str) -> None:
        names = documented.get("headers", {})
        for name in names:
            header = self.documents.resolved(f"{response}/headers/{name}")
            values = answer.headers.get(name.lower(), [])
            if not values and not header.get("required"):
                continue
            schema = f"{response}/headers/{name}"
            reference = names[name].get("$ref")
            schema = (f"openapi.yaml{reference}" if reference else schema) + "/schema"
            holds = len(values) == 1 and self.documents.accepts(schema, values[0])
            self.report.check(holds, f"{what}: the header {name} is {values}")
        unknown = set(answer.headers) - USUAL_HEADERS - {name.lower() for name in names}
        self.report.check(not unknown, f"{what}: the headers {unknown} are not documented")

    def _check_body(self, response: str, documented: Any, answer: Answer, what: str, has_body: bool) -> None:
        type = answer.headers.get("content-type", [""])[0].split(";")[0]
        if not self.report.check(type in documented["content"], f"{what}: the content type is {type}"):
            return
        if not has_body:
            self.report.check(answer.body == b"", f"{what}: there is a body")
            return
        schema = f"{response}/content/{place(type)}/schema"
        try:
            value = json.loads(answer.body) if type == JSON else answer.body.decode()
        except ValueError as error:
            self.report.check(False, f"{what}: the body is not {type}: {error}")
            return
        self.report.none(self.documents.faults_of(schema, value), what)
        if isinstance(value, dict) and "NeedRecord" in value:
            self._answered |= {*value, *value.get("Interval", {}), f"NeedRecord {value['NeedRecord']}"}

    def check_everything_was_seen(self) -> None:
        """What no request was answered with has not been checked."""
        answer = self.documents.schemas["answer.json"]["properties"]
        for name in (*answer, *answer["Interval"]["properties"], "NeedRecord True", "NeedRecord False"):
            self.report.check(name in self._answered, f"no answer had {name}")
        openapi = self.documents.openapi
        operations = {
            id(item[method]): (f"{method.upper()} {path}", item[method])
            for path, item in reversed(openapi["paths"].items())
            for method in METHODS
            if method in item
        }
        for key, (name, operation) in operations.items():
            for status in operation["responses"]:
                self.report.check((key, status) in self._seen, f"{name} was never answered {status}")
        for name, response in openapi["components"]["responses"].items():
            schema = response["content"][JSON]["schema"]
            code = schema.get("properties", {}).get("error", {}).get("properties", {}).get("code", {})
            for one in code.get("enum", []) + ([code["const"]] if "const" in code else []):
                seen = (f"/components/responses/{name}", one) in self._codes
                self.report.check(seen, f"{name} with the code {one} was never seen")


class Asker:
    """Sends requests of every kind to gateways."""

    def __init__(self, documents: Documents, judge: Judge) -> None:
        self.documents = documents
        self.judge = judge

    # --- What the document lets expect ------------------------------------------------------------------------------

    def _operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Those of the gateway whose paths have no secret."""
        for path, item in self.documents.openapi["paths"].items():
            if "servers" not in item and "{" not in path:
                yield from ((path, method, item[method]) for method in ("get", "post") if method in item)

    def _parameters(self, operation: dict[str, Any]) -> dict[str, tuple[str, bool]]:
        """The schemas of the parameters in the query, and whether they must be there."""
        found = {}
        for parameter in operation.get("parameters", []):
            value = self.documents.resolved("openapi.yaml" + parameter["$ref"])
            if value["in"] != "query":
                continue
            found[value["name"]] = ("openapi.yaml" + parameter["$ref"] + "/schema", value.get("required", False))
        return found

    def good_query(self, path: str) -> dict[str, str]:
        if path.startswith("/callbacks/ingest"):
            return {"action": "publish", "app": "push.test.com", "appname": "live", "id": "room", "time": str(_now())}
        return {"domain": "http.test", "app": "live", "stream": "room", "vbitrate": "2000", "codec": "h264"}

    def good_json(self, path: str) -> dict[str, Any]:
        if path.startswith("/callbacks/recording"):
            return {"domain": "http.test", "app": "live", "stream": "room", "event": "record_started"}
        return dict(self.good_query(path))

    def good_file(self) -> dict[str, Any]:
        return {
            "domain": "http.test",
            "app": "live",
            "stream": "room",
            "uri": f"live/room/{time.time_ns()}.mp4",
            "duration": 69.403,
            # Nothing is before it, whatever the time of the end is set to.
            "start_time": 0,
            "stop_time": _now(),
            "push_args": {"callback_id": "7"},
        }

    def good_request(self, path: str, method: str, **more: Any) -> Request:
        if method == "get":
            return Request(method, f"{path}?{query_of(self.good_query(path))}", **more)
        body = json.dumps(self.good_json(path)).encode()
        more["headers"] = {"Content-Type": JSON} | more.get("headers", {})
        return Request(method, path, body=body, **more)

    # --- Requests of every kind -------------------------------------------------------------------------------------

    def ask(
        self, service: Service, path: str, request: Request, what: str, expected: int | None, field: str | None = None
    ) -> Answer:
        answer = exchange(service.port, request.encoded(), request.method)
        self.judge.judge(path, request.method, answer, what, expected, field)
        return answer

    def ask_in_queries(self, service: Service) -> None:
        """Every parameter of every query, with every text."""
        for path, method, operation in self._operations():
            parameters = self._parameters(operation)
            if method != "get":
                continue
            good = self.good_query(path)
            self.ask(service, path, Request(method, f"{path}?{query_of(good)}"), "all is well", 200)
            odd = query_of({"unknown": "1"}) + "&" + query_of(dict(reversed(good.items()))) + "&" + query_of(good)
            self.ask(service, path, Request(method, f"{path}?{odd}&&=&x"), "twice, in another order, with more", 200)
            for name, (schema, required) in parameters.items():
                rest = {key: value for key, value in good.items() if key != name}
                request = Request(method, f"{path}?{query_of(rest)}")
                self.ask(service, path, request, f"no {name}", 400 if required else 200, name if required else None)
                for text in TEXTS:
                    holds = self.documents.accepts(schema, text)
                    request = Request(method, f"{path}?{query_of(good | {name: text})}")
                    self.ask(service, path, request, f"{name}={text}", 200 if holds else 400, None if holds else name)
                # What is no text at all, and what says two things; where anything goes, so does this.
                for raw in (f"{name}=%zz", f"{name}=%ff", f"{name}=a&{name}=b"):
                    request = Request(method, f"{path}?{query_of(rest)}&{raw}")
                    self.ask(service, path, request, raw, 400 if required else 200, name if required else None)

    def ask_in_traces(self, service: Service) -> None:
        """Whatever stands in the header fields of a trace, the callback is answered."""
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for value in (parent, parent.upper(), "", "x", "a" * 300, "\u00fc"):
            for path in ("/", "/callbacks/on-demand"):
                headers = {"traceparent": value, "tracestate": value}
                self.ask(service, path, self.good_request(path, "get", headers=headers), f"traceparent {value}", 200)

    def ask_in_bodies(self, service: Service) -> None:
        """Every member of every body, with every value, as JSON and as a form."""
        for path, method, operation in self._operations():
            if method != "post":
                continue
            demanded = operation.get("x-required-in-query-or-body", [])
            for type in operation["requestBody"]["content"]:
                schema = "openapi.yaml#/" + place("paths", path, method, "requestBody", "content", type, "schema")
                starts = [self.good_json(path)]
                if path == "/callbacks/recording":
                    starts.append(self.good_file())
                # Each with the members of the other, too.
                names = set(self.documents.resolved(schema)["properties"]).union(*starts)
                for good in starts:
                    self._ask_with_bodies(service, path, type, schema, good, sorted(names), demanded)
            self._ask_with_broken_bodies(service, path, operation)

    def _ask_with_bodies(
        self,
        service: Service,
        path: str,
        type: str,
        schema: str,
        good: dict[str, Any],
        names: list[str],
        demanded: list[str],
    ) -> None:
        def ask(value: dict[str, Any], what: str) -> None:
            holds = self.documents.accepts(schema, value) and all(name in value for name in demanded)
            text = json.dumps(value) if type == JSON else "&".join(f"{k}={quote_plus(v)}" for k, v in value.items())
            request = Request("post", path, {"Content-Type": type}, text.encode())
            self.ask(service, path, request, what, 200 if holds else 400)

        for name in names:
            ask({key: value for key, value in good.items() if key != name}, f"{type}, no {name}")
            for value in VALUES if type == JSON else TEXTS:
                ask(good | {name: value}, f"{type}, {name}={value}")
        ask(good | {"unknown": "x"}, f"{type}, one member more")

    def _ask_with_broken_bodies(self, service: Service, path: str, operation: dict[str, Any]) -> None:
        good = json.dumps(self.good_json(path))
        broken = [
            "{", "[]", "5", "null", good + "x", good[:-1] + ',"app":"live"}', good[:-1] + ',"app":"other"}',
            good.replace('"live"', '"\\ud800"'), good[:-1] + ',"x":' + "[" * 40 + "]" * 40 + "}",
        ]  # fmt: skip
        for text in broken:
            request = Request("post", path, {"Content-Type": JSON}, text.encode())
            self.ask(service, path, request, text, 400)
        request = Request("post", path, {"Content-Type": JSON}, good.encode().replace(b"live", b"\xff\xfe"))
        self.ask(service, path, request, "not UTF-8", 400)
        for type in ("text/plain", "application/xml", ""):
            headers = {"Content-Type": type} if type else {}
            self.ask(service, path, Request("post", path, headers, good.encode()), f"type {type}", 415)
        request = Request("post", path, {"Content-Type": "Application/JSON ; charset=utf-8"}, good.encode())
        self.ask(service, path, request, "a type with a parameter", 200)
        if "application/x-www-form-urlencoded" in operation["requestBody"]["content"]:
            query = query_of(self.good_query(path))
            self.ask(service, path, Request("post", f"{path}?{query}"), "all in the query", 200)
            self.ask(service, path, Request("post", f"{path}?{query}&x=1", {"Content-Type": JSON}, b"{}"), "both", 200)
            contradiction = Request("post", f"{path}?app=another", {"Content-Type": JSON}, good.encode())
            self.ask(service, path, contradiction, "both, and different", 400, "app")
        else:
            self.ask(service, path, Request("post", path), "no body", 400)

    def ask_beyond_limits(self, service: Service) -> None:
        for path, method, _ in self._operations():
            is_notice = path in ("/callbacks/recording", "/callbacks/ingest")
            target, body = (65_536, 1_048_576) if is_notice else (8_192, 16_384)
            for over in (0, 1):
                request = self.good_request(path, method)
                mark = "&" if "?" in request.target else "?"
                request.target += mark + "x=" + "a" * (target + over - len(request.target) - 3)
                self.ask(service, path, request, f"a target of {len(request.target)}", 414 if over else 200)
            if method == "post":
                for over in (0, 1):
                    request = self.good_request(path, method)
                    request.body = (request.body or b"") + b" " * (body + over - len(request.body or b""))
                    self.ask(service, path, request, f"a body of {len(request.body)}", 413 if over else 200)
                chunked = self.good_request(path, method, headers={"Transfer-Encoding": "chunked"})
                chunk = b"%x\r\n%s\r\n" % (body + 1, b" " * (body + 1))
                chunked.body = chunk + b"0\r\n\r\n"
                self.ask(service, path, chunked, "a body in chunks", 413)
            for headers in ({"X": "a" * 17_000}, {f"X{number}": "1" for number in range(120)}):
                request = self.good_request(path, method, headers=headers)
                self.ask(service, path, request, "long header fields", 431)
            request = self.good_request(path, method, headers={"X-" + "y" * 16_000: "1"})
            self.ask(service, path, request, "header fields that are just short enough", 200)
            # A name has at most 255 bytes, however few characters they are.
            if method == "get":
                name = "app" if not is_notice else "id"
                query = query_of(self.good_query(path) | {name: "\u00fc" * 128})
                self.ask(service, path, Request(method, f"{path}?{query}"), "256 bytes", 400, name)

    def ask_elsewhere(self, service: Service) -> None:
        for path, item in self.documents.openapi["paths"].items():
            if "servers" in item:
                continue
            target = path.replace("{secret}", SECRET)
            for method in METHODS:
                request = Request(method, target)
                if "{secret}" in path:
                    self.ask(service, path if method in item else "", request, "no secret is set", 404)
                elif method not in item:
                    answer = self.ask(service, path, request, "another method", 405)
                    allowed = ", ".join(name.upper() for name in METHODS if name in item)
                    self.judge.report.check(answer.headers.get("allow") == [allowed], f"Allow of {path}")
        for target in ("/nothing", "/callbacks", "//", "/callbacks/on-demand/", "/CALLBACKS/INGEST", "*"):
            self.ask(service, "", Request("get", target), target, 404)
        for path in ("/callbacks/recording", "/callbacks/ingest"):
            request = self.good_request(path, "post")
            request.target += "/"
            self.ask(service, path, request, "a slash at the end", 200)

    def ask_of_times(self, service: Service) -> None:
        """What a notice may say of time, which no schema can tell."""
        path = "/callbacks/ingest"
        for seconds, status in ((_now() + 80_000, 200), (_now() + 90_000, 400), (10**15, 400)):
            query = query_of(self.good_query(path) | {"time": str(seconds)})
            self.ask(service, path, Request("get", f"{path}?{query}"), f"time {seconds}", status)
        path, file = "/callbacks/recording", self.good_file()
        for times, at_fault in (
            ({"start_time": _now(), "stop_time": _now() - 1}, "stop_time"),
            ({"start_time": _now() + 90_000}, "start_time"),
        ):
            body = json.dumps(file | times).encode()
            self.ask(service, path, Request("post", path, {"Content-Type": JSON}, body), f"{times}", 400, at_fault)
        for value in ("a" * 1_025, "a" * 1_024):
            body = json.dumps(file | {"uri": value}).encode()
            status = 400 if len(value) > 1_024 else 200
            self.ask(service, path, Request("post", path, {"Content-Type": JSON}, body), "uri", status)

    def ask_slowly(self, service: Service) -> None:
        """Requests that do not come to their end; all at the same time."""
        connections = []
        for path, method, _ in self._operations():
            bytes = self.good_request(path, method).encoded()
            bytes = bytes[:-3] if method == "post" else bytes[: bytes.index(b"Host")]
            connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
            connection.sendall(bytes)
            connections.append((path, method, connection))
        for path, method, connection in connections:
            with connection:
                self.judge.judge(path, method, read_answer(connection), "too slow", 408)

    def ask_without_http(self, service: Service) -> None:
        for path, method, _ in self._operations():
            answer = exchange(service.port, f"{method.upper()} {path} HTTP/1.1\r\nno field\r\n\r\n".encode())
            self.judge.judge(path, method, answer, "no HTTP", 400)
            self.judge.report.check(answer.headers.get("connection") == ["close"], "no HTTP: Connection: close")
        answer = self.ask(service, "/", self.good_request("/", "get", version="HTTP/1.0"), "HTTP/1.0", 200)
        self.judge.report.check(answer.headers.get("connection") == ["close"], "HTTP/1.0: Connection: close")

    # --- Gateways of another kind -----------------------------------------------------------------------------------

    def ask_as_stranger(self, service: Service) -> None:
        """A gateway with a file of keys, secrets and networks."""
        for path, item in self.documents.openapi["paths"].items():
            if "servers" in item or "{secret}" not in path:
                continue
            plain = path.replace("/{secret}", "") or "/"
            for method in ("get", "post"):
                if method in item:
                    self._ask_as_stranger(service, path, plain, method)

    def _ask_as_stranger(self, service: Service, path: str, plain: str, method: str) -> None:
        near, far = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "198.51.100.1"}
        is_ingest = plain == "/callbacks/ingest"
        name = "push.test.com" if is_ingest else "record.example.com"

        def ask(headers: dict[str, str], what: str, status: int, code: str | None, secret: str | None = SECRET) -> None:
            request = self.good_request(plain, method, headers=headers)
            if secret is not None:
                request.target = request.target.replace(plain, path.replace("{secret}", secret), 1)
            answer = self.ask(service, path if secret else plain, request, what, status)
            self.judge.report.check(answer.code == code, f"{method} {path}, {what}: {answer.code}, and not {code}")

        ask(far | signature(name), "another network", 403, "network_not_allowed")
        ask(near | signature(name), "no secret", 401, "secret_missing", secret=None)
        ask(near | signature(name), "another secret", 401, "secret_invalid", secret="x" * 20)
        ask(near, "no signature", 401, "signature_missing")
        ask(near | {"ALI-LIVE-TIMESTAMP": "1"}, "half a signature", 401, "signature_missing")
        malformed = {"ALI-LIVE-TIMESTAMP": "now", "ALI-LIVE-SIGNATURE": "0" * 32}
        ask(near | malformed, "a malformed signature", 401, "signature_malformed")
        ask(near | signature(name, key="0" * 20), "another key", 401, "signature_invalid")
        ask(near | signature(name, ago=400), "an old signature", 401, "timestamp_out_of_tolerance")
        # One of a minute ago was used a while before, see `use_signatures`.
        ask(near | signature(name, ago=60, at=self._used_at), "a used signature", 401, "signature_replayed")
        ask(near | signature(name), "all is right", 200, None)
        if method == "get":
            # Whoever has not signed does not learn what is wrong with the rest.
            alone = {"app": "push.test.com"} if is_ingest else {"domain": "http.test"}
            target = f"{path.replace('{secret}', SECRET)}?{query_of(alone)}"
            self.ask(service, path, Request(method, target, near), "no signature, and nothing else", 401)
            self.ask(service, path, Request(method, target, near | signature(name)), "nothing else", 400)
        domain = "app" if is_ingest else "domain"
        query = query_of(self.good_query(plain) | {domain: "other.test"})
        target = path.replace("{secret}", SECRET)
        request = Request(method, f"{target}?{query}", near | signature(name))
        if plain == "/callbacks/recording":
            body = json.dumps(self.good_json(plain) | {domain: "other.test"}).encode()
            request = Request(method, target, near | signature(name) | {"Content-Type": JSON}, body)
        answer = self.ask(service, path, request, "another domain", 403)
        self.judge.report.check(answer.code == "domain_not_listed", f"{method} {path}: {answer.code}")

    def use_signatures(self, service: Service) -> None:
        """Uses a signature of each name for the first time."""
        self._used_at = _now()
        for plain, name in (("/callbacks/ingest", "push.test.com"), ("/callbacks/on-demand", "record.example.com")):
            headers = {"X-Forwarded-For": "203.0.113.9"} | signature(name, ago=60, at=self._used_at)
            request = self.good_request(plain, "get", headers=headers)
            request.target = request.target.replace(plain, f"{plain}/{SECRET}", 1)
            self.ask(service, f"{plain}/{{secret}}", request, "a first use", 200)

    def ask_without_broker(self, service: Service) -> None:
        for path, method, _ in self._operations():
            is_notice = path in ("/callbacks/recording", "/callbacks/ingest")
            answer = self.ask(service, path, self.good_request(path, method), "no broker", 503 if is_notice else 200)
            if not is_notice:
                self.judge.report.check(answer.json["NeedRecord"] is False, f"{path}: the default is not to record")
        for path in ("/callbacks/recording", "/callbacks/ingest"):
            request = self.good_request(path, "post")
            request.target = f"{path}/"
            self.ask(service, path, request, "no broker", 503)

    def ask_while_stopping(self, service: Service) -> None:
        """Stops a gateway that has begun with a request."""
        bytes = self.good_request("/", "post").encoded()
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(bytes[:-2])
            wait_for(lambda: is_read(connection), "the gateway has what is there", 5)
            service.terminate()
            wait_for(lambda: service.ready()[0] == 503, "the gateway says that it stops", 5)
            self.ask_operators(service, ["/health/ready"], {"/health/ready": 503})
            connection.sendall(bytes[-2:])
            answer = read_answer(connection)
            self.judge.judge("/", "post", answer, "while stopping", 200)
            self.judge.report.check(answer.headers.get("connection") == ["close"], "while stopping: Connection: close")

    def ask_operators(self, service: Service, paths: list[str], expected: dict[str, int] | None = None) -> None:
        for path in paths:
            is_listed = "servers" in self.documents.openapi["paths"].get(path, {})
            status = (expected or {}).get(path, 200 if is_listed else 404)
            for method in ("get", "post") if is_listed else ("get",):
                answer = exchange(service.ops_port, Request(method, path).encoded())
                self.judge.judge(path if is_listed else "operators", method, answer, path, status)


def signature(name: str, key: str = KEY, ago: int = 0, at: int | None = None) -> dict[str, str]:
    seconds = (at or _now()) - ago
    digest = hashlib.md5(f"{name}|{seconds}|{key}".encode()).hexdigest()
    return {"ALI-LIVE-TIMESTAMP": str(seconds), "ALI-LIVE-SIGNATURE": digest}


def _now() -> int:
    return int(time.time())


OPERATORS = ["/health/live", "/health/ready", "/status", "/metrics", "/", "/nothing"]


def check(documents: Documents, report: Report, program: Program, service: Service) -> None:
    """Every kind of request, at gateways of three kinds."""
    judge = Judge(documents, report)
    asker = Asker(documents, judge)
    rules = program.work / "auth.yaml"
    demand = {"mode": "required", "keys": [KEY]}
    rules.write_text(
        json.dumps(
            {
                "signatures": {"http.test": demand, "push.test.com": demand},
                "secretPath": {"mode": "required", "secrets": [SECRET]},
                "networks": ["203.0.113.0/24"],
                "proxies": {"addresses": ["127.0.0.1"], "header": "x-forwarded-for"},
            }
        )
    )
    guarded = program.start("guarded", "gateway", auth_file=str(rules), auth_replayWindow="1s")
    guarded.wait_until_ready()
    asker.use_signatures(guarded)
    slow = threading.Thread(target=asker.ask_slowly, args=(service,))
    slow.start()
    asker.ask_in_queries(service)
    asker.ask_in_traces(service)
    asker.ask_in_bodies(service)
    slow.join()
    asker.ask_beyond_limits(service)
    asker.ask_elsewhere(service)
    asker.ask_of_times(service)
    asker.ask_without_http(service)
    asker.ask_operators(service, OPERATORS)
    asker.ask_as_stranger(guarded)
    asker.ask_operators(guarded, OPERATORS)
    guarded.stop()
    # Nobody listens on port 1.
    alone = program.start("alone", "gateway", amqp_url="amqp://127.0.0.1:1/", gateway_brokerGrace="0s")
    asker.ask_without_broker(alone)
    asker.ask_operators(alone, OPERATORS)
    asker.ask_while_stopping(alone)
    alone.stop()
    judge.check_everything_was_seen()
