"""moto's stacks without their haste: one shows only the resources that exist, and changes when a change set is executed."""

from collections.abc import Iterator
from typing import Any

from moto.cloudformation.models import Stack
from moto.cloudformation.parsing import ResourceMap

from .handlers import Made


class ExistingResources(ResourceMap):
    """moto's map makes a resource when someone looks at it; this one shows only what exists."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.made: dict[str, Made] = {}

    def __getitem__(self, key: str) -> Any:
        if key in self.made:
            return self.made[key]
        return self._parsed_resources[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.made))

    def __len__(self) -> int:
        return len(self.made)

    def validate_outputs(self) -> None:
        """Attributes are checked when they are read."""


class RehearsedStack(Stack):
    """A stack whose template changes only with an executed change set."""

    def _create_resource_map(self) -> ResourceMap:
        made = ExistingResources(
            self.stack_id,
            self.name,
            self.parameters,
            self.tags,
            account_id=self.account_id,
            region_name=self.region_name,
            template=self.template_dict,
            cross_stack_resources=self.cross_stack_resources,
        )
        made.load()
        return made

    def use_template(self, template: str) -> None:
        self.template = template
        self.template_dict = self.parse_template(template)
        resources = self.resource_map
        resources._template = self.template_dict
        resources._resource_json_map = self.template_dict["Resources"]
        resources.input_parameters = self.parameters
        resources.load()
        self.description = self.template_dict.get("Description")

    @property
    def stack_parameters(self) -> dict[str, Any]:
        """As text, also those of a list's type, of which moto keeps the parts."""
        resolved = self.resource_map.resolved_parameters
        return {k: ",".join(v) if isinstance(v, list) else v for k, v in resolved.items()}

    @property
    def parameter_list(self) -> list[dict[str, Any]]:
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in self.stack_parameters.items()]
