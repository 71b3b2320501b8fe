"""What the checks have found, counted and printed."""

import time


class Report:
    """Counts what holds, and prints what does not. Nothing stops at the first fault: one run is to show all of them."""

    def __init__(self, shown: int) -> None:
        # How many faults of each part are printed: of what goes wrong a hundred times the first few say enough.
        self._shown = shown
        self.passed = 0
        self.failed = 0
        self._part = ""
        self._began = time.monotonic()
        self._before = (0, 0)

    def begin(self, part: str) -> None:
        self._part = part
        self._began = time.monotonic()
        self._before = (self.passed, self.failed)

    def end(self) -> None:
        passed, failed = self.passed - self._before[0], self.failed - self._before[1]
        seconds = time.monotonic() - self._began
        print(f"{self._part}: {passed} passed, {failed} failed, {seconds:.1f} s", flush=True)
        # A part in which nothing was looked at must not look like one in which everything is well.
        if passed == 0:
            self.failed += 1
            print(f"FAILED {self._part}: nothing was checked", flush=True)

    def check(self, holds: bool, what: str) -> bool:
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            if self.failed - self._before[1] <= self._shown:
                print(f"FAILED {self._part}: {what[:1500]}", flush=True)
        return holds

    def none(self, faults: list[str], what: str) -> bool:
        """Checks that there are no faults in something."""
        return self.check(not faults, f"{what}: " + "; ".join(faults[:5]))
