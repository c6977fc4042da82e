"""AWS::EC2::*: what a VPC is made of."""

import ipaddress
from typing import Any

from .handlers import Context, Handler, Made, handles


def _specification(context: Context, kind: str, properties: dict[str, Any]) -> list[dict[str, Any]]:
    tags = [{"Key": k, "Value": v} for k, v in context.tags(properties).items()]
    return [{"ResourceType": kind, "Tags": tags}]


def _ipv6_blocks(ec2: Any, vpc: str) -> list[str]:
    blocks = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Ipv6CidrBlockAssociationSet", [])
    return [b["Ipv6CidrBlock"] for b in blocks if b["Ipv6CidrBlockState"]["State"] == "associated"]


def _filter(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


class TaggedHandler(Handler):
    """Tags change in place; anything else replaces."""

    def update(self, context: Context, made: Made, properties: dict[str, Any]) -> Made:
        rest = {k: v for k, v in properties.items() if k != "Tags"}
        before = {k: v for k, v in made.properties.items() if k != "Tags"}
        if rest != before:
            return super().update(context, made, properties)
        tags = [{"Key": k, "Value": v} for k, v in context.tags(properties).items()]
        context.client("ec2").create_tags(Resources=[self.tagged_id(made)], Tags=tags)
        return made

    def tagged_id(self, made: Made) -> str:
        return made.physical_resource_id


@handles("AWS::EC2::VPC")
class Vpc(TaggedHandler):
    def create(self, context, properties):
        ec2 = context.client("ec2")
        vpc = ec2.create_vpc(
            CidrBlock=properties["CidrBlock"],
            TagSpecifications=_specification(context, "vpc", properties),
        )["Vpc"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            if attribute in properties:
                value = {"Value": str(properties[attribute]).lower() == "true"}
                ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{attribute: value})
        look = context.service("ec2")
        group = look.describe_security_groups(Filters=_filter("vpc-id", vpc["VpcId"]))
        return Made(
            vpc["VpcId"],
            {
                "VpcId": vpc["VpcId"],
                "CidrBlock": vpc["CidrBlock"],
                "DefaultSecurityGroup": group["SecurityGroups"][0]["GroupId"],
                # Known only after an AWS::EC2::VPCCidrBlock, so looked up when read.
                "Ipv6CidrBlocks": lambda: _ipv6_blocks(look, vpc["VpcId"]),
            },
        )

    def delete(self, context, made):
        ec2, vpc = context.client("ec2"), made.physical_resource_id
        look = context.service("ec2")
        groups = look.describe_security_groups(Filters=_filter("vpc-id", vpc))["SecurityGroups"]
        left = [g["GroupId"] for g in groups if g["GroupName"] != "default"]
        if left:
            # Real AWS says only that there are dependencies; it does not say which.
            raise RuntimeError(f"The vpc '{vpc}' has dependencies and cannot be deleted.")
        ec2.delete_vpc(VpcId=vpc)


@handles("AWS::EC2::VPCCidrBlock")
class VpcCidrBlock(Handler):
    def create(self, context, properties):
        answer = context.client("ec2").associate_vpc_cidr_block(
            VpcId=properties["VpcId"],
            **(
                {"AmazonProvidedIpv6CidrBlock": True}
                if properties.get("AmazonProvidedIpv6CidrBlock")
                else {"CidrBlock": properties["CidrBlock"]}
            ),
        )
        block = answer.get("Ipv6CidrBlockAssociation") or answer["CidrBlockAssociation"]
        return Made(block["AssociationId"], {"Id": block["AssociationId"]})

    def delete(self, context, made):
        context.client("ec2").disassociate_vpc_cidr_block(AssociationId=made.physical_resource_id)


@handles("AWS::EC2::Subnet")
class Subnet(TaggedHandler):
    def create(self, context, properties):
        ec2 = context.client("ec2")
        wanted = {k: properties[k] for k in ("VpcId", "CidrBlock", "AvailabilityZone") if k in properties}
        if "Ipv6CidrBlock" in properties:
            wanted["Ipv6CidrBlock"] = properties["Ipv6CidrBlock"]
        subnet = ec2.create_subnet(
            **wanted, TagSpecifications=_specification(context, "subnet", properties)
        )["Subnet"]
        for attribute in ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation"):
            if properties.get(attribute):
                ec2.modify_subnet_attribute(
                    SubnetId=subnet["SubnetId"], **{attribute: {"Value": True}}
                )
        return Made(
            subnet["SubnetId"],
            {
                "SubnetId": subnet["SubnetId"],
                "AvailabilityZone": subnet["AvailabilityZone"],
                "VpcId": subnet["VpcId"],
                "CidrBlock": subnet.get("CidrBlock", ""),
                "Ipv6CidrBlocks": [wanted["Ipv6CidrBlock"]] if "Ipv6CidrBlock" in wanted else [],
            },
        )

    def delete(self, context, made):
        ec2, subnet = context.client("ec2"), made.physical_resource_id
        held = context.service("ec2").describe_network_interfaces(Filters=_filter("subnet-id", subnet))
        if held["NetworkInterfaces"]:
            raise RuntimeError(f"The subnet '{subnet}' has dependencies and cannot be deleted.")
        ec2.delete_subnet(SubnetId=subnet)


@handles("AWS::EC2::InternetGateway")
class InternetGateway(TaggedHandler):
    def create(self, context, properties):
        made = context.client("ec2").create_internet_gateway(
            TagSpecifications=_specification(context, "internet-gateway", properties)
        )["InternetGateway"]["InternetGatewayId"]
        return Made(made, {"InternetGatewayId": made})

    def delete(self, context, made):
        context.client("ec2").delete_internet_gateway(InternetGatewayId=made.physical_resource_id)


@handles("AWS::EC2::VPCGatewayAttachment")
class GatewayAttachment(Handler):
    def create(self, context, properties):
        context.client("ec2").attach_internet_gateway(
            InternetGatewayId=properties["InternetGatewayId"], VpcId=properties["VpcId"]
        )
        return Made(f"IGW|{properties['VpcId']}")

    def delete(self, context, made):
        context.client("ec2").detach_internet_gateway(
            InternetGatewayId=made.properties["InternetGatewayId"], VpcId=made.properties["VpcId"]
        )


@handles("AWS::EC2::EgressOnlyInternetGateway")
class EgressOnlyGateway(TaggedHandler):
    def create(self, context, properties):
        made = context.client("ec2").create_egress_only_internet_gateway(
            VpcId=properties["VpcId"],
            TagSpecifications=_specification(context, "egress-only-internet-gateway", properties),
        )["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        return Made(made, {"Id": made})

    def delete(self, context, made):
        context.client("ec2").delete_egress_only_internet_gateway(
            EgressOnlyInternetGatewayId=made.physical_resource_id
        )


@handles("AWS::EC2::RouteTable")
class RouteTable(TaggedHandler):
    def create(self, context, properties):
        made = context.client("ec2").create_route_table(
            VpcId=properties["VpcId"],
            TagSpecifications=_specification(context, "route-table", properties),
        )["RouteTable"]["RouteTableId"]
        return Made(made, {"RouteTableId": made})

    def delete(self, context, made):
        context.client("ec2").delete_route_table(RouteTableId=made.physical_resource_id)


@handles("AWS::EC2::SubnetRouteTableAssociation")
class RouteTableAssociation(Handler):
    def create(self, context, properties):
        made = context.client("ec2").associate_route_table(
            RouteTableId=properties["RouteTableId"], SubnetId=properties["SubnetId"]
        )["AssociationId"]
        return Made(made, {"Id": made})

    def delete(self, context, made):
        context.client("ec2").disassociate_route_table(AssociationId=made.physical_resource_id)


@handles("AWS::EC2::Route")
class Route(Handler):
    def create(self, context, properties):
        context.client("ec2").create_route(**properties)
        to = properties.get("DestinationCidrBlock") or properties.get("DestinationIpv6CidrBlock")
        return Made(f"{properties['RouteTableId']}|{to}", {"CidrBlock": to})

    def delete(self, context, made):
        keys = ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
        wanted = {k: made.properties[k] for k in keys if k in made.properties}
        context.client("ec2").delete_route(**wanted)


@handles("AWS::EC2::EIP")
class ElasticIp(TaggedHandler):
    def create(self, context, properties):
        made = context.client("ec2").allocate_address(
            Domain="vpc", TagSpecifications=_specification(context, "elastic-ip", properties)
        )
        return Made(
            made["PublicIp"],
            {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]},
        )

    def tagged_id(self, made):
        return made.attributes["AllocationId"]

    def delete(self, context, made):
        context.client("ec2").release_address(AllocationId=made.attributes["AllocationId"])


@handles("AWS::EC2::NatGateway")
class NatGateway(TaggedHandler):
    def create(self, context, properties):
        ec2 = context.client("ec2")
        made = ec2.create_nat_gateway(
            SubnetId=properties["SubnetId"],
            AllocationId=properties["AllocationId"],
            TagSpecifications=_specification(context, "natgateway", properties),
        )["NatGateway"]["NatGatewayId"]
        ec2.describe_nat_gateways(NatGatewayIds=[made])
        return Made(made, {"NatGatewayId": made})

    def delete(self, context, made):
        ec2, gateway = context.client("ec2"), made.physical_resource_id
        look = context.service("ec2")
        described = look.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]
        ec2.delete_nat_gateway(NatGatewayId=gateway)
        # A real one takes its network interface with it; moto leaves it in the subnet.
        for address in described["NatGatewayAddresses"]:
            look.delete_network_interface(NetworkInterfaceId=address["NetworkInterfaceId"])


