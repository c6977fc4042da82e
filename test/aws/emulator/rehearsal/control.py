"""The test's side of the emulator, under /rehearsal/: faults, conditions, names, API servers, load balancers, calls, tokens."""

import json
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from . import authenticator, balancers, names
from .calls import CallLog
from .conditions import conditions
from .handlers import Context
from .switchboard import Fault, switchboard


class Control:
    """WSGI: answers /rehearsal/* itself and hands everything else on."""

    def __init__(self, log: CallLog, url: str):
        self.log = log
        self.url = url

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/rehearsal/"):
            return self.log(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        document = json.loads(body) if body else {}
        try:
            answer, status = self._answer(environ["REQUEST_METHOD"], path, document), "200 OK"
        except LookupError as error:
            answer, status = {"error": str(error)}, "404 Not Found"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def _answer(self, method: str, path: str, document: dict[str, Any]) -> Any:
        _, _, room, *rest = path.split("/")
        action = getattr(self, f"_{method.lower()}_{room.replace('-', '_')}", None)
        if action is None:
            raise LookupError(f"no {method} {path}")
        return action(document, *rest)

    def _get_ready(self, document: dict[str, Any]) -> Any:
        return {"ready": True}

    def _get_calls(self, document: dict[str, Any]) -> Any:
        return list(self.log.calls)

    def _delete_calls(self, document: dict[str, Any]) -> Any:
        self.log.calls.clear()
        return {}

    def _post_faults(self, document: dict[str, Any]) -> Any:
        with switchboard.lock:
            switchboard.faults.append(Fault(**document))
        return {}

    def _delete_faults(self, document: dict[str, Any]) -> Any:
        with switchboard.lock:
            switchboard.faults.clear()
        return {}

    def _put_denials(self, document: dict[str, Any]) -> Any:
        """{actions}: KMS and Private CA refuse these from now on, and no others."""
        switchboard.denied = set(document["actions"])
        return {}

    def _put_conditions(self, document: dict[str, Any]) -> Any:
        """The fields of Conditions; what is not named is as it is at the start."""
        conditions.become(document)
        return {}

    def _put_names(self, document: dict[str, Any], name: str) -> Any:
        """{address, seconds}: what the name server answers, from when on."""
        names.place(name, document["address"], document.get("seconds", 0))
        return {}

    def _put_api_servers(self, document: dict[str, Any], cluster: str) -> Any:
        """{endpoint, certificateAuthority}; for clusters created from now on."""
        switchboard.api_servers[cluster] = document
        return {}

    def _context(self, region: str) -> Context:
        return Context(self.url, region, DEFAULT_ACCOUNT_ID, "AKIAAUTOMODE00000000", "", {})

    def _post_users(self, document: dict[str, Any]) -> Any:
        """An IAM user with an access key, so that signatures can be verified."""
        iam = self._context("us-east-1").service("iam")
        user = iam.create_user(UserName=document["name"])["User"]
        key = iam.create_access_key(UserName=document["name"])["AccessKey"]
        return {
            "arn": user["Arn"],
            "accessKeyId": key["AccessKeyId"],
            "secretAccessKey": key["SecretAccessKey"],
        }

    def _post_roles(self, document: dict[str, Any]) -> Any:
        """An IAM role that anyone in the account may assume."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"},
                }
            ],
        }
        iam = self._context("us-east-1").service("iam")
        role = iam.create_role(RoleName=document["name"], AssumeRolePolicyDocument=json.dumps(trust))
        return {"arn": role["Role"]["Arn"]}

    def _put_load_balancers(self, document: dict[str, Any], region: str) -> Any:
        return balancers.mirror(self._context(region), document)

    def _delete_load_balancers(self, document: dict[str, Any], region: str) -> Any:
        balancers.remove(self._context(region), document["cluster"], document["service"])
        return {}

    def _post_tokens(self, document: dict[str, Any], region: str, cluster: str) -> Any:
        return authenticator.review(document, DEFAULT_ACCOUNT_ID, region, cluster)
