"""Remembers the IAM action of every AWS call, whoever made it: the caller, or CloudFormation in its name."""

import functools
import io
import re
import threading
from typing import Any
from urllib.parse import parse_qs

import botocore.session

from .asked import parameters, tags_of

_credential = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")
# Added to the user agent by the emulator's own clients, so that a call tells in whose name it was made.
CLOUDFORMATION = "rehearsal-cloudformation"  # with the rights of whoever deployed the stack
SERVICE = "rehearsal-service"  # with the rights of a service's own role, or looking something up
# Services that sign with another name than IAM has for their actions.
_iam_names = {"tagging": "tag"}


@functools.cache
def _rest_operations(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and operation of a service that names operations by its URLs."""
    try:
        model = botocore.session.get_session().get_service_model(service)
    except Exception:  # a service that botocore does not know has no REST operations
        return []
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\\\{[^}]*\\\+\\\}", ".+", re.escape(http["requestUri"].split("?")[0]))
        path = re.sub(r"\\\{[^}]*\\\}", ".+?", path)
        found.append((http["method"], re.compile(f"^{path}/?$"), name))
    # An ARN in a path holds slashes, so the longest pattern that fits is the one that was meant.
    return sorted(found, key=lambda entry: -len(entry[1].pattern))


def _form_action(body: bytes, query: str) -> str | None:
    for text in (body.decode("utf-8", "replace"), query):
        action = parse_qs(text).get("Action")
        if action:
            return action[0]
    return None


def _operation(environ: dict[str, Any], service: str, body: bytes) -> str | None:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rsplit(".", 1)[-1]
    path = environ.get("PATH_INFO", "")
    cbor = re.search(r"/service/[^/]+/operation/([^/]+)", path)
    if cbor:
        return cbor.group(1)
    action = _form_action(body, environ.get("QUERY_STRING", ""))
    if action:
        return action
    for method, pattern, name in _rest_operations(service):
        if method == environ["REQUEST_METHOD"] and pattern.match(path):
            return name
    return None


class CallLog:
    """WSGI middleware and the list that it fills; tells what is behind it a caller's action by `rehearsal.action`."""

    def __init__(self, app: Any):
        self.app = app
        self.calls: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        credential = _credential.search(environ.get("HTTP_AUTHORIZATION", ""))
        if credential:
            self._note(environ, credential)
        return self.app(environ, start_response)

    def _note(self, environ: dict[str, Any], credential: re.Match[str]) -> None:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        key, region, service = credential.groups()
        operation = _operation(environ, service, body)
        agent = environ.get("HTTP_USER_AGENT", "")
        if SERVICE in agent:
            return
        action = f"{_iam_names.get(service, service)}:{operation}"
        by = "cloudformation" if CLOUDFORMATION in agent else "caller"
        if by == "caller":
            environ["rehearsal.action"] = action
        asked = parameters(service, operation, environ, body)
        call = {"action": action, "region": region, "accessKeyId": key, "by": by,
                "parameters": asked, "tags": tags_of(region, asked)}
        with self.lock:
            self.calls.append(call)
