"""Create, update and delete one stack in the background, resource by resource, with the events of the real service."""

import json
import logging
from typing import Any

from moto.cloudformation.models import Event, Stack

from .handlers import Context, Made, handler_of
from .intrinsics import resolve
from .order import creation_order, dependencies
from .switchboard import switchboard

log = logging.getLogger("rehearsal")


class ResourceFailed(Exception):
    """One resource could not be made, changed or removed."""

    def __init__(self, logical_id: str, reason: str):
        super().__init__(reason)
        self.logical_id = logical_id


class Operation:
    """What is being done to a stack, on behalf of one caller."""

    def __init__(self, stack: Stack, context: Context, token: str | None):
        self.stack = stack
        self.context = context
        self.token = token

    # ----- events

    def stack_event(self, status: str, reason: str | None = None) -> None:
        self.stack.status = status
        self.stack.stack_status_reason = reason
        self._event(self.stack.name, self.stack.stack_id, "AWS::CloudFormation::Stack", status, reason)

    def _event(self, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None) -> None:
        event = Event(
            stack_id=self.stack.stack_id,
            stack_name=self.stack.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
        event.client_request_token = self.token
        self.stack.events.append(event)

    def _resource_event(self, logical_id: str, status: str, reason: str | None = None) -> None:
        made = self.made.get(logical_id)
        kind = made.cf_resource_type if made else self._resource(logical_id)["Type"]
        if made:
            made.status = status
        self._event(logical_id, made.physical_resource_id if made else "", kind, status, reason)

    # ----- resources

    @property
    def made(self) -> dict[str, Made]:
        """Resources that exist, by logical id, in the order of their making."""
        return self.stack.resource_map.made

    def _resource(self, logical_id: str) -> dict[str, Any]:
        return self.stack.template_dict["Resources"][logical_id]

    def _attempt(self, logical_id: str, action: str, work: Any) -> Any:
        """Do one step with its three events; faults set by a test strike here."""
        self.context.logical_id = logical_id
        self._resource_event(logical_id, f"{action}_IN_PROGRESS")
        try:
            self._strike(logical_id, action)
            result = work()
        except Exception as error:  # whatever a model raises is that resource's reason
            log.info("%s of %s failed", action, logical_id, exc_info=True)
            self._resource_event(logical_id, f"{action}_FAILED", str(error))
            raise ResourceFailed(logical_id, str(error)) from error
        return result

    def _strike(self, logical_id: str, action: str) -> None:
        fault = switchboard.take(self.stack.name, logical_id, action)
        if fault is None:
            return
        switchboard.wait(fault)
        if fault.reason:
            raise RuntimeError(fault.reason)

    def _properties(self, logical_id: str) -> dict[str, Any]:
        return resolve(self._resource(logical_id).get("Properties", {}), self.stack.resource_map)

    def create_resource(self, logical_id: str) -> None:
        kind = self._resource(logical_id)["Type"]

        def work() -> Made:
            properties = self._properties(logical_id)
            made = handler_of(kind).create(self.context, properties)
            return self._enter(logical_id, kind, properties, made)

        self._attempt(logical_id, "CREATE", work)
        self._resource_event(logical_id, "CREATE_COMPLETE")

    def _enter(self, logical_id: str, kind: str, properties: dict[str, Any], made: Made) -> Made:
        made.logical_resource_id, made.cf_resource_type = logical_id, kind
        made.properties = properties
        self.made[logical_id] = made
        return made

    def update_resource(self, logical_id: str) -> None:
        before = self.made[logical_id]
        properties = self._properties(logical_id)
        if properties == before.properties:
            return
        kind = before.cf_resource_type
        after = self._attempt(
            logical_id, "UPDATE", lambda: handler_of(kind).update(self.context, before, properties)
        )
        self._enter(logical_id, kind, properties, after)
        self._resource_event(logical_id, "UPDATE_COMPLETE")

    def delete_resource(self, logical_id: str, policy: str | None) -> None:
        made = self.made[logical_id]
        if policy in ("Retain", "RetainExceptOnCreate"):
            self._resource_event(logical_id, "DELETE_SKIPPED")
        else:
            handler = handler_of(made.cf_resource_type)
            self._attempt(logical_id, "DELETE", lambda: handler.delete(self.context, made))
            self._resource_event(logical_id, "DELETE_COMPLETE")
        del self.made[logical_id]

    # ----- stacks

    def create(self, on_failure: str) -> None:
        """`on_failure`: ROLLBACK, DELETE or DO_NOTHING, as the API names them."""
        self.stack_event("CREATE_IN_PROGRESS", "User Initiated")
        try:
            for logical_id in creation_order(self.stack.template_dict):
                if logical_id not in self.made:
                    self.create_resource(logical_id)
        except ResourceFailed as failure:
            self._undo_creation(failure, on_failure)
            return
        self._finish("CREATE_COMPLETE")

    def _undo_creation(self, failure: ResourceFailed, on_failure: str) -> None:
        reason = f"The following resource(s) failed to create: [{failure.logical_id}]. "
        if on_failure == "DO_NOTHING":
            self.stack_event("CREATE_FAILED", reason)
            return
        self.stack_event("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
        failed = self._remove_all(list(self.made), keep_policies=False)
        self.stack_event("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE", failed)

    def update(self, before: dict[str, Any]) -> None:
        """`before`: the template that was in force."""
        self.stack_event("UPDATE_IN_PROGRESS", "User Initiated")
        added: list[str] = []
        try:
            for logical_id in creation_order(self.stack.template_dict):
                if logical_id in self.made:
                    self.update_resource(logical_id)
                else:
                    self.create_resource(logical_id)
                    added.append(logical_id)
        except ResourceFailed as failure:
            self._undo_update(failure, before, added)
            return
        self.stack_event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._remove_all([n for n in self.made if n not in self.stack.template_dict["Resources"]])
        self._finish("UPDATE_COMPLETE")

    def _undo_update(self, failure: ResourceFailed, before: dict[str, Any], added: list[str]) -> None:
        reason = f"The following resource(s) failed to update: [{failure.logical_id}]. "
        self.stack_event("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        self._remove_all(added, keep_policies=False)
        self.stack.use_template(json.dumps(before))
        for logical_id in creation_order(before):
            if logical_id in self.made:
                self.update_resource(logical_id)
        self._finish("UPDATE_ROLLBACK_COMPLETE")

    def delete(self) -> bool:
        """True if all is gone."""
        self.stack_event("DELETE_IN_PROGRESS", "User Initiated")
        failed = self._remove_all(list(self.made))
        self.stack_event("DELETE_FAILED" if failed else "DELETE_COMPLETE", failed)
        return failed is None

    def _remove_all(self, names: list[str], keep_policies: bool = True) -> str | None:
        """Remove what nothing else needs first; the reason if some could not be removed."""
        needed_by = {n: d & set(names) for n, d in dependencies(self.stack.template_dict).items()}
        failed: list[str] = []
        for logical_id in [n for n in reversed(self.made) if n in names]:
            if any(logical_id in needed_by.get(other, ()) for other in failed):
                continue  # what failed still needs it
            definition = self.stack.template_dict.get("Resources", {}).get(logical_id, {})
            policy = definition.get("DeletionPolicy") if keep_policies else None
            try:
                self.delete_resource(logical_id, policy)
            except ResourceFailed:
                failed.append(logical_id)
        return f"The following resource(s) failed to delete: [{', '.join(failed)}]. " if failed else None

    def _finish(self, status: str) -> None:
        self.stack.output_map = self.stack._create_output_map()
        list(self.stack.output_map.values())
        self.stack_event(status)
