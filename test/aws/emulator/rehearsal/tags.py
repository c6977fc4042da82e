"""EC2's tag listing without what is gone; moto keeps the tags of everything that ever was."""

from typing import Any

from moto.ec2.models import EC2Backend

_moto_describe = EC2Backend.describe_tags


def _ids(backend: EC2Backend, prefix: str) -> set[str] | None:
    """Ids that exist, of one kind; None for kinds that isthmus never makes."""
    if prefix == "subnet":
        return {one for zone in backend.subnets.values() for one in zone}
    if prefix == "sg":
        return {one for vpc in backend.groups.values() for one in vpc}
    if prefix == "eipalloc":
        return {address.allocation_id for address in backend.addresses}
    tables = {
        "vpc": "vpcs",
        "igw": "internet_gateways",
        "eigw": "egress_only_internet_gateways",
        "rtb": "route_tables",
        "eni": "enis",
        "nat": "nat_gateways",  # deleted ones are listed for an hour, as by AWS
    }
    return set(getattr(backend, tables[prefix])) if prefix in tables else None


def _describe_tags(self: EC2Backend, filters: Any = None) -> list[dict[str, str]]:
    rows = _moto_describe(self, filters)
    present = {prefix: _ids(self, prefix) for prefix in {row["resource_id"].split("-")[0] for row in rows}}

    def exists(identifier: str) -> bool:
        known = present[identifier.split("-")[0]]
        return known is None or identifier in known

    return [row for row in rows if exists(row["resource_id"])]


def install() -> None:
    """Hide the tags of what no longer exists."""
    EC2Backend.describe_tags = _describe_tags
