"""The order in which a template's resources can be made."""

import re
from typing import Any

_substitution = re.compile(r"\$\{([A-Za-z0-9]+)[.}]")


def references(value: Any) -> set[str]:
    """Logical ids that a piece of a template names by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        return set().union(*(references(item) for item in value))
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, inner in value.items():
        if key == "Ref":
            found.add(inner)
        elif key == "Fn::GetAtt":
            found.add(inner[0] if isinstance(inner, list) else inner.split(".")[0])
        elif key == "Fn::Sub":
            text = inner[0] if isinstance(inner, list) else inner
            found |= set(_substitution.findall(text))
        found |= references(inner)
    return found


def dependencies(template: dict[str, Any]) -> dict[str, set[str]]:
    """What each resource needs, by logical id."""
    resources = template.get("Resources", {})
    needs = {}
    for name, resource in resources.items():
        stated = resource.get("DependsOn", [])
        stated = {stated} if isinstance(stated, str) else set(stated)
        needs[name] = (references(resource.get("Properties", {})) | stated) & set(resources)
    return needs


def creation_order(template: dict[str, Any]) -> list[str]:
    """Every logical id after all that it needs; raises ValueError on a circle."""
    needs = dependencies(template)
    order: list[str] = []
    while len(order) < len(needs):
        ready = [n for n in needs if n not in order and needs[n] <= set(order)]
        if not ready:
            left = sorted(set(needs) - set(order))
            raise ValueError(f"Circular dependency between resources: [{', '.join(left)}]")
        order.extend(ready)
    return order
