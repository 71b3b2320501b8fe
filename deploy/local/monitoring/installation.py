"""A running installation that can be hurt: two gateways, two workers and two auditors as docs/operations.md scrapes
them, the servers of the stack, links that can be slow or cut, and callbacks that come all the time. For
deploy/local/drill-alerts.
"""

import asyncio
import http.server
import itertools
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit, urlunsplit

import pika

ROOT = Path(__file__).resolve().parents[3]
STACK = ROOT / "deploy/local/stack"

GATEWAYS, WORKERS, AUDITORS = ("gateway-1", "gateway-2"), ("worker-1", "worker-2"), ("auditor-1", "auditor-2")
PROCESSES = GATEWAYS + WORKERS + AUDITORS
# For each gateway, a second. Half an hour has to have 100 of all of them when it lasts a second and a half.
RATE = 50
# As many wait for the default when nothing answers before its time.
CONNECTIONS = 300
# What the stream of outcomes keeps; a segment is as long.
OUTCOMES_BYTES = 100_000_000
# A domain whose callbacks are refused, because nobody signs them.
REFUSED_DOMAIN = "signed.example.com"
AUTHENTICATION = f"""\
signatures:
  {REFUSED_DOMAIN}: {{mode: required, keys: [JnE5sZkq0Wv1uYbT8cXa]}}
  "*": {{mode: off}}
"""


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return result


# Below the ports that the kernel gives to outgoing connections, and above those of stacks.
_PORTS = itertools.count(23_000 + os.getpid() % 600 * 15)


def free_port() -> int:
    """One that a process can have again after a restart."""
    for port in _PORTS:
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("there are no free ports")


