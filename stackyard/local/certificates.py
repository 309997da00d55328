"""The certificate authority of one slot and the certificates it issues (EC P-256)."""

from __future__ import annotations

import datetime as dt
import fcntl
import ipaddress
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stackyard.local.layout import Layout
from stackyard.local.secrets import write_private

AUTHORITY_DAYS, CERTIFICATE_DAYS = 3650, 397
RENEW_DAYS = 30
"""A certificate with fewer days left is issued anew."""
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


def make_authority(layout: Layout) -> KeyPair:
    """The slot's certificate authority, made at the first call; it may only vouch for loopback."""
    pair = KeyPair(certificate=layout.certificate_authority, key=layout.secrets / "ca.key")
    with _locked(layout):
        if not (pair.certificate.exists() and pair.key.exists()):
            key = ec.generate_private_key(ec.SECP256R1())
            write_private(pair.key, _pem(key))
            certificate = _authority_certificate(key, f"stackyard slot {layout.slot}")
            write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
            # A certificate is public: database clients under other users read it too.
            pair.certificate.chmod(0o644)
    return pair


def issue(layout: Layout, name: str, *, addresses: Sequence[str], client: bool = False) -> KeyPair:
    """The certificate called `name` (its common name too), for these IP addresses or host names.

    Without `client` it serves; with `client` it is shown to servers, and serves as well if it has
    addresses. Issued anew when the addresses, the use or the authority changed, or it runs out.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"certificate name {name!r}; give small letters, digits and hyphens")
    authority = make_authority(layout)
    pair = KeyPair(certificate=layout.secrets / f"{name}.pem", key=layout.secrets / f"{name}.key")
    with _locked(layout):
        issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        names, uses = _alternative_names(addresses), _uses(addresses, client=client)
        if not _still_good(pair, issuer=issuer, names=names, uses=uses):
            key = ec.generate_private_key(ec.SECP256R1())
            builder = _leaf(name, key, issuer=issuer, names=names, uses=uses)
            signer = serialization.load_pem_private_key(authority.key.read_bytes(), None)
            if not isinstance(signer, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{authority.key} holds no EC key; run: make down, then make up")
            certificate = builder.sign(signer, hashes.SHA256())
            write_private(pair.key, _pem(key))
            write_private(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))
    return pair


@contextmanager
def _locked(layout: Layout) -> Generator[None, None, None]:
    """One process at a time, so that a key and its certificate always belong together."""
    layout.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (layout.secrets / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour back: the clock of a virtual machine may stand behind for a moment.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority_certificate(key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    subject = _name(name)
    permitted = [x509.IPAddress(_LOOPBACK), x509.DNSName("localhost"), x509.DNSName("svc")]
    return (
        _builder(subject, subject, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        # Users put this authority into their shell's trust: it must be of no use for the internet.
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate,
    names: Sequence[x509.GeneralName],
    uses: Sequence[x509.ObjectIdentifier],
) -> x509.CertificateBuilder:
    issuer_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(name), issuer.subject, key, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key),
            critical=False,
        )
    )
    if not names:
        return builder
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False)


def _alternative_names(addresses: Sequence[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for address in addresses:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        except ValueError:
            names.append(x509.DNSName(address))
    return names


def _uses(addresses: Sequence[str], *, client: bool) -> list[x509.ObjectIdentifier]:
    serves = [ExtendedKeyUsageOID.SERVER_AUTH] if addresses or not client else []
    return [*serves, *([ExtendedKeyUsageOID.CLIENT_AUTH] if client else [])]


def _still_good(
    pair: KeyPair,
    *,
    issuer: x509.Certificate,
    names: Sequence[x509.GeneralName],
    uses: Sequence[x509.ObjectIdentifier],
) -> bool:
    if not (pair.certificate.exists() and pair.key.exists()):
        return False
    have = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    try:
        have.verify_directly_issued_by(issuer)
        has_uses = have.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    try:
        alternative = have.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        has_names = list(alternative)
    except x509.ExtensionNotFound:
        has_names = []
    left = have.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return has_names == list(names) and list(has_uses) == list(uses) and left.days >= RENEW_DAYS
