"""AWS::IAM::Role, AWS::KMS::Key and AWS::Logs::LogGroup: what belongs to the account rather than to the VPC."""

import json

from .handlers import Context, Handler, Made, handles


def _pairs(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: k, value: v} for k, v in tags.items()]


@handles("AWS::IAM::Role")
class Role(Handler):
    def create(self, context, properties):
        iam = context.client("iam")
        name = properties.get("RoleName") or context.name()[:64]
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            Tags=_pairs(context.plain_tags(properties)),
        )["Role"]
        made = Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]}, properties)
        self._grant(iam, name, properties)
        return made

    def _grant(self, iam, name, properties):
        for arn in properties.get("ManagedPolicyArns", []):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for policy in properties.get("Policies", []):
            iam.put_role_policy(
                RoleName=name,
                PolicyName=policy["PolicyName"],
                PolicyDocument=json.dumps(policy["PolicyDocument"]),
            )

    def update(self, context, made, properties):
        iam, name = context.client("iam"), made.physical_resource_id
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"])
        )
        iam.tag_role(RoleName=name, Tags=_pairs(context.plain_tags(properties)))
        self._grant(iam, name, properties)
        return made

    def delete(self, context, made):
        iam, name = context.client("iam"), made.physical_resource_id
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


@handles("AWS::KMS::Key")
class Key(Handler):
    def create(self, context, properties):
        kms = context.client("kms")
        key = kms.create_key(
            **({"Policy": json.dumps(properties["KeyPolicy"])} if "KeyPolicy" in properties else {}),
            Description=properties.get("Description", ""),
            Tags=_pairs(context.plain_tags(properties), "TagKey", "TagValue"),
        )["KeyMetadata"]
        if properties.get("EnableKeyRotation"):
            kms.enable_key_rotation(KeyId=key["KeyId"])
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def update(self, context, made, properties):
        kms, key = context.client("kms"), made.physical_resource_id
        if "KeyPolicy" in properties:
            kms.put_key_policy(
                KeyId=key, PolicyName="default", Policy=json.dumps(properties["KeyPolicy"])
            )
        tags = _pairs(context.plain_tags(properties), "TagKey", "TagValue")
        kms.tag_resource(KeyId=key, Tags=tags)
        return made

    def delete(self, context, made):
        context.client("kms").schedule_key_deletion(
            KeyId=made.physical_resource_id,
            PendingWindowInDays=made.properties.get("PendingWindowInDays", 30),
        )

    def observe(self, context, made):
        status = context.service("kms").get_key_rotation_status(KeyId=made.physical_resource_id)
        return {"EnableKeyRotation": status["KeyRotationEnabled"]}


@handles("AWS::Logs::LogGroup")
class LogGroup(Handler):
    def create(self, context: Context, properties):
        logs = context.client("logs")
        name = properties.get("LogGroupName") or context.name()
        logs.create_log_group(
            logGroupName=name,
            tags=context.plain_tags(properties),
            **({"kmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}),
        )
        made = Made(name)
        self._retain(logs, name, properties)
        group = context.service("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
        made.attributes["Arn"] = group["arn"]
        return made

    def _retain(self, logs, name, properties):
        if "RetentionInDays" in properties:
            logs.put_retention_policy(
                logGroupName=name, retentionInDays=int(properties["RetentionInDays"])
            )

    def update(self, context, made, properties):
        logs, name = context.client("logs"), made.physical_resource_id
        self._retain(logs, name, properties)
        logs.tag_resource(
            resourceArn=made.attributes["Arn"].removesuffix(":*"), tags=context.plain_tags(properties)
        )
        return made

    def delete(self, context, made):
        context.client("logs").delete_log_group(logGroupName=made.physical_resource_id)

    def observe(self, context, made):
        groups = context.service("logs").describe_log_groups(
            logGroupNamePrefix=made.physical_resource_id
        )["logGroups"]
        return {"RetentionInDays": groups[0].get("retentionInDays")} if groups else {}
