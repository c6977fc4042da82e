"""The part of the EKS API that moto lacks: Auto Mode's and access settings, access entries, real endpoints."""

import base64
import uuid
from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.eks import urls
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster
from moto.eks.responses import EKSResponse

from .switchboard import switchboard

CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"
# Settings of CreateCluster that moto drops; DescribeCluster returns them as they were given.
_settings = (
    "accessConfig", "computeConfig", "storageConfig", "upgradePolicy", "deletionProtection",
    "zonalShiftConfig", "controlPlaneScalingConfig",
)
_moto_create = EKSResponse.create_cluster
_moto_delete = EKSResponse.delete_cluster
_nowhere = {
    "endpoint": "https://127.0.0.1:1",
    "certificateAuthority": base64.b64encode(b"no API server was put behind this cluster").decode(),
}


def principal_of(arn: str) -> str:
    """A role's ARN for a session of it; any other principal as it is."""
    if ":assumed-role/" not in arn:
        return arn
    account, role = arn.split(":")[4], arn.split(":assumed-role/")[1].split("/")[0]
    return f"arn:{arn.split(':')[1]}:iam::{account}:role/{role}"


def _missing(message: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        clusterName=None, nodegroupName=None, fargateProfileName=None, addonName=None, message=message
    )


def _entry_body(cluster: Cluster, entry: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in entry.items() if k != "policies"}, "clusterName": cluster.name}


class RehearsedEks:
    """Actions added to moto's EKSResponse; `self` is one of those."""

    def create_cluster(self) -> ActionResult:
        answer = _moto_create(self)
        cluster = self.eks_backend.clusters[self._get_param("name")]
        for name in _settings:
            if self._get_param(name) is not None:
                setattr(cluster, _snake(name), self._get_param(name))
        given = switchboard.api_servers.get(cluster.name, _nowhere)
        cluster.endpoint = given["endpoint"]
        cluster.certificate_authority = {"data": given["certificateAuthority"]}
        cluster.kubernetes_network_config = {
            "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", **cluster.kubernetes_network_config
        }
        cluster.health = {"issues": []}
        cluster.resources_vpc_config = {**_vpc_defaults(), **cluster.resources_vpc_config}
        cluster.access_entries = {}
        cluster.add_ons = {}
        cluster.updates = {}
        self._let_creator_in(cluster)
        return answer

    def _let_creator_in(self, cluster: Cluster) -> None:
        access = getattr(cluster, "access_config", {}) or {}
        if str(access.get("bootstrapClusterCreatorAdminPermissions", True)).lower() != "true":
            return
        from moto.sts.models import sts_backends

        backend = sts_backends[self.current_account][cluster.arn.split(":")[1]]
        _, arn, _ = backend.get_caller_identity(self.access_key, self.region)
        entry = _new_entry(self, cluster, principal_of(arn))
        entry["policies"][f"arn:aws:eks::aws:cluster-access-policy/{CLUSTER_ADMIN}"] = {"type": "cluster"}

    def delete_cluster(self) -> ActionResult:
        cluster = self._cluster()
        if str(getattr(cluster, "deletion_protection", False)).lower() == "true":
            raise ResourceInUseException(
                clusterName=cluster.name, nodegroupName=None, addonName=None,
                message="Cluster has deletion protection enabled",
            )
        return _moto_delete(self)

    def _cluster(self) -> Cluster:
        return self.eks_backend.describe_cluster(self._get_param("name") or self._get_param("clusterName"))

    def update_cluster_config(self) -> ActionResult:
        cluster = self._cluster()
        for name in (*_settings, "logging"):
            if self._get_param(name) is not None:
                before = getattr(cluster, _snake(name), None)
                change = self._get_param(name)
                merged = {**before, **change} if isinstance(before, dict) else change
                setattr(cluster, _snake(name), merged)
        cluster.resources_vpc_config.update(self._get_param("resourcesVpcConfig") or {})
        return ActionResult({"update": _update(cluster, "EndpointAccessUpdate")})

    def update_cluster_version(self) -> ActionResult:
        cluster = self._cluster()
        cluster.version = self._get_param("version")
        return ActionResult({"update": _update(cluster, "VersionUpdate")})

    def describe_update(self) -> ActionResult:
        update = self._cluster().updates.get(self._get_param("updateId"))
        if update is None:
            raise _missing(f"No update found for ID: {self._get_param('updateId')}")
        return ActionResult({"update": update})

    def create_addon(self) -> ActionResult:
        cluster, name = self._cluster(), self._get_param("addonName")
        add_on = {
            "addonName": name, "clusterName": cluster.name, "status": "ACTIVE", "createdAt": utcnow(),
            "addonArn": f"{cluster.arn.replace(':cluster/', ':addon/')}/{name}/{uuid.uuid4()}",
        }
        cluster.add_ons[name] = add_on
        return ActionResult({"addon": add_on})

    def describe_addon(self) -> ActionResult:
        name = self._get_param("addonName")
        if name not in self._cluster().add_ons:
            raise _missing(f"No addon: {name} found in cluster: {self._cluster().name}")
        return ActionResult({"addon": self._cluster().add_ons[name]})

    def delete_addon(self) -> ActionResult:
        return ActionResult({"addon": self._cluster().add_ons.pop(self._get_param("addonName"))})

    def create_access_entry(self) -> ActionResult:
        cluster, principal = self._cluster(), self._get_param("principalArn")
        if principal in cluster.access_entries:
            raise ResourceInUseException(
                clusterName=cluster.name, nodegroupName=None, addonName=None,
                message="The specified access entry resource is already in use on this cluster.",
            )
        return ActionResult({"accessEntry": _entry_body(cluster, _new_entry(self, cluster, principal))})

    def _entry(self) -> tuple[Cluster, dict[str, Any]]:
        cluster, principal = self._cluster(), unquote(self._get_param("principalArn"))
        if principal not in cluster.access_entries:
            raise _missing(f"The specified principalArn could not be found: {principal}")
        return cluster, cluster.access_entries[principal]

    def describe_access_entry(self) -> ActionResult:
        cluster, entry = self._entry()
        return ActionResult({"accessEntry": _entry_body(cluster, entry)})

    def list_access_entries(self) -> ActionResult:
        return ActionResult({"accessEntries": list(self._cluster().access_entries)})

    def delete_access_entry(self) -> EmptyResult:
        cluster, entry = self._entry()
        del cluster.access_entries[entry["principalArn"]]
        return EmptyResult()

    def associate_access_policy(self) -> ActionResult:
        cluster, entry = self._entry()
        policy, scope = self._get_param("policyArn"), self._get_param("accessScope")
        entry["policies"][policy] = scope
        associated = {"policyArn": policy, "accessScope": scope, "associatedAt": utcnow()}
        return ActionResult(
            {
                "clusterName": cluster.name,
                "principalArn": entry["principalArn"],
                "associatedAccessPolicy": associated,
            }
        )

    def disassociate_access_policy(self) -> EmptyResult:
        self._entry()[1]["policies"].pop(unquote(self._get_param("policyArn")), None)
        return EmptyResult()

    def list_associated_access_policies(self) -> ActionResult:
        cluster, entry = self._entry()
        policies = [{"policyArn": p, "accessScope": s} for p, s in entry["policies"].items()]
        return ActionResult(
            {
                "clusterName": cluster.name,
                "principalArn": entry["principalArn"],
                "associatedAccessPolicies": policies,
            }
        )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _vpc_defaults() -> dict[str, Any]:
    return {
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
    }


