"""Who is who in the local mesh: what a certificate says, and how roots change without a moment of doubt."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mesh.envoy import SECRETS
from mesh.local.authority import Authority, Identity, Lifetimes
from mesh.local.identities import Identities

START = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIMES = Lifetimes(leaf=timedelta(hours=1), root=timedelta(days=3), lead=timedelta(minutes=5))


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(clock: Clock) -> Authority:
    return Authority(LIFETIMES, clock)


def believes(verifier: Identity, shown: Identity, at: datetime) -> bool:
    """Whether a workload takes another's certificate for one that a root of its own has signed and that is valid."""
    leaf = x509.load_pem_x509_certificate(shown.certificate)
    for root in x509.load_pem_x509_certificates(verifier.roots):
        if root.subject == leaf.issuer:
            leaf.verify_directly_issued_by(root)
            return all(each.not_valid_before_utc <= at < each.not_valid_after_utc for each in (root, leaf))
    return False


def test_a_certificate_names_its_workload_and_nothing_else(authority: Authority) -> None:
    leaf = x509.load_pem_x509_certificate(authority.issue("generation").certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names.get_values_for_type(x509.UniformResourceIdentifier)) == [
        "spiffe://candor.local/ns/candor/sa/generation"
    ]
    assert len(names) == 1
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(uses) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_after_utc - START == LIFETIMES.leaf


def test_every_identity_has_a_key_of_its_own(authority: Authority) -> None:
    assert len({authority.issue("accounts").key for _ in range(3)}) == 3


def test_while_roots_change_every_workload_believes_every_other(authority: Authority, clock: Clock) -> None:
    # Two workloads, a little apart, that renew when theirs is due or the roots change, for the lives of three roots.
    held = {name: authority.issue(name) for name in ("early", "late")}
    seen_roots = {authority.roots}
    while clock.time < START + 3 * LIFETIMES.root - LIFETIMES.leaf:
        clock.time += timedelta(minutes=2)
        authority.turn()
        seen_roots.add(authority.roots)
        for name, old in tuple(held.items()):
            if old.renew_at <= clock.time or old.roots != authority.roots:
                fresh = authority.issue(name)
                # Between the two renewals, one has the new and one the old.
                there = (fresh, *held.values())
                assert all(believes(one, other, clock.time) for one in there for other in there)
                held[name] = fresh
    # Alone, both, alone, both …
    assert len(seen_roots) == 5


def test_an_old_root_is_forgotten_when_nothing_it_signed_can_be_shown(authority: Authority, clock: Clock) -> None:
    old = authority.issue("accounts")
    authority.add_root()
    clock.time += LIFETIMES.lead
    assert believes(authority.issue("documents"), old, clock.time)
    clock.time += LIFETIMES.leaf
    authority.turn()
    assert len(x509.load_pem_x509_certificates(authority.roots)) == 1
    assert not believes(authority.issue("documents"), old, clock.time)


def test_a_new_root_does_not_sign_before_all_may_know_it(authority: Authority, clock: Clock) -> None:
    first = x509.load_pem_x509_certificate(authority.issue("accounts").certificate).issuer
    authority.add_root()
    assert x509.load_pem_x509_certificate(authority.issue("accounts").certificate).issuer == first
    clock.time += LIFETIMES.lead
    assert x509.load_pem_x509_certificate(authority.issue("accounts").certificate).issuer != first


def shown_in(folder: Path) -> x509.Certificate:
    """The certificate that a folder of identity holds."""
    (secret,) = json.loads((folder / SECRETS["identity"]).read_text())["resources"]
    return x509.load_pem_x509_certificate(secret["tls_certificate"]["certificate_chain"]["inline_string"].encode())


def test_identities_are_their_owners_alone_and_renewed_when_two_thirds_are_over(
    authority: Authority, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "accounts" / "identity"
    identities = Identities(authority, {"accounts": folder})
    identities.write()
    assert {path.name for path in folder.iterdir()} == set(SECRETS.values())
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder.parent, folder, *folder.iterdir()))
    kept = shown_in(folder)
    clock.time += LIFETIMES.leaf * 0.6
    identities.renew()
    assert shown_in(folder) == kept
    clock.time += LIFETIMES.leaf * 0.1
    identities.renew()
    assert shown_in(folder) != kept
    assert {path.name for path in folder.iterdir()} == set(SECRETS.values())


def test_a_machine_that_slept_gets_valid_identities_at_the_first_look(
    authority: Authority, clock: Clock, tmp_path: Path
) -> None:
    identities = Identities(authority, {"accounts": tmp_path})
    identities.write()
    clock.time += timedelta(days=100)
    identities.renew()
    leaf = shown_in(tmp_path)
    assert leaf.not_valid_after_utc > clock.time
    (secret,) = json.loads((tmp_path / SECRETS["roots"]).read_text())["resources"]
    roots = x509.load_pem_x509_certificates(secret["validation_context"]["trusted_ca"]["inline_string"].encode())
    (issuer,) = [root for root in roots if root.subject == leaf.issuer]
    leaf.verify_directly_issued_by(issuer)
    assert issuer.not_valid_after_utc > leaf.not_valid_after_utc
