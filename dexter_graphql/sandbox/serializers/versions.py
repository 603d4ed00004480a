"""Versions parsed into package, numbers and build."""

import re
from typing import Any, Final

_SEMANTIC = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([\w.]+))?(?:\+([\w.]+))?")


_HASH_LENGTH: Final = 40


_SHORT_HASH: Final = 12


def serialize_version_info(version: str) -> dict[str, Any]:
    """The `versionInfo` of `package@1.2.3-pre+build`, or of a package with any other text after the `@`."""
    package, _, raw = version.rpartition("@")
    match, is_hash = _SEMANTIC.fullmatch(raw), len(raw) == _HASH_LENGTH
    parts: dict[str, Any] = {"raw": raw}
    if match:
        major, minor, patch, pre, build = match.groups()
        numbers = {"major": int(major), "minor": int(minor), "patch": int(patch)}
        parts |= {**numbers, "pre": pre, "buildCode": build, "components": 3}
    return {
        "package": package or None,
        "version": parts,
        "description": raw[:_SHORT_HASH] if is_hash else raw,
        "buildHash": raw if is_hash else None,
    }
