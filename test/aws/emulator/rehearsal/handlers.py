"""What CloudFormation does for a type of resource: a table that the modules beside this one fill."""

import datetime
import functools
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.config

from .calls import CLOUDFORMATION, SERVICE

_making = threading.Lock()


@functools.cache
def _client(service: str, url: str, region: str, access_key_id: str, agent: str) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key="not-checked",
        config=botocore.config.Config(
            user_agent_extra=agent, retries={"max_attempts": 1}, proxies={}
        ),
    )


@dataclass
class Context:
    """One stack's operation: in whose name, where, and with which tags on everything it makes."""

    url: str
    region: str
    account_id: str
    access_key_id: str
    stack_name: str
    stack_tags: dict[str, str]
    logical_id: str = ""

    def client(self, service: str) -> Any:
        """A client of the emulator itself, so that each call is recorded as AWS would record it."""
        with _making:
            return _client(service, self.url, self.region, self.access_key_id, CLOUDFORMATION)

    def service(self, service: str) -> Any:
        """A client whose calls are not recorded: AWS makes them in its own name, or the rehearsal looks."""
        with _making:
            return _client(service, self.url, self.region, self.access_key_id, SERVICE)

    def tags(self, properties: dict[str, Any]) -> dict[str, str]:
        """The stack's tags, CloudFormation's own, and the resource's."""
        own = properties.get("Tags", [])
        own = own if isinstance(own, dict) else {tag["Key"]: tag["Value"] for tag in own}
        return {
            **self.stack_tags,
            **own,
            "aws:cloudformation:stack-name": self.stack_name,
            "aws:cloudformation:logical-id": self.logical_id,
        }

    def plain_tags(self, properties: dict[str, Any]) -> dict[str, str]:
        """Without the reserved ones, for services that refuse them."""
        return {k: v for k, v in self.tags(properties).items() if not k.startswith("aws:")}

    def name(self) -> str:
        """A name made up as CloudFormation makes them up."""
        return f"{self.stack_name}-{self.logical_id}-{uuid.uuid4().hex[:12].upper()}"


@dataclass
class Made:
    """A resource that exists. The two long names are what moto's own code reads."""

    physical_resource_id: str
    attributes: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    logical_resource_id: str = ""
    cf_resource_type: str = ""
    status: str = "CREATE_COMPLETE"
    changed_at: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.now(datetime.timezone.utc)
    )

    def get_cfn_attribute(self, name: str) -> Any:
        if name not in self.attributes:
            raise ValueError(f"the rehearsal gives {self.cf_resource_type} no attribute {name}")
        value = self.attributes[name]
        return value() if callable(value) else value

    def is_created(self) -> bool:
        return True


class Handler:
    """One type of resource. `create` may raise anything; its text is the resource's failure reason."""

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        raise NotImplementedError

    def delete(self, context: Context, made: Made) -> None:
        raise NotImplementedError

    def update(self, context: Context, made: Made, properties: dict[str, Any]) -> Made:
        """In place where the type can; the default replaces, as most immutable properties do."""
        replacement = self.create(context, properties)
        self.delete(context, made)
        return replacement

    def observe(self, context: Context, made: Made) -> dict[str, Any]:
        """Properties as they are now, for drift detection; only those that someone may have changed."""
        return {}


handlers: dict[str, Handler] = {}


def handles(type_name: str) -> Any:
    """Class decorator: enter a handler into the table."""

    def enter(handler: type[Handler]) -> type[Handler]:
        handlers[type_name] = handler()
        return handler

    return enter


def handler_of(type_name: str) -> Handler:
    """A gap in the rehearsal is loud: a type without a model fails its stack."""
    if type_name not in handlers:
        raise ValueError(f"the rehearsal has no model of {type_name}")
    return handlers[type_name]
