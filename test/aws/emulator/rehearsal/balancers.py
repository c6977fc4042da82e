"""Network load balancers as Auto Mode would make them for a Service, fed with what a test saw of the real one."""

import hashlib
import threading
import time
from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeLoadBalancer, FakeTargetGroup

from .conditions import NEVER, conditions
from .handlers import Context
from .switchboard import switchboard

_moto_health = FakeTargetGroup.health_for
_moto_activate = FakeLoadBalancer.activate
# ARN -> when it was made, by the monotonic clock
_made: dict[str, float] = {}
# Name -> what will take it away, for those whose Service has gone
_going: dict[str, threading.Timer] = {}


def _activate(self: FakeLoadBalancer) -> None:
    if time.monotonic() - _made.get(self.arn, 0.0) >= conditions.balancer_active_seconds:
        _moto_activate(self)


def _health(self: FakeTargetGroup, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
    seen = switchboard.health.get(self.arn, {}).get(target["Id"])
    status = _moto_health(self, target, ec2_backend)
    if seen:
        status.status = seen["state"]
        status.reason, status.description = seen.get("reason"), seen.get("description")
    return status


def _name(*parts: str) -> str:
    return f"k8s-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:20]}"


def _tags(cluster: str, service: str, extra: dict[str, str]) -> list[dict[str, str]]:
    tags = {"eks:eks-cluster-name": cluster, "service.eks.amazonaws.com/stack": service, **extra}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _existing(elb: Any, name: str) -> str | None:
    for found in elb.describe_load_balancers()["LoadBalancers"]:
        if found["LoadBalancerName"] == name:
            return found["LoadBalancerArn"]
    return None


def mirror(context: Context, wanted: dict[str, Any]) -> dict[str, str]:
    """
    Bring one load balancer to what a test says: `cluster`, `service` (namespace/name), `subnets`, `vpc`,
    `scheme`, `tags` and `listeners` of {port, targets: [{address, port, state, reason?, description?}]}.
    """
    elb = context.service("elbv2")
    name = _name(wanted["cluster"], wanted["service"])
    if name in _going:
        _going.pop(name).cancel()
    arn = _existing(elb, name) or _create(elb, name, wanted)
    for listener in wanted["listeners"]:
        _listen(elb, arn, wanted, listener)
    described = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    return {"arn": arn, "dnsName": described["DNSName"]}


def _create(elb: Any, name: str, wanted: dict[str, Any]) -> str:
    made = elb.create_load_balancer(
        Name=name,
        Type="network",
        Scheme=wanted.get("scheme", "internet-facing"),
        Subnets=wanted["subnets"],
        Tags=_tags(wanted["cluster"], wanted["service"],
                   {"service.eks.amazonaws.com/resource": "LoadBalancer", **wanted.get("tags", {})}),
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    _made[arn] = time.monotonic()
    return arn


def _group(elb: Any, name: str, wanted: dict[str, Any], listener: dict[str, Any]) -> str:
    for found in elb.describe_target_groups()["TargetGroups"]:
        if found["TargetGroupName"] == name:
            return found["TargetGroupArn"]
    made = elb.create_target_group(
        Name=name, Protocol="TCP", Port=listener["port"], VpcId=wanted["vpc"], TargetType="ip",
        Tags=_tags(wanted["cluster"], wanted["service"],
                   {"service.eks.amazonaws.com/resource": f"{wanted['service']}:{listener['port']}",
                    **wanted.get("tags", {})}),
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


def _listen(elb: Any, arn: str, wanted: dict[str, Any], listener: dict[str, Any]) -> None:
    group = _group(elb, _name(wanted["cluster"], wanted["service"], str(listener["port"])), wanted, listener)
    ports = [one["Port"] for one in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]]
    if listener["port"] not in ports:
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        elb.create_listener(LoadBalancerArn=arn, Protocol="TCP", Port=listener["port"], DefaultActions=forward)
    _register(elb, group, listener["targets"])


def _register(elb: Any, group: str, targets: list[dict[str, Any]]) -> None:
    wanted = {target["address"]: target for target in targets}
    present = [t["Target"]["Id"] for t in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
    gone = [{"Id": one} for one in present if one not in wanted]
    if gone:
        elb.deregister_targets(TargetGroupArn=group, Targets=gone)
    fresh = [{"Id": a, "Port": t["port"]} for a, t in wanted.items() if a not in present]
    if fresh:
        elb.register_targets(TargetGroupArn=group, Targets=fresh)
    switchboard.health[group] = wanted


def remove(context: Context, cluster: str, service: str) -> None:
    """The Service is gone, and so is all that was made for it, once its time is over."""
    name, seconds = _name(cluster, service), conditions.balancer_gone_seconds
    if seconds == NEVER:
        return
    if seconds == 0:
        _vanish(context, name)
        return
    _going[name] = threading.Timer(seconds, _vanish, (context, name))
    _going[name].daemon = True
    _going[name].start()


def _vanish(context: Context, name: str) -> None:
    _going.pop(name, None)
    elb = context.service("elbv2")
    arn = _existing(elb, name)
    if arn is None:
        return
    groups = [one for one in elb.describe_target_groups()["TargetGroups"] if arn in one["LoadBalancerArns"]]
    for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        elb.delete_listener(ListenerArn=listener["ListenerArn"])
    elb.delete_load_balancer(LoadBalancerArn=arn)
    for group in groups:
        elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
        switchboard.health.pop(group["TargetGroupArn"], None)


def install() -> None:
    """Let DescribeTargetHealth answer what was seen, and a load balancer take its time."""
    FakeTargetGroup.health_for = _health
    FakeLoadBalancer.activate = _activate
