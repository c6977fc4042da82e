"""Lists in pages as small as the conditions say, whatever the emulator's own are."""

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .conditions import conditions


@dataclass
class List:
    """Where an answer keeps its list and its token, and where a request states the token."""

    items: str
    answers: str
    asks: str


_ec2 = {
    "DescribeTags": "tagSet",
    "DescribeVpcs": "vpcSet",
    "DescribeSubnets": "subnetSet",
    "DescribeRouteTables": "routeTableSet",
    "DescribeSecurityGroups": "securityGroupInfo",
    "DescribeNetworkInterfaces": "networkInterfaceSet",
    "DescribeInternetGateways": "internetGatewaySet",
    "DescribeNatGateways": "natGatewaySet",
}
_lists = {
    **{f"ec2:{name}": List(items, "nextToken", "NextToken") for name, items in _ec2.items()},
    **{
        f"elasticloadbalancing:Describe{name}": List(name, "NextMarker", "Marker")
        for name in ("LoadBalancers", "TargetGroups", "Listeners")
    },
    **{
        f"cloudformation:Describe{name}": List(name, "NextToken", "NextToken")
        for name in ("Stacks", "StackEvents", "StackResourceDrifts")
    },
    "tag:GetResources": List("ResourceTagMappingList", "PaginationToken", "PaginationToken"),
    "logs:DescribeLogGroups": List("logGroups", "nextToken", "nextToken"),
}


class Paging:
    """WSGI: asks for everything and answers one page of it; its tokens say where the next begins."""

    def __init__(self, app: Any):
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        where, size = _lists.get(environ.get("rehearsal.action") or ""), conditions.page_size
        if where is None or size is None:
            return self.app(environ, start_response)
        start = _take_token(environ, where)
        head: list[Any] = []
        body = b"".join(self.app(environ, lambda *given: head.extend(given[:2])))
        if head[0].startswith("200"):
            cut = _cut_json if body.lstrip().startswith(b"{") else _cut_xml
            # EC2 looks through its things a page at a time, and may find nothing to list in the first.
            first = 0 if environ["rehearsal.action"].startswith("ec2:") and start == 0 else size
            body = cut(body, where, start - 1 if start else 0, first)
        headers = [(name, value) for name, value in head[1] if name.lower() != "content-length"]
        start_response(head[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]


def _take_token(environ: dict[str, Any], where: List) -> int:
    """How far earlier pages came, plus one; 0 without a token. What asks further on has no token any more."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if body.lstrip().startswith(b"{"):
        document = json.loads(body)
        token = document.pop(where.asks, None)
        rest = json.dumps(document).encode()
    else:
        form = parse_qsl(body.decode(), keep_blank_values=True)
        token = dict(form).get(where.asks)
        rest = urlencode([pair for pair in form if pair[0] != where.asks]).encode()
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(rest), str(len(rest))
    return int(token.removeprefix("page-")) if token else 0


def _cut_json(body: bytes, where: List, at: int, size: int) -> bytes:
    document = json.loads(body)
    items = document.get(where.items, [])
    document[where.items] = items[at : at + size]
    document.pop(where.answers, None)
    if at + size < len(items):
        document[where.answers] = f"page-{at + size + 1}"
    return json.dumps(document).encode()


def _cut_xml(body: bytes, where: List, at: int, size: int) -> bytes:
    # Read without its namespace: prefixes are registered for the whole process, where requests run beside each
    # other, and an answer that got another's prefix is one in which no client finds anything.
    space = re.search(rb' xmlns="([^"]+)"', body)
    root = ElementTree.fromstring(body.replace(space.group(0), b"", 1) if space else body)
    if space:
        root.set("xmlns", space.group(1).decode())
    holder = next((one for one in root.iter() if one.find(where.items) is not None), None)
    if holder is None:
        return body
    for token in holder.findall(where.answers):
        holder.remove(token)
    items = holder.find(where.items)
    entries = list(items)
    for entry in entries[:at] + entries[at + size :]:
        items.remove(entry)
    if at + size < len(entries):
        ElementTree.SubElement(holder, where.answers).text = f"page-{at + size + 1}"
    return ElementTree.tostring(root)
