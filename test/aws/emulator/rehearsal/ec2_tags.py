"""Tags of what EC2 makes: given at creation, changed in place."""

from typing import Any

from .handlers import Context, Handler, Made


def specification(context: Context, kind: str, properties: dict[str, Any]) -> list[dict[str, Any]]:
    tags = [{"Key": k, "Value": v} for k, v in context.tags(properties).items()]
    return [{"ResourceType": kind, "Tags": tags}]


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
