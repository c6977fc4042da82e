"""CloudFormation's API on the operations of `rehearsal.operations`, in the place of moto's, which knows no failure and no time."""

import json
import threading
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from .drift import detect, drifts
from .handlers import Context, Made
from .operations import Operation
from .stacks import RehearsedStack

_no_changes = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


class ChangeSetNotFound(ServiceException):
    code = "ChangeSetNotFound"


def _start(work: Any) -> None:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()


def _find(backend: CloudFormationBackend, name: str) -> RehearsedStack | None:
    for stack in backend.stacks.values():
        if name in (stack.name, stack.stack_id):
            return stack
    return None


def _refuse_while_busy(stack: Stack, verb: str) -> None:
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be {verb}."
        )


class RehearsedResponse:
    """Actions that replace those of moto's CloudFormationResponse; `self` is one of those."""

    url = ""

    def _operation(self, stack: RehearsedStack) -> Operation:
        context = Context(
            url=RehearsedResponse.url,
            region=self.region,
            account_id=self.current_account,
            access_key_id=self.access_key,
            stack_name=stack.name,
            stack_tags=dict(stack.tags),
        )
        return Operation(stack, context, self._get_param("ClientRequestToken"))

    def create_change_set(self) -> ActionResult:
        backend, name = self.cloudformation_backend, self._get_param("StackName")
        kind = self._get_param("ChangeSetType", "UPDATE")
        stack = _find(backend, name)
        if kind == "UPDATE" and stack is None:
            raise ValidationError(message=f"Stack [{name}] does not exist")
        if stack is not None:
            _refuse_while_busy(stack, "updated")
            if stack.status == "ROLLBACK_COMPLETE":
                raise ValidationError(
                    message=f"Stack:{stack.stack_id} is in ROLLBACK_COMPLETE state and can not be updated."
                )
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags", [])}
        template = self._get_param("TemplateBody")
        if template is None and self._get_param("UsePreviousTemplate"):
            template = stack.template
        reviewed = stack if stack is not None and stack.status == "REVIEW_IN_PROGRESS" else None
        if kind == "CREATE" and reviewed is not None:
            del backend.stacks[reviewed.stack_id]
        change_set_id, stack_id = backend.create_change_set(
            stack_name=name,
            change_set_name=self._get_param("ChangeSetName"),
            template=template,
            parameters={
                p["ParameterKey"]: p.get("ParameterValue", "") for p in self._get_param("Parameters", [])
            },
            description=self._get_param("Description"),
            change_set_type=kind,
            tags=tags,
        )
        change_set = backend.change_sets[change_set_id]
        change_set.on_stack_failure = self._get_param("OnStackFailure")
        _judge(change_set, tags)
        return ActionResult({"Id": change_set_id, "StackId": stack_id})

    def _change_set(self) -> Any:
        """By ARN, or by name within one stack that exists; None if there is none."""
        name, stack_name = self._get_param("ChangeSetName"), self._get_param("StackName")
        backend = self.cloudformation_backend
        for identifier, change_set in reversed(list(backend.change_sets.items())):
            stack = change_set.stack
            own = stack.stack_id in backend.stacks and stack_name in (None, stack.name, stack.stack_id)
            if name == identifier or (own and name == change_set.change_set_name):
                return change_set
        return None

    def _existing_change_set(self) -> Any:
        change_set = self._change_set()
        if change_set is None:
            raise ChangeSetNotFound(f"ChangeSet [{self._get_param('ChangeSetName')}] does not exist")
        return change_set

    def describe_change_set(self) -> ActionResult:
        return ActionResult(self._existing_change_set())

    def delete_change_set(self) -> EmptyResult:
        change_set = self._change_set()
        if change_set is not None:
            del self.cloudformation_backend.change_sets[change_set.change_set_id]
        return EmptyResult()

    def execute_change_set(self) -> EmptyResult:
        name = self._get_param("ChangeSetName")
        change_set = self._existing_change_set()
        if change_set.execution_status != "AVAILABLE":
            raise ValidationError(message=f"ChangeSet [{name}] cannot be executed")
        stack, before = change_set.stack, change_set.stack.template_dict
        _refuse_while_busy(stack, "updated")
        change_set.execution_status = "EXECUTE_COMPLETE"
        stack.tags = change_set.tags or {}
        stack.parameters = change_set.parameters
        stack.use_template(change_set.template)
        operation = self._operation(stack)
        if change_set.change_set_type == "CREATE":
            failure = change_set.on_stack_failure or "ROLLBACK"
            failure = "DO_NOTHING" if self._get_param("DisableRollback") else failure
            stack.status = "CREATE_IN_PROGRESS"
            _start(lambda: operation.create(failure))
        else:
            stack.status = "UPDATE_IN_PROGRESS"
            _start(lambda: operation.update(before))
        return EmptyResult()

    def delete_stack(self) -> EmptyResult:
        backend, name = self.cloudformation_backend, self._get_param("StackName")
        stack = _find(backend, name)
        if stack is None:
            return EmptyResult()  # as AWS: deleting what is gone succeeds
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if stack.status == "DELETE_IN_PROGRESS":
            return EmptyResult()
        operation = self._operation(stack)
        stack.status = "DELETE_IN_PROGRESS"

        def work() -> None:
            if operation.delete():
                backend.stacks.pop(stack.stack_id, None)
                backend.deleted_stacks[stack.stack_id] = stack

        _start(work)
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        stack = _find(self.cloudformation_backend, self._get_param("StackName"))
        if stack is None:
            raise ValidationError(message=f"Stack [{self._get_param('StackName')}] does not exist")
        wanted = self._get_param("EnableTerminationProtection")
        stack.enable_termination_protection = str(wanted).lower() == "true"
        return ActionResult({"StackId": stack.stack_id})

    def get_template(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"TemplateBody": stack.template or "{}", "StagesAvailable": ["Original"]})

    def list_stack_resources(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"StackResourceSummaries": [_summary(made) for made in _made(stack)]})

    def describe_stack_resources(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"StackResources": [_summary(made) for made in _made(stack)]})

    def detect_stack_drift(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        return ActionResult({"StackDriftDetectionId": detect(stack, self._operation(stack).context)})

    def describe_stack_drift_detection_status(self) -> ActionResult:
        found = drifts[self._get_param("StackDriftDetectionId")]
        return ActionResult(found.status())

    def describe_stack_resource_drifts(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        wanted = self._get_param("StackResourceDriftStatusFilters", [])
        latest = [found for found in drifts.values() if found.stack_id == stack.stack_id]
        rows = latest[-1].resources if latest else []
        rows = [row for row in rows if not wanted or row["StackResourceDriftStatus"] in wanted]
        return ActionResult({"StackResourceDrifts": rows})


def _made(stack: Stack) -> list[Made]:
    return list(stack.resource_map.made.values())


def _summary(made: Made) -> dict[str, Any]:
    return {
        "LogicalResourceId": made.logical_resource_id,
        "PhysicalResourceId": made.physical_resource_id,
        "ResourceType": made.cf_resource_type,
        "ResourceStatus": made.status,
        "LastUpdatedTimestamp": made.changed_at,
        "Timestamp": made.changed_at,
    }


def _judge(change_set: Any, tags: dict[str, str]) -> None:
    """A change set without changes is a failed one."""
    stack = change_set.stack
    same = (
        change_set.change_set_type == "UPDATE"
        and bool(stack.template_dict)
        and stack.template_dict == json.loads(json.dumps(change_set.template_dict))
        and stack.parameters == change_set.parameters
        and (stack.tags or {}) == tags
        and stack.status not in ("CREATE_FAILED", "UPDATE_FAILED")
    )
    change_set.status = "FAILED" if same else "CREATE_COMPLETE"
    change_set.execution_status = "UNAVAILABLE" if same else "AVAILABLE"
    change_set.status_reason = _no_changes if same else None


def install(url: str) -> None:
    """Replace moto's stacks by these; `url` is where the emulator answers."""
    import moto.cloudformation.models as models

    RehearsedResponse.url = url
    models.Stack = RehearsedStack
    for name, member in vars(RehearsedResponse).items():
        if callable(member):
            setattr(CloudFormationResponse, name, member)

