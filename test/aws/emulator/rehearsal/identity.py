"""STS as strict as the real one where it matters: only a role that exists can be assumed."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

_moto_assume = TokenResponse.assume_role


class AccessDenied(ServiceException):
    code = "AccessDenied"


def _assume_role(self: Any) -> Any:
    arn = self._get_param("RoleArn")
    account, name = arn.split(":")[4], arn.split("/")[-1]
    roles = iam_backends[account]["aws"].roles.values() if account in iam_backends else []
    if name not in [role.name for role in roles]:
        raise AccessDenied(f"not authorized to perform: sts:AssumeRole on resource: {arn}")
    return _moto_assume(self)


def install() -> None:
    """Refuse roles that nobody made, which moto would hand out."""
    TokenResponse.assume_role = _assume_role
