"""TLS certificates for loopback servers: self-signed or signed by a test authority."""

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def self_signed_context(folder, name="localhost"):
    """A server's TLS context for a host name, and the path of its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(name, key, _subject(name), key, is_authority=True)
    path = _write(folder / f"{name}.pem", certificate, key)
    return _server_context(path), path


def authority_signed_context(folder, name="localhost"):
    """A server's TLS context for a host name, and the path of the certificate of its authority."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _sign("authority.test", authority_key, _subject("authority.test"), authority_key, is_authority=True)
    certificate = _sign(name, key, authority.subject, authority_key, is_authority=False)
    path = folder / "authority.pem"
    path.write_bytes(authority.public_bytes(Encoding.PEM))
    return _server_context(_write(folder / f"{name}.pem", certificate, key)), path


def _subject(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _sign(name, key, issuer, issuer_key, *, is_authority):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, _subject(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _write(path, certificate, key):
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    return path


def _server_context(path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
