"""Knows how answers are kept where others could read them: encrypted, authenticated, compressed, with a version.

Whatever does not open is as if it was not there: another version, another key, another place, or a changed byte.
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
"""Largest content that is unpacked; a small entry must not become a large one."""


class Cipher:
    """Seals bytes for a place; `key` may be of any length. Never prints it."""

    def __init__(self, key: bytes) -> None:
        self._names = hmac.new(key, b"names of shared keys", hashlib.sha256).digest()
        self._cipher = ChaCha20Poly1305(hmac.new(key, b"contents of shared keys", hashlib.sha256).digest())

    def __repr__(self) -> str:
        return "<Vault>"

    def key_name(self, kind: str, *parts: str) -> str:
        """The name of a place, which says nothing of its parts to whoever has not the key."""
        text = "\x00".join((kind, *parts)).encode("utf-8", "surrogatepass")
        return f"dexter:{kind}:{hmac.new(self._names, text, hashlib.sha256).hexdigest()[:40]}"

    def encrypt(self, key_name: str, content: bytes) -> bytes:
        """The content as it may be kept at a place."""
        is_large = len(content) >= MIN_DEFLATED_BYTES
        content = DEFLATED + zlib.compress(content, 1) if is_large else PLAIN + content
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, VERSION + key_name.encode())

    def decrypt(self, key_name: str, cached: bytes) -> bytes | None:
        """What was sealed for this place; None for anything else."""
        if cached[:1] != VERSION:
            return None
        nonce, rest = cached[1 : 1 + NONCE_BYTES], cached[1 + NONCE_BYTES :]
        try:
            content = self._cipher.decrypt(nonce, rest, VERSION + key_name.encode())
        except (InvalidTag, ValueError):
            return None
        return _inflate(content[1:]) if content[:1] == DEFLATED else content[1:]


def _inflate(content: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, MAX_BYTES)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None