def _update(cluster: Cluster, kind: str) -> dict[str, Any]:
    made = {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "createdAt": utcnow()}
    cluster.updates[made["id"]] = made
    return made


def _new_entry(response: Any, cluster: Cluster, principal: str) -> dict[str, Any]:
    entry = {
        "principalArn": principal,
        "kubernetesGroups": response._get_param("kubernetesGroups") or [],
        "username": response._get_param("username") or principal,
        "type": "STANDARD",
        "accessEntryArn": f"{cluster.arn.replace(':cluster/', ':access-entry/')}/{uuid.uuid4()}",
        "createdAt": utcnow(),
        "tags": {},
        "policies": {},
    }
    cluster.access_entries[principal] = entry
    return entry


def install() -> None:
    """Add the actions and the paths that lead to them."""
    for name, member in vars(RehearsedEks).items():
        if callable(member):
            setattr(EKSResponse, name, member)
    cluster = "{0}/clusters/(?P<name>[^/]+)"
    for path in (
        "/addons$",
        "/addons/(?P<addonName>[^/]+)$",
        "/access-entries$",
        "/access-entries/(?P<principalArn>.+)/access-policies$",
        "/access-entries/(?P<principalArn>.+)/access-policies/(?P<policyArn>.+)$",
        "/access-entries/(?P<principalArn>[^/]+)$",
        "/access-entries/(?P<principalArn>arn.+)$",
        "/updates$",
        "/updates/(?P<updateId>[^/]+)$",
    ):
        urls.url_paths[cluster + path] = urls.response.dispatch
