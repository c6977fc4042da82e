"""Drift detection by looking: what a template says against what the emulator's services answer now."""

import datetime
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.models import Stack

from .conditions import conditions
from .handlers import Context, Made, handler_of


@dataclass
class Detection:
    identifier: str
    stack_id: str
    resources: list[dict[str, Any]]
    at: datetime.datetime
    until: float  # of the monotonic clock: in progress so long

    @property
    def drifted(self) -> list[dict[str, Any]]:
        return [row for row in self.resources if row["StackResourceDriftStatus"] != "IN_SYNC"]

    def status(self) -> dict[str, Any]:
        if time.monotonic() < self.until:
            return {**self._status("DETECTION_IN_PROGRESS"), "StackDriftStatus": "UNKNOWN"}
        if conditions.drift_failure is not None:
            return {**self._status("DETECTION_FAILED"), "DetectionStatusReason": conditions.drift_failure}
        return self._status("DETECTION_COMPLETE")

    def _status(self, detection: str) -> dict[str, Any]:
        return {
            "StackId": self.stack_id,
            "StackDriftDetectionId": self.identifier,
            "StackDriftStatus": "DRIFTED" if self.drifted else "IN_SYNC",
            "DetectionStatus": detection,
            "DriftedStackResourceCount": len(self.drifted),
            "Timestamp": self.at,
        }


drifts: dict[str, Detection] = {}


def detect(stack: Stack, context: Context) -> str:
    """Look at every resource of a stack; the answer is the detection's id."""
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = [_row(stack, context, made, now) for made in list(stack.resource_map.made.values())]
    until = time.monotonic() + conditions.drift_seconds
    found = Detection(str(uuid.uuid4()), stack.stack_id, rows, now, until)
    drifts[found.identifier] = found
    return found.identifier


def _row(stack: Stack, context: Context, made: Made, now: datetime.datetime) -> dict[str, Any]:
    actual = handler_of(made.cf_resource_type).observe(context, made)
    expected = {k: made.properties.get(k) for k in actual}
    differences = [
        {
            "PropertyPath": f"/{name}",
            "ExpectedValue": json.dumps(expected[name]),
            "ActualValue": json.dumps(actual[name]),
            "DifferenceType": "NOT_EQUAL",
        }
        for name in actual
        if str(actual[name]) != str(expected[name])
    ]
    return {
        "StackId": stack.stack_id,
        "LogicalResourceId": made.logical_resource_id,
        "PhysicalResourceId": made.physical_resource_id,
        "ResourceType": made.cf_resource_type,
        "ExpectedProperties": json.dumps(expected),
        "ActualProperties": json.dumps(actual),
        "PropertyDifferences": differences,
        "StackResourceDriftStatus": "MODIFIED" if differences else "IN_SYNC",
        "Timestamp": now,
    }
