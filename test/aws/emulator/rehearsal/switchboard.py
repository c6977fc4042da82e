"""What a test has told the emulator: resources to fail or to slow, and real API servers behind clusters."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """What happens to one logical resource, in every stack whose name contains `stack`."""

    logical_id: str
    stack: str = ""
    action: str = "CREATE"  # CREATE, UPDATE or DELETE
    reason: str | None = None  # fails with it; None: only slow
    seconds: float = 0.0
    times: int = -1  # how often; negative: until cleared

    def fits(self, stack: str, logical_id: str, action: str) -> bool:
        """Logical ids fit by prefix, since CDK puts a hash behind its own."""
        return (
            self.times != 0
            and self.stack in stack
            and logical_id.startswith(self.logical_id)
            and self.action == action
        )


@dataclass
class Switchboard:
    faults: list[Fault] = field(default_factory=list)
    # Name of an EKS cluster -> {"endpoint": URL, "certificateAuthority": base64 PEM}
    api_servers: dict[str, dict[str, str]] = field(default_factory=dict)
    # ARN of a target group -> address -> {"state", "reason", "description"}
    health: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # IAM actions that nobody may do
    denied: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def take(self, stack: str, logical_id: str, action: str) -> Fault | None:
        """The fault that strikes now, counted as used."""
        with self.lock:
            for fault in self.faults:
                if fault.fits(stack, logical_id, action):
                    fault.times -= 1 if fault.times > 0 else 0
                    return fault
        return None

    def wait(self, fault: Fault) -> None:
        """As long as the fault says, or until faults are cleared."""
        end = time.monotonic() + fault.seconds
        while time.monotonic() < end and fault in self.faults:
            time.sleep(0.05)


switchboard = Switchboard()
