"""AWS::EC2::VPC, its IPv6 block and its subnets."""

from typing import Any

from .ec2_tags import TaggedHandler, specification
from .handlers import Handler, Made, handles


def _ipv6_blocks(ec2: Any, vpc: str) -> list[str]:
    blocks = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Ipv6CidrBlockAssociationSet", [])
    return [b["Ipv6CidrBlock"] for b in blocks if b["Ipv6CidrBlockState"]["State"] == "associated"]


def filter_by(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


@handles("AWS::EC2::VPC")
class Vpc(TaggedHandler):
    def create(self, context, properties):
        ec2 = context.client("ec2")
        vpc = ec2.create_vpc(
            CidrBlock=properties["CidrBlock"],
            TagSpecifications=specification(context, "vpc", properties),
        )["Vpc"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
            if attribute in properties:
                value = {"Value": str(properties[attribute]).lower() == "true"}
                ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], **{attribute: value})
        look = context.service("ec2")
        group = look.describe_security_groups(Filters=filter_by("vpc-id", vpc["VpcId"]))
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
        groups = look.describe_security_groups(Filters=filter_by("vpc-id", vpc))["SecurityGroups"]
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
            **wanted, TagSpecifications=specification(context, "subnet", properties)
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
        held = context.service("ec2").describe_network_interfaces(Filters=filter_by("subnet-id", subnet))
        if held["NetworkInterfaces"]:
            raise RuntimeError(f"The subnet '{subnet}' has dependencies and cannot be deleted.")
        ec2.delete_subnet(SubnetId=subnet)