class Link:
    """A way to a server that can be slow, narrow or cut."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = free_port()
        # What comes from the server takes so many seconds longer, and no more bytes a second come.
        self.delay = 0.0
        self.rate: float | None = None
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._call(self._listen())

    def cut(self) -> None:
        self._is_cut = True
        self._call(self._close_all())

    def mend(self) -> None:
        self._is_cut, self.delay, self.rate = False, 0.0, None

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _close_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionError
            server_reader, server_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, server_writer}
        await asyncio.gather(self._pass_on(reader, server_writer, False), self._pass_on(server_reader, writer, True))
        self._writers -= {writer, server_writer}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_slow: bool) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def send() -> None:
            while (item := await queue.get())[1]:
                if (wait := item[0] - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                writer.write(item[1])
                await writer.drain()
                if is_slow and self.rate:
                    await asyncio.sleep(len(item[1]) / self.rate)

        sender = asyncio.create_task(send())
        try:
            while data := await reader.read(4_096):
                queue.put_nowait((self._loop.time() + (self.delay if is_slow else 0.0), data))
        except OSError:
            pass
        queue.put_nowait((0.0, b""))
        try:
            await sender
        except OSError:
            pass
        writer.close()


class Process:
    """One process of the program, which comes back under its name, on its ports and with its journal."""

    def __init__(
        self, name: str, executable: Path, work: Path, environment: dict[str, str], settings: dict[str, str]
    ) -> None:
        self.name = name
        self.command = name.partition("-")[0]
        self.executable, self.work, self.environment = executable, work, environment
        self.ops_port, self.port = free_port(), 0
        self.settings = {f"{self.command}.name": name, "ops.port": str(self.ops_port)} | settings
        if self.command == "gateway":
            self.port = free_port()
            self.settings |= {
                "http.host": "127.0.0.1",
                "http.port": str(self.port),
                "journal.directory": str(work / f"{name}.journal"),
            }
        self.process: subprocess.Popen[bytes] | None = None
        self.instance = f"{name}:8081"
        # While it is not set, nobody reads the log.
        self.is_read = threading.Event()
        self.is_read.set()
        # Then it is not started any more: whoever does a fault may not know yet that the drill is over.
        self.is_over = threading.Event()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self, **settings: str) -> None:
        """The settings are spelled with an underscore in the place of the dot."""
        changes = {key.replace("_", ".", 1): value for key, value in settings.items()}
        arguments = [part for key, value in (self.settings | changes).items() for part in ("--set", f"{key}={value}")]
        self.process = subprocess.Popen(
            [self.executable, self.command, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.work,
            # Ctrl-C reaches the drill alone, which then stops it.
            start_new_session=True,
        )
        threading.Thread(target=self._read_log, args=(self.process,), daemon=True).start()
        if self.is_over.is_set():
            self.kill()

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with (self.work / f"{self.name}.log").open("ab", buffering=0) as log:
            while True:
                self.is_read.wait()
                if not (text := os.read(process.stdout.fileno(), 65_536)):
                    break
                log.write(text)
        process.stdout.close()

    def is_ready(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}; see its log")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}/health/ready", timeout=2) as response:
                return json.load(response)["status"] == "ok"
        except (OSError, ValueError):
            return False

    def wait_until_ready(self) -> None:
        wait_for(self.is_ready, f"{self.name} is ready")

    def send(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self) -> None:
        """In an orderly way if it can be, and in any case."""
        self.is_read.set()
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        self._wait(20)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self._wait(5)

    def _wait(self, seconds: float) -> None:
        if not self.process:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def limit_files(self, limit: int) -> int:
        """How many files it may have open from now on; returns how many it might until now."""
        soft, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (limit, hard))
        return soft


class Collector:
    """Where traces go: takes everything, as long as it is there."""

    class _Handler(http.server.BaseHTTPRequestHandler):
        # One request for each connection, or those that are open would be served on when it is gone.
        protocol_version = "HTTP/1.0"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    def __init__(self) -> None:
        self.port = free_port()
        self._server: http.server.ThreadingHTTPServer | None = None

    def start(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self._Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Installation:
    def __init__(self, executable: Path, work: Path) -> None:
        self.executable, self.work = executable, work
        self.urls = {name: os.environ[f"NEEDRECORD_{name}_URL"] for name in ("AMQP", "DATABASE", "DATABASE_ADMIN")}
        # A setting of whoever runs the drill must not change what it shows.
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("NEEDRECORD_")}
        broker, database = urlsplit(self.urls["AMQP"]), urlsplit(self.urls["DATABASE"])
        self.broker_of_workers = Link(str(broker.hostname), broker.port or 5672)
        self.database_of_auditors = Link(str(database.hostname), database.port or 5432)
        self.collector = Collector()
        self._pushes: list[subprocess.Popen[bytes]] = []
        self._base: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()
        self.processes = {name: self._process(name) for name in PROCESSES}

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def _process(self, name: str) -> Process:
        settings = {
            "amqp.url": self.urls["AMQP"],
            "database.url": self.urls["DATABASE"],
            # The least, so that it can be overrun.
            "topology.outcomesMaxBytes": str(OUTCOMES_BYTES),
        }
        if name in GATEWAYS:
            file = self.authentication(name)
            file.write_text(AUTHENTICATION)
            file.chmod(0o600)
            settings["auth.file"] = str(file)
        if name == "gateway-1":
            settings |= {"tracing.endpoint": f"http://127.0.0.1:{self.collector.port}", "tracing.sampleRatio": "1"}
        elif name == "gateway-2":
            # The smallest that there is; and callers may be slow with what they send.
            settings |= {"journal.maxBytes": str(32 << 20), "http.requestTimeout": "60s"}
        elif name in WORKERS:
            settings["amqp.url"] = elsewhere(self.urls["AMQP"], port=self.broker_of_workers.port)
        elif name in AUDITORS:
            settings["database.url"] = elsewhere(self.urls["DATABASE"], port=self.database_of_auditors.port)
        return Process(name, self.executable, self.work, self.environment, settings)

    def authentication(self, name: str) -> Path:
        return self.work / f"{name}.authentication.yaml"

    # --- Its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        for number in range(3):
            self.command(
                "rules", "add", "--domain", "test.com", "--app", f"app-{number}", "--record", "--format", "mp4"
            )
        self.command("rules", "add", "--domain", "test.com", "--record", "--format", "mp4")
        self.collector.start()
        self.start_processes(*PROCESSES)
        self.start_traffic()
        threading.Thread(target=self._tell, daemon=True).start()

    def start_processes(self, *names: str) -> None:
        for name in names:
            self[name].start()
        for name in names:
            self[name].wait_until_ready()

    def stop_processes(self, *names: str) -> None:
        threads = [threading.Thread(target=self[name].stop) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def is_ready(self) -> bool:
        return all(process.is_ready() for process in self.processes.values())

    def stop(self) -> None:
        self._stopping.set()
        for process in self.processes.values():
            process.is_over.set()
        for push in self._pushes:
            end(push)
        self.stop_processes(*PROCESSES)
        self.collector.stop()

    # --- Those who ask ------------------------------------------------------------------------------------------------

    def start_traffic(self) -> None:
        self._base = [self.push(name, RATE, "--streams", "200", connections=CONNECTIONS) for name in GATEWAYS]

    def stop_traffic(self) -> None:
        for push in self._base:
            end(push)

    def push(self, gateway: str, rate: int, *arguments: str, connections: int = 16) -> subprocess.Popen[bytes]:
        """Callbacks at this rate, whatever the answers do, until it is ended."""
        push = subprocess.Popen(
            [
                self.executable, "push", "--url", f"http://127.0.0.1:{self[gateway].port}/", "--rate", str(rate),
                "--duration", "3600s", "--connections", str(connections), *arguments,
            ],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._pushes.append(push)
        return push

    def _tell(self) -> None:
        """Recordings begin, five times a second, and the gateways are told in turn."""
        for number in itertools.count():
            if self._stopping.wait(0.2):
                return
            body = {"domain": "test.com", "app": "test123", "stream": f"told-{number}", "event": "record_started"}
            request = urllib.request.Request(
                f"http://127.0.0.1:{self[GATEWAYS[number % 2]].port}/callbacks/recording",
                json.dumps(body).encode(),
                {"Content-Type": "application/json"},
            )
            try:
                urllib.request.urlopen(request, timeout=1).close()
            except OSError:
                # The platform sends it again; the alerts say why.
                pass

    # --- Servers and commands -----------------------------------------------------------------------------------------

    def command(self, *arguments: str, **urls: str) -> str:
        environment = self.environment | {
            "NEEDRECORD_AMQP_URL": self.urls["AMQP"],
            "NEEDRECORD_DATABASE_URL": urls.get("database", self.urls["DATABASE"]),
            "NEEDRECORD_MIGRATIONS_DIRECTORY": str(ROOT / "migrations"),
        }
        return run([str(self.executable), *arguments], environment)

    def stack(self, *arguments: str) -> str:
        return run([str(STACK), *arguments], dict(os.environ))

    def sql(self, text: str) -> str:
        """As the superuser."""
        return self.stack("psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", text)

    def broker(self) -> pika.BlockingConnection:
        return pika.BlockingConnection(pika.URLParameters(self.urls["AMQP"]))


def run(arguments: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(
        arguments, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def elsewhere(url: str, port: int | None = None, user: str | None = None, database: str | None = None) -> str:
    """The same URL with another port, another user with the password, or another database."""
    parts = urlsplit(url)
    credentials = user or f"{parts.username}:{parts.password}"
    path = f"/{database}" if database else parts.path
    return urlunsplit(parts._replace(netloc=f"{credentials}@{parts.hostname}:{port or parts.port}", path=path))
