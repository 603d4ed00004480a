"""Multipart forms with a file, sent while the file arrives."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from secrets import token_hex

from dexter_graphql.sentry.call import FileForm

FILE_PART = 'name="file"; filename="file"\r\nContent-Type: application/octet-stream'


@dataclass(frozen=True, slots=True)
class EncodedForm:
    """A form as bytes: what stands before and after the content of the file, which has a known size."""

    content_type: str
    head: bytes
    tail: bytes
    size_bytes: int

    async def body(self, chunks: AsyncIterator[bytes], time: "UploadTime") -> AsyncIterator[bytes]:
        """The parts of the body, each taken when Sentry has room for it."""
        yield self.head
        time.read()
        async for chunk in chunks:
            time.send()
            yield chunk
            time.read()
        time.send()
        yield self.tail


class UploadTime:
    """Time limit of an upload: the content has a time to arrive, and each wait for Sentry one of its own."""

    def __init__(self, content_s: float, wait_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content_end = self._loop.time() + content_s
        self._wait_s = wait_s
        self.limit = asyncio.timeout(wait_s)
        self.is_reading = False
        """True while the next part of the content is waited for."""

    def read(self) -> None:
        """Wait for the content."""
        self.is_reading = True
        self.limit.reschedule(self._content_end)

    def send(self) -> None:
        """Wait for Sentry, which takes what has arrived, and at last answers."""
        self.is_reading = False
        self.limit.reschedule(self._loop.time() + self._wait_s)


def encode_form(form: FileForm) -> EncodedForm:
    """Encode what stands around the content of the file."""
    boundary = token_hex(16)  # found in no file by chance, and secret before the file was sent
    fields = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in form.fields
    ]
    parts = [*fields, f"--{boundary}\r\nContent-Disposition: form-data; {FILE_PART}\r\n\r\n"]
    head = "\r\n".join(parts).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    size_bytes = len(head) + form.size_bytes + len(tail)
    return EncodedForm(f"multipart/form-data; boundary={boundary}", head, tail, size_bytes)
