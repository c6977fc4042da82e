"""TokenReview for API servers behind emulated EKS clusters: what EKS's own authenticator does with a token."""

import base64
import datetime
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.eks.models import eks_backends
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from .eks import CLUSTER_ADMIN, principal_of

_prefix = "k8s-aws-v1."
_longest = 15 * 60
_needed = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature")


class Refused(Exception):
    """Why a token is not good; never contains the token."""


def review(request: dict[str, Any], account_id: str, region: str, cluster: str) -> dict[str, Any]:
    """Answer a TokenReview for one cluster."""
    try:
        user = _user(request.get("spec", {}).get("token", ""), account_id, region, cluster)
        status: dict[str, Any] = {"authenticated": True, "user": user}
    except Refused as why:
        status = {"authenticated": False, "error": str(why)}
    version = request.get("apiVersion", "authentication.k8s.io/v1")
    return {"apiVersion": version, "kind": "TokenReview", "status": status}


def _user(token: str, account_id: str, region: str, cluster: str) -> dict[str, Any]:
    url = _url(token)
    key = _verify(url, cluster)
    backend = sts_backends[account_id]["aws"]
    user_id, arn, _ = backend.get_caller_identity(key, region)
    return _entitled(account_id, region, cluster, arn, user_id)


def _url(token: str) -> str:
    if not token.startswith(_prefix):
        raise Refused(f"token does not start with {_prefix}")
    text = token.removeprefix(_prefix)
    if "=" in text:
        raise Refused("token is padded")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise Refused("token is not base64url") from error


def _verify(url: str, cluster: str) -> str:
    """The access key id of whoever signed; the signature covers the cluster's name as a header."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query.get("Action") != "GetCallerIdentity":
        raise Refused("token is not a GetCallerIdentity call")
    if "x-k8s-aws-id" not in query.get("X-Amz-SignedHeaders", "").split(";"):
        raise Refused("token does not sign x-k8s-aws-id")
    missing = [name for name in _needed if not query.get(name)]
    if missing:
        raise Refused(f"token lacks {', '.join(missing)}")
    _verify_time(query)
    key = query["X-Amz-Credential"].split("/")[0]
    _verify_signature(url, query, cluster, key)
    return key


def _verify_time(query: dict[str, str]) -> None:
    signed = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    age = (datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - signed).total_seconds()
    if int(query.get("X-Amz-Expires", 0)) > _longest:
        raise Refused("token asks to live longer than 15 minutes")
    if not -60 < age < _longest:
        raise Refused(f"token was signed {age:.0f} s ago")


def _secret(key: str, token: str | None) -> Credentials:
    for account in list(iam_backends):
        for backend in iam_backends[account].values():
            for user in backend.users.values():
                for access in user.access_keys:
                    if access.access_key_id == key:
                        return Credentials(key, access.secret_access_key, token)
    for account in list(sts_backends):
        for backend in sts_backends[account].values():
            role = backend.get_assumed_role_from_access_key(key)
            if role:
                return Credentials(key, role.secret_access_key, token)
    raise Refused(f"no access key {key} in the emulator")


def _verify_signature(url: str, query: dict[str, str], cluster: str, key: str) -> None:
    """Sign the same call with the key's secret and compare, as STS does."""
    credentials = _secret(key, query.get("X-Amz-Security-Token"))
    region = query["X-Amz-Credential"].split("/")[2]
    parts = urlsplit(url)
    headers = {"host": parts.netloc, "x-k8s-aws-id": cluster}
    request = AWSRequest(method="GET", url=url, headers=headers)
    auth = SigV4QueryAuth(credentials, "sts", region, expires=int(query["X-Amz-Expires"]))
    request.context["timestamp"] = query["X-Amz-Date"]
    unsigned = parts._replace(query="&".join(p for p in parts.query.split("&") if not p.startswith("X-Amz-Signature=")))
    request.url = unsigned.geturl()
    text = auth.string_to_sign(request, auth.canonical_request(request))
    if not hmac.compare_digest(auth.signature(text, request), query.get("X-Amz-Signature", "")):
        raise Refused(f"signature is not of cluster {cluster}")


def _entitled(account_id: str, region: str, cluster: str, arn: str, user_id: str) -> dict[str, Any]:
    found = eks_backends[account_id][region].clusters.get(cluster)
    entry = found.access_entries.get(principal_of(arn)) if found else None
    if entry is None:
        raise Refused(f"no access entry of {cluster} for {principal_of(arn)}")
    groups = list(entry["kubernetesGroups"])
    # Real EKS authorises access policies beside RBAC; to a cluster of its own, a group says the same.
    if any(policy.endswith(f"/{CLUSTER_ADMIN}") for policy in entry["policies"]):
        groups.append("system:masters")
    return {"username": entry["username"], "uid": user_id, "groups": groups, "extra": {"arn": [arn]}}
