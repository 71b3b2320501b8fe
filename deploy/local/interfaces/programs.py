"""The program under test: commands, and services that run beside the checks."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Waits until the condition is true, for a bounded time."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Program:
    """The executable, with the servers of the stack and a folder for what it writes."""

    def __init__(self, executable: Path, work: Path) -> None:
        self.executable = executable
        self.work = work
        self.services: list[Service] = []
        # A setting of whoever runs the checks must not change what is checked.
        names = ("NEEDRECORD_AMQP_URL", "NEEDRECORD_DATABASE_URL", "NEEDRECORD_DATABASE_ADMIN_URL")
        self.urls = {name: os.environ[name] for name in names}
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("NEEDRECORD_")
        } | {name: self.urls[name] for name in names[:2]}

    def run(
        self, *arguments: str, input: str | None = None, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [self.executable, *arguments],
            input=input,
            env=self.environment if environment is None else environment,
            text=True,
            capture_output=True,
            timeout=60,
        )

    def succeed(self, *arguments: str) -> str:
        """Runs a command that has to succeed."""
        result = self.run(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"needrecord {' '.join(arguments)}: {result.returncode}: {result.stderr}")
        return result.stdout

    def start(self, name: str, command: str, **settings: str) -> "Service":
        """Starts a service that finds its ports by itself, and waits until it listens.

        The settings are spelled with an underscore in the place of the dot.
        """
        service = Service(self, name, command, {key.replace("_", ".", 1): value for key, value in settings.items()})
        self.services.append(service)
        service.wait_until_listening()
        return service

    def stop_all(self) -> None:
        for service in self.services:
            service.stop()


class Service:
    """One process of the program that serves."""

    def __init__(self, program: Program, name: str, command: str, settings: dict[str, str]) -> None:
        self.name = name
        self.has_gateway = command in ("serve", "gateway")
        self.log = program.work / f"{name}.log"
        roles = {"serve": ["gateway", "worker", "auditor"]}.get(command, [command])
        settings = {f"{role}.name": name for role in roles} | {"ops.port": "0"} | settings
        if self.has_gateway:
            settings = {
                "http.host": "127.0.0.1",
                "http.port": "0",
                "journal.directory": str(program.work / f"{name}.journal"),
            } | settings
        arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [program.executable, command, *arguments],
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=program.work,
                # Ctrl-C reaches the checks alone, which then stop it.
                start_new_session=True,
            )
        self.port = self.ops_port = 0

    def wait_until_listening(self) -> None:
        def is_listening() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
            for line in self.log.read_text().splitlines():
                purpose, port = re.search(r"listening for (\w+)", line), re.search(r"\bport\W+(\d+)", line)
                if purpose and port and purpose[1] == "callbacks":
                    self.port = int(port[1])
                elif purpose and port:
                    self.ops_port = int(port[1])
            return self.ops_port > 0 and (self.port > 0 or not self.has_gateway)

        wait_for(is_listening, f"{self.name} listens")

    def wait_until_ready(self) -> None:
        wait_for(lambda: self.ready()[1].get("status") == "ok", f"{self.name} is ready: {self.ready()}")

    def ready(self) -> tuple[int, Any]:
        return self._get("/health/ready")

    def parts(self) -> dict[str, str]:
        return self._get("/status")[1]["parts"]

    def counters(self) -> dict[str, int]:
        return self._get("/status")[1]["counters"]

    def _get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}{path}", timeout=5) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Stops it in an orderly way if it can be, and in any case."""
        if self.process.poll() is None:
            self.resume()
            self.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode
