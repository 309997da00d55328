"""Certificates of a slot, judged by TLS handshakes and by a verifier of the field."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from stackyard.local.certificates import CERTIFICATE_DAYS, KeyPair, issue, make_authority
from stackyard.local.layout import Layout

ADDRESS = "127.0.0.1"


def _layout(root: Path) -> Layout:
    return Layout(root=root, slot=102)


def _handshake(layout: Layout, server: KeyPair, client: KeyPair | None = None) -> bytes:
    """One byte sent over TLS to `ADDRESS`; the server wants a client certificate if given one."""
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(server.certificate, server.key)
    trust = ssl.create_default_context(cafile=str(layout.certificate_authority))
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    if client is not None:
        offered.verify_mode = ssl.CERT_REQUIRED
        offered.load_verify_locations(layout.certificate_authority)
        trust.load_cert_chain(client.certificate, client.key)
    with socket.create_server((ADDRESS, 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with offered.wrap_socket(connection, server_side=True) as tls:
                        tls.sendall(b"!")
                        tls.unwrap()
                except (ssl.SSLError, OSError):
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=5) as connection,
                trust.wrap_socket(connection, server_hostname=ADDRESS) as tls,
            ):
                return tls.recv(1)
        finally:
            thread.join()


def _verify(layout: Layout, pair: KeyPair, address: str) -> None:
    authority = x509.load_pem_x509_certificate(layout.certificate_authority.read_bytes())
    leaf = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    name = x509.IPAddress(ipaddress.ip_address(address))
    PolicyBuilder().store(Store([authority])).build_server_verifier(name).verify(leaf, [])


def test_a_server_certificate_is_trusted_at_its_address(tmp_path: Path):
    layout = _layout(tmp_path)

    pair = issue(layout, "server", addresses=[ADDRESS])

    assert _handshake(layout, pair) == b"!"


def test_a_server_certificate_is_refused_at_another_address(tmp_path: Path):
    layout = _layout(tmp_path)
    pair = issue(layout, "server", addresses=["127.0.0.2"])

    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.1'"):
        _handshake(layout, pair)


def test_a_client_certificate_opens_a_server_that_wants_one(tmp_path: Path):
    layout = _layout(tmp_path)
    server = issue(layout, "server", addresses=[ADDRESS])

    client = issue(layout, "client", addresses=[], client=True)

    assert _handshake(layout, server, client) == b"!"


def test_a_server_certificate_is_no_client_certificate(tmp_path: Path):
    layout = _layout(tmp_path)
    server = issue(layout, "server", addresses=[ADDRESS])

    with pytest.raises(ssl.SSLError, match=r"(?i)alert|unsupported certificate|eof"):
        _handshake(layout, server, server)


def test_a_client_certificate_serves_nothing(tmp_path: Path):
    layout = _layout(tmp_path)
    pair = issue(layout, "client", addresses=[], client=True)

    with pytest.raises(ssl.SSLCertVerificationError, match=r"unsuitable certificate purpose"):
        _handshake(layout, pair)


def test_a_client_certificate_with_addresses_serves_too(tmp_path: Path):
    layout = _layout(tmp_path)

    pair = issue(layout, "etcd", addresses=[ADDRESS], client=True)

    assert _handshake(layout, pair, pair) == b"!"


def test_the_authority_vouches_for_loopback(tmp_path: Path):
    layout = _layout(tmp_path)

    pair = issue(layout, "inside", addresses=["127.112.3.1"])

    _verify(layout, pair, "127.112.3.1")


def test_the_authority_cannot_vouch_for_the_internet(tmp_path: Path):
    layout = _layout(tmp_path)
    pair = issue(layout, "outside", addresses=["192.0.2.7"])

    with pytest.raises(VerificationError, match="name constraint"):
        _verify(layout, pair, "192.0.2.7")


def test_a_certificate_is_issued_once(tmp_path: Path):
    layout = _layout(tmp_path)
    before = issue(layout, "server", addresses=[ADDRESS]).certificate.read_bytes()

    after = issue(layout, "server", addresses=[ADDRESS]).certificate.read_bytes()

    assert after == before


@pytest.mark.parametrize(
    ("addresses", "client"),
    [([ADDRESS, "127.0.0.3"], False), ([ADDRESS, "localhost"], False), ([ADDRESS], True)],
)
def test_a_certificate_with_other_names_or_use_is_issued_anew(
    tmp_path: Path, addresses: list[str], client: bool
):
    layout = _layout(tmp_path)
    before = issue(layout, "server", addresses=[ADDRESS]).certificate.read_bytes()

    pair = issue(layout, "server", addresses=addresses, client=client)

    assert pair.certificate.read_bytes() != before
    assert _handshake(layout, pair) == b"!"


def test_a_certificate_of_an_earlier_authority_is_issued_anew(tmp_path: Path):
    layout = _layout(tmp_path)
    issue(layout, "server", addresses=[ADDRESS])
    layout.certificate_authority.unlink()

    pair = issue(layout, "server", addresses=[ADDRESS])

    assert _handshake(layout, pair) == b"!"


def test_a_certificate_lasts_for_the_days_that_browsers_accept(tmp_path: Path):
    pair = issue(_layout(tmp_path), "server", addresses=[ADDRESS])

    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    left = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)

    assert left.days == CERTIFICATE_DAYS - 1


def test_private_keys_are_their_owners_alone(tmp_path: Path):
    layout = _layout(tmp_path)

    pairs = [make_authority(layout), issue(layout, "server", addresses=[ADDRESS])]

    assert [pair.key.stat().st_mode & 0o777 for pair in pairs] == [0o600, 0o600]


@pytest.mark.parametrize("name", ["../ca", "a.b", "", "Etcd"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="give small letters, digits and hyphens"):
        issue(_layout(tmp_path), name, addresses=[])
