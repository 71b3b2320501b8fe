"""Prometheus with the project's rules and faster time, and what its alerts have done. For deploy/local/drill-alerts."""

import json
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

import yaml

import scaled
from installation import Process, end, free_port, wait_for

# What is seen of an installation at a sixtieth of its time is seen every 30 s.
INTERVAL = "500ms"
# An alert is what its labels are, the names of all of them included.
Labels = frozenset[tuple[str, str]]


@dataclass
class Episode:
    """An alert from when it is pending or fires until it is over."""

    labels: dict[str, str]
    annotations: dict[str, str]
    began: float
    fired: float | None = None
    ended: float | None = None

    @property
    def name(self) -> str:
        return self.labels["alertname"]

    def __str__(self) -> str:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(self.labels.items()) if key != "alertname")
        return f"{self.name} ({labels})"


class Prometheus:
    """One server, in which time runs faster by a factor."""

    def __init__(self, folder: Path, factor: int, is_shown: Callable[[dict[str, str]], bool]) -> None:
        self.folder, self.factor, self.is_shown = folder, factor, is_shown
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, rules: dict[str, Any], processes: list[Process]) -> None:
        self.folder.mkdir()
        (self.folder / "rules.yaml").write_text(
            yaml.safe_dump(scaled.scaled_rules(rules, self.factor), sort_keys=False)
        )
        targets = [
            {"targets": [f"127.0.0.1:{process.ops_port}"], "labels": {"instance": process.instance}}
            for process in processes
        ]
        (self.folder / "targets.json").write_text(json.dumps(targets))
        configuration = {
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
            # As docs/operations.md has it; the processes listen on ports of their own instead of on hosts of their own.
            "scrape_configs": [{"job_name": "needrecord", "file_sd_configs": [{"files": ["targets.json"]}]}],
            "rule_files": ["rules.yaml"],
        }
        path = self.folder / "prometheus.yaml"
        path.write_text(yaml.safe_dump(configuration, sort_keys=False))
        check = subprocess.run(["promtool", "check", "config", str(path)], capture_output=True, text=True)
        if check.returncode != 0:
            raise RuntimeError(check.stdout + check.stderr)
        with (self.folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
                    # How old a sample may be, 5 minutes by default; scrapes do not come faster.
                    f"--query.lookback-delta={max(2_000, 300_000 // self.factor)}ms",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_for(self._is_ready, "Prometheus is ready")

    def _is_ready(self) -> bool:
        if self._process and self._process.poll() is not None:
            raise RuntimeError((self.folder / "prometheus.log").read_text()[-2_000:])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2) as response:
                return response.status == 200
        except OSError:
            return False

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as response:
            return json.load(response)["data"]

    def alerts(self) -> list[dict[str, Any]]:
        return [alert for alert in self.get("alerts")["alerts"] if self.is_shown(alert["labels"])]

    def rule_errors(self) -> Iterator[str]:
        for group in self.get("rules")["groups"]:
            for rule in group["rules"]:
                if rule.get("lastError"):
                    yield f"{rule['name']}: {rule['lastError']}"

    def stop(self) -> None:
        if self._process:
            end(self._process)


class Watch:
    """Looks at the alerts all the time, and remembers."""

    def __init__(self, servers: list[Prometheus]) -> None:
        self._servers = servers
        self._lock = threading.Lock()
        self._open: dict[Labels, Episode] = {}
        self._all: list[Episode] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(0.2):
            try:
                alerts = [alert for server in self._servers for alert in server.alerts()]
            except OSError:
                continue
            self._note(alerts, time.monotonic())

    def _note(self, alerts: list[dict[str, Any]], now: float) -> None:
        with self._lock:
            seen = set()
            for alert in alerts:
                key = frozenset(alert["labels"].items())
                seen.add(key)
                is_firing = alert["state"] == "firing"
                episode = self._open.get(key)
                # One that fires again has been over.
                if episode and episode.fired and not is_firing:
                    self._open.pop(key).ended = now
                    episode = None
                if not episode:
                    episode = self._open[key] = Episode(alert["labels"], alert["annotations"], now)
                    self._all.append(episode)
                episode.annotations = alert["annotations"]
                if is_firing and episode.fired is None:
                    episode.fired = now
            for key in set(self._open) - seen:
                self._open.pop(key).ended = now

    def firing(self) -> list[Episode]:
        with self._lock:
            return [episode for episode in self._open.values() if episode.fired is not None]

    def pending(self) -> list[Episode]:
        with self._lock:
            return [episode for episode in self._open.values() if episode.fired is None]

    def fired_since(self, moment: float) -> list[Episode]:
        """Those that began to fire then or later, or still fired then."""
        with self._lock:
            return [
                one
                for one in self._all
                if one.fired and (one.fired >= moment or one.ended is None or one.ended > moment)
            ]
