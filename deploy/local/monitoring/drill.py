"""Has the alerts of deploy/monitoring fire at a real installation; see deploy/local/drill-alerts."""

import argparse
import re
import signal
import sys
import threading
import time
from pathlib import Path

import yaml

from installation import PROCESSES, Installation, wait_for
from scenarios import NOT_DRILLED, ROUNDS, SCENARIOS, Expected, Scenario
from watching import Episode, Prometheus, Watch

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/monitoring/rules.yaml"

# An hour is a minute, and for what takes days or weeks three seconds.
MINUTES, DAYS = 60, 1_200
QUIET = "quiet"
# Two hours, and a week.
QUIET_SECONDS, WEEK_SECONDS = 2 * 3_600 / MINUTES, 7 * 86_400 / DAYS
# How long it takes until all is well: the longest is a quarter of an hour after the last that was counted.
PATIENCE = 75
# What a template makes of a query that failed or found nothing.
BROKEN_TEXT = re.compile(r"<error|<no value>|%!|NaN|\{\{")


def is_of_days(labels: dict[str, str]) -> bool:
    return labels.get("window") in ("1d", "3d") or labels["alertname"] == "NeedrecordCallbacksStopped"


class Drill:
    def __init__(self, installation: Installation, rules: dict, work: Path) -> None:
        self.installation, self.rules = installation, rules
        self.servers = [
            Prometheus(work / "prometheus-minutes", MINUTES, lambda labels: not is_of_days(labels)),
            Prometheus(work / "prometheus-days", DAYS, is_of_days),
        ]
        self.watch = Watch(self.servers)
        self.faults: list[str] = []
        self.rows: list[tuple[Scenario, Expected, float]] = []
        self.began = 0.0
        # When was last judged what fires, and what was done before.
        self.judged = 0.0
        self.former: list[Scenario] = []

    def start(self) -> None:
        self.installation.start()
        for server in self.servers:
            server.start(self.rules, [self.installation[name] for name in PROCESSES])
        # It takes Prometheus five seconds to see whom it is to ask, which are no five minutes of anything.
        wait_for(lambda: all(map(self.is_scraped, self.servers)), "all processes are scraped")
        self.began = self.judged = time.monotonic()
        self.watch.start()

    def is_scraped(self, server: Prometheus) -> bool:
        up = {one["metric"]["instance"]: one["value"][1] for one in server.get("query?query=up")["result"]}
        return up == {self.installation[name].instance: "1" for name in PROCESSES} and not server.alerts()

    def stop(self) -> None:
        self.watch.stop()
        self.installation.stop()
        for server in self.servers:
            server.stop()

    def fault(self, text: str) -> None:
        self.faults.append(text)
        self.say(f"FAULT: {text}")

    def say(self, text: str) -> None:
        # In one piece, because several say something.
        print(f"{time.monotonic() - self.began:6.1f} s  {text}\n", end="", flush=True)

    # --- Quiet --------------------------------------------------------------------------------------------------------

    def quiet(self) -> None:
        self.say(f"{QUIET}: nothing is done and nothing may fire, for two hours, which are {QUIET_SECONDS:.0f} s")
        began = time.monotonic()
        time.sleep(QUIET_SECONDS)
        for episode in self.watch.fired_since(began):
            self.fault(f"{QUIET}: {episode} fires, though nothing is wrong: {episode.annotations.get('description')}")
        for episode in self.watch.pending():
            self.fault(f"{QUIET}: {episode} is pending at the end")
        for server in self.servers:
            for error in server.rule_errors():
                self.fault(f"a rule cannot be evaluated: {error}")
            if not self.is_scraped(server):
                self.fault(f"{QUIET}: not all processes are scraped any more")

    # --- Faults -------------------------------------------------------------------------------------------------------

    def round(self, names: list[str], following: list[str]) -> None:
        running = [SCENARIOS[name] for name in names]
        allowed = {name for one in running for name in one.beside}
        # What the next ones do, too, need not be over before.
        lingering = {name for following_name in following for name in SCENARIOS[following_name].beside}
        self.wait_until_well(allowed, running)
        if "callbacks-stopped" in names:
            self.wait_a_week()
        self.judge(self.former + running)
        threads = [threading.Thread(target=self.run, args=(one, lingering), daemon=True) for one in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            # With a limit, or Ctrl-C would have to wait.
            while thread.is_alive():
                thread.join(0.2)
        self.judge(running)
        self.former = running

    def judge(self, scenarios: list[Scenario]) -> None:
        """Finds fault with what has fired since the last time and is none of these scenarios' doing."""
        since, self.judged = self.judged, time.monotonic()
        names = ", ".join(one.name for one in scenarios)
        for episode in self.watch.fired_since(since):
            is_allowed = any(episode.name in one.beside for one in scenarios)
            if not is_allowed and not any(alert.fits(episode) for one in scenarios for alert in one.all):
                text = f"{names}: {episode} fires and should not: {episode.annotations.get('description')}"
                # What goes on firing is looked at again.
                if text not in self.faults:
                    self.fault(text)

    def wait_until_well(self, but: set[str], before: list[Scenario]) -> None:
        """Waits until nothing fires but what may, nor anything that these scenarios are to bring about."""

        def is_well() -> bool:
            firing = self.watch.firing()
            expected = [episode for episode in firing for one in before if any(alert.fits(episode) for alert in one.all)]
            return self.installation.is_ready() and not self.firing(but) and not expected

        try:
            wait_for(is_well, "all is well", PATIENCE)
        except TimeoutError:
            firing = ", ".join(map(str, self.firing(but) or self.watch.firing()))
            raise RuntimeError(f"all should be well before a fault: {firing or 'not every process is ready'}") from None

    def firing(self, but: set[str] | frozenset[str] = frozenset()) -> list[Episode]:
        return [episode for episode in self.watch.firing() if episode.name not in but]

    def wait_a_week(self) -> None:
        rest = self.began + WEEK_SECONDS + 5 - time.monotonic()
        if rest > 0:
            self.say(f"waiting until there is a week to look back on, {rest:.0f} s")
            time.sleep(rest)

    def run(self, one: Scenario, lingering: set[str]) -> None:
        self.say(f"{one.name}: {one.what}")
        body = one.body(self.installation)
        began = time.monotonic()
        try:
            next(body)
            self.expect(one, one.fires, began)
        except Exception as error:
            self.fault(f"{one.name}: {type(error).__name__}: {error}")
        undone = time.monotonic()
        self.say(f"{one.name}: undone")
        try:
            next(body, None)
            self.expect(one, one.after, undone)
            ended = time.monotonic()
            self.wait_for_end(one, [alert for alert in one.all if alert.name not in lingering], ended)
        except Exception as error:
            self.fault(f"{one.name}: {type(error).__name__}: {error}")

    def expect(self, one: Scenario, alerts: tuple[Expected, ...], began: float) -> None:
        """Waits until all of them fire, and notes when they began to."""
        left, deadline = list(alerts), began + one.within
        while left and time.monotonic() < deadline:
            # What has fired since before is no proof.
            fired = [episode for episode in self.watch.fired_since(began) if (episode.fired or 0) >= began]
            for alert in list(left):
                if episode := next((episode for episode in fired if alert.fits(episode)), None):
                    left.remove(alert)
                    self.note(one, alert, episode, began)
            time.sleep(0.1)
        for alert in left:
            seen = [str(episode) for episode in self.watch.fired_since(began) if episode.name == alert.name]
            pending = [str(episode) for episode in self.watch.pending() if episode.name == alert.name]
            self.fault(
                f"{one.name}: {alert} does not fire within {one.within:.0f} s"
                + f"; {', '.join(seen)} does" * bool(seen)
                + f"; {', '.join(pending)} is pending" * bool(pending)
            )

    def note(self, one: Scenario, alert: Expected, episode: Episode, began: float) -> None:
        assert episode.fired
        self.rows.append((one, alert, episode.fired - began))
        description = episode.annotations.get("description", "").strip()
        self.say(f"{one.name}: {episode} after {episode.fired - began:.1f} s: {description}")
        for key, text in episode.annotations.items():
            if BROKEN_TEXT.search(text):
                self.fault(f"{one.name}: {key} of {episode} is: {text}")

    def wait_for_end(self, one: Scenario, alerts: list[Expected], began: float) -> None:
        def left() -> list[Episode]:
            return [episode for episode in self.watch.firing() if any(alert.fits(episode) for alert in alerts)]

        while left() and time.monotonic() < began + PATIENCE:
            time.sleep(0.1)
        for episode in left():
            self.fault(f"{one.name}: {episode} still fires {PATIENCE} s after the fault")

    # --- All ----------------------------------------------------------------------------------------------------------

    def all(self, only: list[str]) -> None:
        if not only or QUIET in only:
            self.quiet()
        rounds = [[name for name in names if not only or name in only] for names in ROUNDS]
        rounds = [names for names in rounds if names]
        for number, names in enumerate(rounds):
            self.round(names, rounds[number + 1] if number + 1 < len(rounds) else [])
        try:
            self.wait_until_well(set(), [])
            self.judge(self.former)
        except RuntimeError as error:
            self.fault(str(error))

    def print_table(self) -> None:
        # Seconds from the fault, or from its undoing, until it fires; an hour is a minute.
        table = [("alert", "severity", "of", "scenario", "seconds")]
        for one, alert, seconds in self.rows:
            window = alert.labels.get("window")
            instance = alert.labels.get("instance", ("",))
            table.append(
                (
                    alert.name + (f" {window}" if window else ""),
                    str(alert.labels["severity"]),
                    " or ".join(text.removesuffix(":8081") for text in instance),
                    one.name,
                    f"{seconds:.1f}",
                )
            )
        widths = [max(len(row[column]) for row in table) for column in range(5)]
        print()
        for row in table:
            print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
        print()
        for name, reason in NOT_DRILLED.items():
            print(f"not drilled: {name}: {reason}")


def incomplete(rules: dict) -> list[str]:
    """What is wrong with the lists of what is drilled and what is not."""
    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    known = {(rule["alert"], rule["labels"].get("window", "")): rule["labels"]["severity"] for rule in alerts}
    drilled = {alert.rule: str(alert.labels["severity"]) for one in SCENARIOS.values() for alert in one.all}
    names = {name for name, _ in known}
    faults = [
        f"{' '.join(rule)} is neither drilled nor is said why not"
        for rule in known
        if rule not in drilled and rule[0] not in NOT_DRILLED
    ]
    faults += [f"{' '.join(rule)} is drilled, and there is no such alert" for rule in drilled if rule not in known]
    faults += [f"{name} is not to be drilled, and is" for name, _ in drilled if name in NOT_DRILLED]
    faults += [f"{name} is not to be drilled, and there is no such alert" for name in NOT_DRILLED if name not in names]
    faults += [
        f"{rule[0]} is a {known[rule]}" for rule, severity in drilled.items() if known.get(rule, severity) != severity
    ]
    faults += [
        f"{one.name}: there is no alert {name}"
        for one in SCENARIOS.values()
        for name in one.beside
        if name not in names
    ]
    in_rounds = [name for names in ROUNDS for name in names]
    faults += [f"{name} is in no round, or in two" for name in SCENARIOS if in_rounds.count(name) != 1]
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="drill-alerts")
    parser.add_argument("--needrecord", type=Path, required=True, help="the executable")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is run")
    parser.add_argument(
        "--only", nargs="+", default=[], choices=[QUIET, *SCENARIOS], metavar="SCENARIO", help="do only these"
    )
    arguments = parser.parse_args()
    rules = yaml.safe_load(RULES.read_text())
    if faults := incomplete(rules):
        print("\n".join(faults), file=sys.stderr)
        return 1
    # Or what was started would be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    drill = Drill(
        Installation(arguments.needrecord.resolve(), arguments.work.resolve()), rules, arguments.work.resolve()
    )
    try:
        drill.start()
        drill.all(arguments.only)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # What could not go on has failed.
        drill.fault(f"{type(error).__name__}: {error}")
    finally:
        drill.stop()
    drill.print_table()
    for fault in drill.faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print(f"{len(drill.rows)} alerts fired as they should, {len(drill.faults)} faults")
    return 1 if drill.faults else 0


if __name__ == "__main__":
    sys.exit(main())
