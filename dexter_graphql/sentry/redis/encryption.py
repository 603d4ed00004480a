"""Encryption of what is stored in Redis: authenticated, compressed, with a version.

A value with another version, key or name, or with a changed byte, counts as missing.
"""

import hashlib
import hmac
import os
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

VERSION = b"\x01"
NONCE_BYTES = 12
PLAIN, DEFLATED = b"\x00", b"\x01"
MIN_DEFLATED_BYTES = 2048
MAX_BYTES = 64 * 1024 * 1024
"""Largest content that is decompressed."""


class Cipher:
    """Encrypts bytes for a key name; `key` may be of any length and is never printed."""

    def __init__(self, key: bytes) -> None:
        self._names = hmac.new(key, b"names of shared keys", hashlib.sha256).digest()
        self._cipher = ChaCha20Poly1305(hmac.new(key, b"contents of shared keys", hashlib.sha256).digest())

    def __repr__(self) -> str:
        return "<Cipher>"

    def key_name(self, kind: str, *parts: str) -> str:
        """A key name in Redis; its parts cannot be recovered without the key."""
        return f"dexter:{kind}:{self.digest(kind, *parts)}"

    def digest(self, *parts: str) -> str:
        """A name in hexadecimal digits, from which its parts cannot be recovered without the key."""
        text = "\x00".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._names, text, hashlib.sha256).hexdigest()[:40]

    def encrypt(self, key_name: str, content: bytes) -> bytes:
        """The content, encrypted for this key name."""
        is_large = len(content) >= MIN_DEFLATED_BYTES
        content = DEFLATED + zlib.compress(content, 1) if is_large else PLAIN + content
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, VERSION + key_name.encode())

    def decrypt(self, key_name: str, encrypted: bytes) -> bytes | None:
        """The content that was encrypted for this key name; None for anything else."""
        if encrypted[:1] != VERSION:
            return None
        nonce, rest = encrypted[1 : 1 + NONCE_BYTES], encrypted[1 + NONCE_BYTES :]
        try:
            content = self._cipher.decrypt(nonce, rest, VERSION + key_name.encode())
        except (InvalidTag, ValueError):
            return None
        return _inflate(content[1:]) if content[:1] == DEFLATED else content[1:]


def _inflate(content: bytes) -> bytes | None:
    decompressor = zlib.decompressobj()
    try:
        inflated = decompressor.decompress(content, MAX_BYTES)
    except zlib.error:
        return None
    return inflated if decompressor.eof else None
