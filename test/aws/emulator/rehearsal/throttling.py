"""Calls that AWS refuses for being too many, in the words of each service's protocol."""

import json
from typing import Any

from .conditions import conditions

_ec2 = (
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>"
    "</Error></Errors><RequestID>rehearsal</RequestID></Response>"
)
_query = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>"
    "</Error><RequestId>rehearsal</RequestId></ErrorResponse>"
)
_query_services = ("cloudformation", "elasticloadbalancing", "iam", "sts")
_json = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})


def _refusal(service: str) -> tuple[str, str, str]:
    """Status, content type and body."""
    if service == "ec2":
        return "503 Service Unavailable", "text/xml", _ec2
    if service in _query_services:
        return "400 Bad Request", "text/xml", _query
    return ("429 Too Many Requests" if service == "eks" else "400 Bad Request"), "application/json", _json


class Throttling:
    """WSGI: refuses what the conditions say, and hands everything else on."""

    def __init__(self, app: Any):
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        action = environ.get("rehearsal.action")
        if action is None or not conditions.throttled(action):
            return self.app(environ, start_response)
        status, kind, body = _refusal(action.split(":")[0])
        start_response(status, [("Content-Type", kind), ("x-amzn-ErrorType", "ThrottlingException")])
        return [body.encode()]
