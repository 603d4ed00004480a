"""Multipart forms with a file, sent while the file arrives."""

from collections.abc import AsyncIterator, Callable
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

    async def body(self, chunks: AsyncIterator[bytes], finish: Callable[[], None]) -> AsyncIterator[bytes]:
        """The parts of the body; calls `finish` when the last one was taken."""
        yield self.head
        async for chunk in chunks:
            yield chunk
        yield self.tail
        finish()


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
