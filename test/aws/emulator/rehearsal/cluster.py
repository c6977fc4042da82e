"""AWS::EKS::*: the cluster with what EKS itself makes in the VPC, and access entries."""

from typing import Any

from .handlers import Context, Handler, Made, handles

_in_place = {"Version", "Logging", "ResourcesVpcConfig", "AccessConfig", "ComputeConfig", "StorageConfig",
             "KubernetesNetworkConfig", "UpgradePolicy", "DeletionProtection", "Tags"}


def camel(value: Any) -> Any:
    """CloudFormation's spelling to the API's, all the way down."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: camel(inner) for key, inner in value.items()}
    return value


def _logging(given: dict[str, Any]) -> dict[str, Any]:
    kinds = [one["Type"] for one in given.get("ClusterLogging", {}).get("EnabledTypes", [])]
    return {"clusterLogging": [{"types": kinds, "enabled": True}]}


def _arguments(context: Context, properties: dict[str, Any]) -> dict[str, Any]:
    wanted = camel({k: v for k, v in properties.items() if k not in ("Tags", "Logging")})
    if "Logging" in properties:
        wanted["logging"] = _logging(properties["Logging"])
    wanted["name"] = wanted.get("name") or context.name()
    wanted["tags"] = context.plain_tags(properties)
    return wanted


@handles("AWS::EKS::Cluster")
class EksCluster(Handler):
    def create(self, context, properties):
        eks, ec2 = context.client("eks"), context.service("ec2")
        wanted = _arguments(context, properties)
        subnet = ec2.describe_subnets(SubnetIds=[wanted["resourcesVpcConfig"]["subnetIds"][0]])
        vpc = subnet["Subnets"][0]["VpcId"]
        eks.create_cluster(**wanted)
        group = self._own_group(context, ec2, wanted["name"], vpc)
        self._own_interfaces(context, ec2, wanted, group)
        self._remember(context, wanted["name"], {"clusterSecurityGroupId": group, "vpcId": vpc})
        cluster = eks.describe_cluster(name=wanted["name"])["cluster"]
        return Made(
            wanted["name"],
            {
                "Arn": cluster["arn"],
                "Endpoint": cluster["endpoint"],
                "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
                "ClusterSecurityGroupId": group,
                "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
                "KubernetesNetworkConfig.ServiceIpv4Cidr": "172.20.0.0/16",
            },
        )

    def _own_group(self, context, ec2, name, vpc):
        tags = [
            {"Key": f"kubernetes.io/cluster/{name}", "Value": "owned"},
            {"Key": "aws:eks:cluster-name", "Value": name},
            {"Key": "Name", "Value": f"eks-cluster-sg-{name}"},
        ]
        return ec2.create_security_group(
            GroupName=f"eks-cluster-sg-{name}",
            Description="EKS created security group applied to ENI that is attached to EKS Control Plane",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )["GroupId"]

    def _own_interfaces(self, context, ec2, wanted, group):
        for subnet in wanted["resourcesVpcConfig"]["subnetIds"][:2]:
            ec2.create_network_interface(
                SubnetId=subnet, Groups=[group], Description=f"Amazon EKS {wanted['name']}"
            )

    def _remember(self, context, name, facts):
        """EKS knows these itself, so they are not an API call of anyone."""
        from moto.eks.models import eks_backends

        cluster = eks_backends[context.account_id][context.region].clusters[name]
        cluster.resources_vpc_config.update(facts)

    def update(self, context, made, properties):
        changed = {k for k in {**properties, **made.properties} if properties.get(k) != made.properties.get(k)}
        if changed - _in_place:
            return super().update(context, made, properties)
        eks, name = context.client("eks"), made.physical_resource_id
        if "Version" in changed:
            eks.update_cluster_version(name=name, version=properties["Version"])
        if "ResourcesVpcConfig" in changed:
            keys = ("EndpointPublicAccess", "EndpointPrivateAccess", "PublicAccessCidrs")
            given = properties["ResourcesVpcConfig"]
            config = camel({k: given[k] for k in keys if k in given})
            eks.update_cluster_config(name=name, resourcesVpcConfig=config)
        if "Logging" in changed:
            eks.update_cluster_config(name=name, logging=_logging(properties["Logging"]))
        if "DeletionProtection" in changed:
            wanted = str(properties.get("DeletionProtection", False)).lower() == "true"
            eks.update_cluster_config(name=name, deletionProtection=wanted)
        eks.tag_resource(resourceArn=made.attributes["Arn"], tags=context.plain_tags(properties))
        return made

    def delete(self, context, made):
        eks, ec2 = context.client("eks"), context.service("ec2")
        eks.delete_cluster(name=made.physical_resource_id)
        group = made.attributes["ClusterSecurityGroupId"]
        for held in ec2.describe_network_interfaces()["NetworkInterfaces"]:
            if held.get("Description") == f"Amazon EKS {made.physical_resource_id}":
                ec2.delete_network_interface(NetworkInterfaceId=held["NetworkInterfaceId"])
        ec2.delete_security_group(GroupId=group)

    def observe(self, context, made):
        cluster = context.service("eks").describe_cluster(name=made.physical_resource_id)["cluster"]
        return {"Version": cluster["version"]}


@handles("AWS::EKS::AccessEntry")
class AccessEntry(Handler):
    def create(self, context, properties):
        eks = context.client("eks")
        cluster, principal = properties["ClusterName"], properties["PrincipalArn"]
        entry = eks.create_access_entry(
            clusterName=cluster,
            principalArn=principal,
            kubernetesGroups=properties.get("KubernetesGroups", []),
            **({"username": properties["Username"]} if "Username" in properties else {}),
            tags=context.plain_tags(properties),
        )["accessEntry"]
        for policy in properties.get("AccessPolicies", []):
            eks.associate_access_policy(
                clusterName=cluster,
                principalArn=principal,
                policyArn=policy["PolicyArn"],
                accessScope=camel(policy["AccessScope"]),
            )
        return Made(f"{principal}|{cluster}", {"AccessEntryArn": entry["accessEntryArn"]})

    def delete(self, context, made):
        context.client("eks").delete_access_entry(
            clusterName=made.properties["ClusterName"], principalArn=made.properties["PrincipalArn"]
        )



@handles("AWS::EKS::Addon")
class AddOn(Handler):
    def create(self, context, properties):
        cluster, name = properties["ClusterName"], properties["AddonName"]
        made = context.client("eks").create_addon(clusterName=cluster, addonName=name)["addon"]
        return Made(f"{cluster}|{name}", {"Arn": made["addonArn"]})

    def update(self, context, made, properties):
        return made

    def delete(self, context, made):
        context.client("eks").delete_addon(
            clusterName=made.properties["ClusterName"], addonName=made.properties["AddonName"]
        )
