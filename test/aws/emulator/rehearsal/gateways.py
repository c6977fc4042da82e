"""AWS::EC2::*: the ways out of a VPC, which are gateways, addresses and routes."""

from .ec2_tags import TaggedHandler, specification
from .handlers import Handler, Made, handles


@handles("AWS::EC2::InternetGateway")
class InternetGateway(TaggedHandler):
    def create(self, context, properties):
        made = context.client("ec2").create_internet_gateway(
            TagSpecifications=specification(context, "internet-gateway", properties)
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
            TagSpecifications=specification(context, "egress-only-internet-gateway", properties),
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
            TagSpecifications=specification(context, "route-table", properties),
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
            Domain="vpc", TagSpecifications=specification(context, "elastic-ip", properties)
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
            TagSpecifications=specification(context, "natgateway", properties),
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
