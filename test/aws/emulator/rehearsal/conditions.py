"""How AWS is while a test looks: what takes its time, what is refused for a while, and how little one page holds."""

import fnmatch
import threading
import time
from dataclasses import dataclass, field
from typing import Any

NEVER = float("inf")


@dataclass
class Throttle:
    """A limit of calls that others have used up: `action` is one of the call log's, with * for any part."""

    action: str
    times: int = -1  # so many calls are refused; negative: until `seconds` are over
    seconds: float = NEVER
    since: float = field(default_factory=time.monotonic)

    def strikes(self, action: str) -> bool:
        over = self.times == 0 or time.monotonic() - self.since >= self.seconds
        return not over and fnmatch.fnmatchcase(action, self.action)


@dataclass
class Conditions:
    """The defaults are what a test wants that asks for nothing: no time, no refusal, pages as long as AWS's."""

    balancer_active_seconds: float = 0.0  # from being made until its state is active
    balancer_gone_seconds: float = 0.0  # from the end of its Service until it is not listed
    drift_seconds: float = 0.0  # how long a detection is in progress
    drift_failure: str | None = None  # a detection ends as DETECTION_FAILED with this reason
    page_size: int | None = None  # the most that one page of a list holds
    throttles: list[Throttle] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def throttled(self, action: str) -> bool:
        """Whether this call is refused, counted as one of them."""
        with self.lock:
            for throttle in self.throttles:
                if throttle.strikes(action):
                    throttle.times -= 1 if throttle.times > 0 else 0
                    return True
        return False

    def become(self, document: dict[str, Any]) -> None:
        """All that the document does not name goes back to its default; seconds may be "never"."""
        named = {key: NEVER if value == "never" else value for key, value in document.items()}
        fresh = Conditions(**{**named, "throttles": [Throttle(**one) for one in named.get("throttles", [])]})
        with self.lock:
            for name in vars(fresh).keys() - {"lock"}:
                setattr(self, name, getattr(fresh, name))


conditions = Conditions()
