"""The authority that says who is who in the local mesh: roots, and short-lived certificates of workloads.

Its keys are in memory alone: with a platform ends what it vouched for. Roots change with overlap, by the clock: a new
root is trusted for a while before it signs, and an old one while what it signed may still be shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mesh.envoy import TRUST_DOMAIN, spiffe_id

# Clocks of one machine agree, but a certificate must not begin in the second that follows.
_BACKDATED = timedelta(minutes=1)
# A root is of use as long as it is trusted, which the clock decides; a machine that slept must not wake without one.
_NEVER = timedelta(days=3650)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live."""

    leaf: timedelta = timedelta(hours=1)
    """A workload's certificate; it is renewed when two thirds are over."""
    root: timedelta = timedelta(days=30)
    """How long a root signs."""
    lead: timedelta = timedelta(minutes=5)
    """How long a new root is trusted before it signs, so that every workload knows it by then."""


@dataclass(frozen=True, slots=True)
class Root:
    """A certificate that signs others. It signs itself."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    made: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """What a workload shows, as PEM, and whom it trusts."""

    certificate: bytes
    key: bytes
    roots: bytes
    renew_at: datetime


def signer_of(roots: Sequence[Root], now: datetime, lifetimes: Lifetimes) -> Root:
    """The root that signs: the newest that has been trusted for long enough. Roots are in order of age."""
    known = [root for root in roots if root.made + lifetimes.lead <= now]
    return known[-1] if known else roots[0]


def trusted_of(roots: Sequence[Root], now: datetime, lifetimes: Lifetimes) -> tuple[Root, ...]:
    """The roots to trust: all whose certificates may still be shown. Roots are in order of age."""
    # After this root began to sign and a certificate's life has passed, nothing older is shown any more.
    settled = [at for at, root in enumerate(roots) if root.made + lifetimes.lead + lifetimes.leaf <= now]
    return tuple(roots[settled[-1] if settled else 0 :])


@dataclass(slots=True)
class Authority:
    """Issues identities.

    Args:
        lifetimes: How long things live.
        now: The clock.
    """

    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    now: Callable[[], datetime] = _utc_now
    _roots: tuple[Root, ...] = ()

    def __post_init__(self) -> None:
        """Makes the first root."""
        self.add_root()

    def add_root(self) -> None:
        """Makes a new root, which signs after `lifetimes.lead`."""
        self._roots = (*self._roots, _make_root(self.now()))

    def turn(self) -> None:
        """Does what the clock asks for: makes a new root when the newest is old, and forgets those of no more use."""
        now = self.now()
        if self._roots[-1].made + self.lifetimes.root <= now:
            self.add_root()
        self._roots = trusted_of(self._roots, now, self.lifetimes)

    @property
    def roots(self) -> bytes:
        """The roots to trust, as PEM."""
        trusted = trusted_of(self._roots, self.now(), self.lifetimes)
        return b"".join(root.certificate.public_bytes(Encoding.PEM) for root in trusted)

    def issue(self, workload: str) -> Identity:
        """A new identity with a new key."""
        now, life = self.now(), self.lifetimes.leaf
        root = signer_of(self._roots, now, self.lifetimes)
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _certificate(workload, key.public_key(), root.certificate.subject, (now - _BACKDATED, now + life))
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe_id(workload))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=False)
            .sign(root.key, hashes.SHA256())
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Identity(certificate.public_bytes(Encoding.PEM), pem, self.roots, now + life * 2 / 3)


def _make_root(now: datetime) -> Root:
    key = ec.generate_private_key(ec.SECP256R1())
    # Two roots must not have one name: verifiers look for a signer by name.
    name = _name(f"{TRUST_DOMAIN} root {x509.random_serial_number():x}")
    certificate = (
        _certificate(name, key.public_key(), name, (now - _BACKDATED, now + _NEVER))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Root(certificate, key, now)


def _certificate(
    subject: str | x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name, valid: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    name = subject if isinstance(subject, x509.Name) else _name(subject)
    return x509.CertificateBuilder(issuer, name, key, x509.random_serial_number(), *valid)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signs_certificates() -> x509.KeyUsage:
    uses = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, **uses)