@handles("AWS::EC2::SecurityGroup")
class SecurityGroup(TaggedHandler):
    def create(self, context, properties):
        ec2 = context.client("ec2")
        made = ec2.create_security_group(
            GroupName=properties.get("GroupName") or context.name(),
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
            TagSpecifications=_specification(context, "security-group", properties),
        )["GroupId"]
        for rule in properties.get("SecurityGroupIngress", []):
            ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[_permission(rule)])
        return Made(made, {"GroupId": made, "VpcId": properties["VpcId"], "Id": made})

    def delete(self, context, made):
        context.client("ec2").delete_security_group(GroupId=made.physical_resource_id)


@handles("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(Handler):
    def create(self, context, properties):
        context.client("ec2").authorize_security_group_ingress(
            GroupId=properties["GroupId"], IpPermissions=[_permission(properties)]
        )
        return Made(f"{properties['GroupId']}|{context.logical_id}")

    def delete(self, context, made):
        context.client("ec2").revoke_security_group_ingress(
            GroupId=made.properties["GroupId"], IpPermissions=[_permission(made.properties)]
        )


def _permission(rule: dict[str, Any]) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": rule["IpProtocol"]}
    for port in ("FromPort", "ToPort"):
        if port in rule:
            permission[port] = int(rule[port])
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"]}]
    if "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": str(ipaddress.ip_network(rule["CidrIpv6"]))}]
    if "SourceSecurityGroupId" in rule:
        permission["UserIdGroupPairs"] = [{"GroupId": rule["SourceSecurityGroupId"]}]
    return permission


@handles("AWS::EC2::FlowLog")
class FlowLog(Handler):
    def create(self, context, properties):
        known = ("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName",
                 "DeliverLogsPermissionArn", "MaxAggregationInterval")
        made = context.client("ec2").create_flow_logs(
            ResourceIds=[properties["ResourceId"]],
            **{k: properties[k] for k in known if k in properties},
        )["FlowLogIds"][0]
        return Made(made, {"Id": made})

    def delete(self, context, made):
        context.client("ec2").delete_flow_logs(FlowLogIds=[made.physical_resource_id])
