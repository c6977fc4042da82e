"""The template functions that isthmus uses, over resources that exist; anything else is an error, not a guess."""

import ipaddress
import re
from typing import Any

_absent = object()
_placeholder = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


def resolve(value: Any, resources: Any) -> Any:
    """A property with its functions replaced; keys whose value is AWS::NoValue disappear."""
    resolved = _resolve(value, resources)
    return {} if resolved is _absent else resolved


def _resolve(value: Any, resources: Any) -> Any:
    if isinstance(value, list):
        items = [_resolve(item, resources) for item in value]
        return [item for item in items if item is not _absent]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _functions:
            return _functions[name](argument, resources)
        if name.startswith("Fn::"):
            raise ValueError(f"the rehearsal does not know {name}")
    items = {key: _resolve(inner, resources) for key, inner in value.items()}
    return {key: inner for key, inner in items.items() if inner is not _absent}


def _ref(name: str, resources: Any) -> Any:
    if name == "AWS::NoValue":
        return _absent
    found = resources[name]
    return getattr(found, "physical_resource_id", found)


def _attribute(argument: Any, resources: Any) -> Any:
    name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
    return resources[name].get_cfn_attribute(attribute)


def _join(argument: Any, resources: Any) -> str:
    return argument[0].join(str(part) for part in _resolve(argument[1], resources))


def _select(argument: Any, resources: Any) -> Any:
    return _resolve(argument[1], resources)[int(_resolve(argument[0], resources))]


def _split(argument: Any, resources: Any) -> list[str]:
    return _resolve(argument[1], resources).split(argument[0])


def _cidr(argument: Any, resources: Any) -> list[str]:
    block, count, bits = (_resolve(part, resources) for part in argument)
    network = ipaddress.ip_network(block)
    subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
    return [str(next(subnets)) for _ in range(int(count))]


def _substitute(argument: Any, resources: Any) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in own:
            return str(_resolve(own[name], resources))
        known = "." not in name
        return str(_ref(name, resources) if known else _attribute(name, resources))

    return _placeholder.sub(replace, text)


def _zones(argument: Any, resources: Any) -> list[str]:
    region = _resolve(argument, resources) or _ref("AWS::Region", resources)
    return [f"{region}{letter}" for letter in "abc"]


_functions = {
    "Ref": _ref,
    "Fn::GetAtt": _attribute,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Cidr": _cidr,
    "Fn::Sub": _substitute,
    "Fn::GetAZs": _zones,
}
