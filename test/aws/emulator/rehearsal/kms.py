"""KMS signing as AWS documents it (API reference, Sign and GetPublicKey): a DIGEST message is signed as it is, a
dry run signs nothing and ends in DryRunOperationException, and a key that is disabled, waits for its deletion or is
for something else does neither. What moto has: keys, their states, and signatures of RAW messages."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives import hashes
from moto.core.exceptions import JsonRESTError
from moto.kms.responses import KmsResponse

from .switchboard import switchboard

_hashes = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def _refusal(code: str, message: str) -> JsonRESTError:
    return JsonRESTError(code, message)


def denied(action: str, arn: str) -> None:
    """Whatever the test forbade: no policy is looked at otherwise."""
    if action in switchboard.denied:
        raise _refusal(
            "AccessDeniedException",
            f"User is not authorized to perform: {action} on resource: {arn} because no identity-based policy allows the {action} action",
        )


def _usable(self: Any, action: str) -> Any:
    """The key of the request, if it can be used at all."""
    key_id = self._get_param("KeyId")
    self._validate_key_id(key_id)
    key = self.kms_backend.describe_key(key_id)
    denied(action, key.arn)
    if key.key_state == "Disabled":
        raise _refusal("DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        raise _refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    return key


def _get_public_key(self: Any) -> str:
    key = _usable(self, "kms:GetPublicKey")
    if key.key_spec == "SYMMETRIC_DEFAULT" or key.key_spec.startswith("HMAC"):
        raise _refusal("UnsupportedOperationException", f"{key.arn} is not an asymmetric key.")
    public = base64.b64encode(key.private_key.public_key()).decode()
    return json.dumps(
        {
            "KeyId": key.arn,
            "KeySpec": key.key_spec,
            "KeyUsage": key.key_usage,
            "PublicKey": public,
            "SigningAlgorithms": key.signing_algorithms,
        }
    )


def _sign(self: Any) -> str:
    key = _usable(self, "kms:Sign")
    body = json.loads(self.body)
    algorithm, message = body["SigningAlgorithm"], base64.b64decode(body["Message"])
    if key.key_usage != "SIGN_VERIFY" or algorithm not in key.signing_algorithms:
        raise _refusal("InvalidKeyUsageException", f"{key.arn} does not sign with {algorithm}.")
    if body.get("DryRun"):
        raise _refusal("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
    digest = _hashes[algorithm[-3:]]
    if body.get("MessageType") == "DIGEST":
        if len(message) != digest.digest_size:
            raise _refusal("ValidationException", f"Digest is invalid length for algorithm {algorithm}.")
        digest = utils.Prehashed(digest)
    signature = _signature(key.private_key.private_key, message, digest, algorithm)
    return json.dumps(
        {"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm}
    )


def _signature(key: Any, message: bytes, digest: Any, algorithm: str) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(digest))
    assert isinstance(key, rsa.RSAPrivateKey) and algorithm.startswith("RSASSA_PKCS1_V1_5")
    return key.sign(message, padding.PKCS1v15(), digest)


def install() -> None:
    """Sign as AWS does."""
    KmsResponse.sign = _sign
    KmsResponse.get_public_key = _get_public_key
