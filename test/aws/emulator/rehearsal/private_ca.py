"""AWS Private CA as its documentation has it (API reference of IssueCertificate and GetCertificate, "template
definitions"): a CA has the kind of key and the mode that it was made with; only an ACTIVE one issues; a certificate
follows its template, ends when the request says and not after its CA, and is to be had a moment later, until when
GetCertificate answers RequestInProgressException. moto makes RSA keys only, ignores validity and algorithm, and
leaves out the extensions of subordinate templates."""

import base64
import datetime
import json
import re
import time
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.acmpca.models import CertificateAuthority
from moto.acmpca.responses import ACMPCAResponse
from moto.core.exceptions import JsonRESTError

from .kms import denied

_issuing_seconds = 1.0
_curves = {"EC_prime256v1": ec.SECP256R1, "EC_secp384r1": ec.SECP384R1, "EC_secp521r1": ec.SECP521R1}
_hashes = {"SHA256": hashes.SHA256, "SHA384": hashes.SHA384, "SHA512": hashes.SHA512}
_short_lived = datetime.timedelta(days=7)
_moto_init = CertificateAuthority.__init__
_moto_create = ACMPCAResponse.create_certificate_authority
_moto_authority = ACMPCAResponse.get_certificate_authority_certificate
_moto_describe = ACMPCAResponse.describe_certificate_authority


def _refusal(code: str, message: str) -> JsonRESTError:
    return JsonRESTError(code, message)


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    _moto_init(self, *args, **kwargs)
    self.usage_mode = "GENERAL_PURPOSE"
    kind = self.certificate_authority_configuration["KeyAlgorithm"]
    if kind in _curves:
        key: Any = ec.generate_private_key(_curves[kind]())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=int(kind.split("_")[1]))
    self.private_bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(self.password),
    )


def _authority(self: Any, action: str) -> Any:
    arn = json.loads(self.body)["CertificateAuthorityArn"]
    denied(f"acm-pca:{action}", arn)
    return self.acmpca_backend.describe_certificate_authority(arn)


def _create(self: Any) -> str:
    answer = json.loads(_moto_create(self))
    ca = self.acmpca_backend.describe_certificate_authority(answer["CertificateAuthorityArn"])
    ca.usage_mode = json.loads(self.body).get("UsageMode", "GENERAL_PURPOSE")
    return json.dumps(answer)


def _describe(self: Any) -> str:
    _authority(self, "DescribeCertificateAuthority")
    return _moto_describe(self)


def _certificate_of_authority(self: Any) -> str:
    _authority(self, "GetCertificateAuthorityCertificate")
    return _moto_authority(self)


def _end(validity: dict[str, Any]) -> datetime.datetime:
    kind, value = validity["Type"], validity["Value"]
    now = datetime.datetime.now(datetime.timezone.utc)
    if kind == "ABSOLUTE":
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    return now + datetime.timedelta(days=value * {"DAYS": 1, "MONTHS": 30, "YEARS": 365}[kind])


def _extensions(template: str, csr: Any, ca: Any) -> list[tuple[Any, bool]]:
    """Of the template alone: base templates take nothing but the subject and the key from the request."""
    depth = re.search(r"SubordinateCACertificate_PathLen(\d)/V1$", template)
    is_root = template.endswith("RootCACertificate/V1")
    if not depth and not is_root:
        raise _refusal("InvalidArgsException", f"The template {template} is not one that this emulator knows.")
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"],
        False,
    )
    signer = csr.public_key() if is_root else ca.key.public_key()
    return [
        (x509.BasicConstraints(ca=True, path_length=int(depth[1]) if depth else None), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
    ]


def _issue(self: Any) -> str:
    ca = _authority(self, "IssueCertificate")
    body = json.loads(self.body)
    template = body.get("TemplateArn") or "arn:aws:acm-pca:::template/EndEntityCertificate/V1"
    is_root = template.endswith("RootCACertificate/V1")
    if ca.status != "ACTIVE" and not is_root:
        raise _refusal("InvalidStateException", f"The certificate authority {ca.arn} is not in the correct state.")
    digest, family = re.fullmatch(r"(SHA\d+)WITH(RSA|ECDSA)", body["SigningAlgorithm"]).groups()
    if (family == "RSA") != isinstance(ca.key, rsa.RSAPrivateKey):
        raise _refusal("ValidationException", "The signing algorithm does not fit the key of the CA.")
    csr, end = x509.load_pem_x509_csr(base64.b64decode(body["Csr"])), _end(body["Validity"])
    if not csr.is_signature_valid:
        raise _refusal("MalformedCSRException", "The signature of the request is not valid.")
    short = ca.usage_mode == "SHORT_LIVED_CERTIFICATE" and not is_root
    if short and end > datetime.datetime.now(datetime.timezone.utc) + _short_lived:
        raise _refusal("ValidationException", "A short-lived CA issues for seven days at most.")
    if not is_root and end > ca.certificate.not_valid_after_utc:
        raise _refusal("ValidationException", "The certificate would end after its CA.")
    pem = _signed(ca, csr, end, _extensions(template, csr, ca), _hashes[digest]())
    arn = f"{ca.arn}/certificate/{x509.random_serial_number():032x}"[:200]
    ca.issued_certificates[arn] = pem
    if not is_root:
        chain = base64.b64decode(ca.certificate_chain) if ca.certificate_chain else b""
        ca.issued_certificates_certificate_chains[arn] = ca.certificate_bytes + b"\n" + chain
    ca.ready_at = {**getattr(ca, "ready_at", {}), arn: time.monotonic() + _issuing_seconds}
    return json.dumps({"CertificateArn": arn})


def _signed(ca: Any, csr: Any, end: datetime.datetime, extensions: list[tuple[Any, bool]], digest: Any) -> bytes:
    issuer = ca.certificate.subject if ca.certificate else csr.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(issuer)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1))
        .not_valid_after(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(ca.key, digest).public_bytes(serialization.Encoding.PEM)


def _get(self: Any) -> str:
    ca = _authority(self, "GetCertificate")
    arn = json.loads(self.body)["CertificateArn"]
    if arn not in ca.issued_certificates:
        raise _refusal("ResourceNotFoundException", f"Resource {arn} not found")
    if time.monotonic() < ca.ready_at.get(arn, 0):
        raise _refusal("RequestInProgressException", "The certificate is being issued.")
    answer = {"Certificate": ca.issued_certificates[arn].decode().strip()}
    chain = ca.issued_certificates_certificate_chains.get(arn)
    return json.dumps({**answer, "CertificateChain": chain.decode().strip()} if chain else answer)


def install() -> None:
    """Issue by templates, as AWS does."""
    CertificateAuthority.__init__ = _init
    ACMPCAResponse.create_certificate_authority = _create
    ACMPCAResponse.describe_certificate_authority = _describe
    ACMPCAResponse.get_certificate_authority_certificate = _certificate_of_authority
    ACMPCAResponse.issue_certificate = _issue
    ACMPCAResponse.get_certificate = _get
