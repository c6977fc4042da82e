"""What a call is about, for whoever judges whether a policy allows it: its parameters, and the tags that things have."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

import botocore.session

_longest = 2000  # characters; templates and policies are longer, and nobody is named in them
_ec2_id = re.compile(r"^(vpc|subnet|igw|eigw|rtb|eipalloc|nat|sg|acl|eni)-[0-9a-f]+$")


def parameters(service: str, operation: str | None, environ: dict[str, Any], body: bytes) -> dict[str, str]:
    """Every leaf of a request by its path: a form's own names, or those of JSON joined by dots."""
    text = body.decode("utf-8", "replace")
    try:
        asked = _leaves(json.loads(text)) if text.lstrip().startswith("{") else dict(parse_qsl(text))
    except ValueError:
        asked = {}
    asked.update(_in_path(service, operation, environ))
    return {name: value for name, value in asked.items() if len(value) <= _longest}


def _leaves(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        items = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, list):
        items = [(str(at), one) for at, one in enumerate(value, 1)]
    else:
        return {path: str(value)}
    found: dict[str, str] = {}
    for key, one in items:
        found.update(_leaves(one, f"{path}.{key}" if path else key))
    return found


def _in_path(service: str, operation: str | None, environ: dict[str, Any]) -> dict[str, str]:
    """`name` of `/clusters/{name}/access-entries`."""
    if service != "eks" or operation is None:
        return {}
    model = botocore.session.get_session().get_service_model("eks")
    path = model.operation_model(operation).http["requestUri"].split("?")[0]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    # What a client has escaped stays so: an ARN in a path has slashes of its own.
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    given = re.fullmatch(pattern, raw.split("?")[0])
    return {key: unquote(value) for key, value in given.groupdict().items()} if given else {}


def tags_of(region: str, asked: dict[str, str]) -> dict[str, dict[str, str]]:
    """Tags that the things which a call names have at this moment, by id; none for one without any."""
    found: dict[str, dict[str, str]] = {}
    for value in asked.values():
        for thing in _things(region, value):
            found[thing] = _tags(region, thing)
    return found


def _things(region: str, value: str) -> list[str]:
    if _ec2_id.match(value):
        return [value]
    if value.startswith("rtbassoc-"):
        tables = _backend("ec2", region).route_tables.values()
        return [one.id for one in tables if value in one.all_associations_ids]
    if value.startswith("vpc-cidr-assoc-"):
        vpcs = _backend("ec2", region).vpcs.values()
        return [one.id for one in vpcs if value in one._cidr_block_association_set]
    key = re.fullmatch(r"(?:arn:.*:key/)?([0-9a-f]{8}(?:-[0-9a-f]+){4})", value)
    return [key.group(1)] if key and key.group(1) in _backend("kms", region).keys else []


def _tags(region: str, thing: str) -> dict[str, str]:
    if _ec2_id.match(thing):
        return dict(_backend("ec2", region).tags.get(thing, {}))
    kms = _backend("kms", region)
    tags = kms.list_resource_tags(kms.keys[thing].id)["Tags"]
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}


def _backend(service: str, region: str) -> Any:
    from moto.backends import get_backend
    from moto.core import DEFAULT_ACCOUNT_ID

    return get_backend(service)[DEFAULT_ACCOUNT_ID][region]
