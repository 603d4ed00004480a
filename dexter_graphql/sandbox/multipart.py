"""Multipart forms, as clients upload files in them."""

from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True, slots=True)
class FormPart:
    """A field of a form, or a file. `file_name` is empty for fields."""

    name: str
    file_name: str
    content: bytes

    @property
    def text(self) -> str:
        """The content of a field."""
        return self.content.decode(errors="replace")


def parse_form(content_type: str, content: bytes) -> list[FormPart]:
    """The parts of a multipart body; none for another type or a body without parts."""
    if not content_type.lower().startswith("multipart/form-data"):
        return []
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(head + content)
    return [_part(part) for part in message.iter_parts()] if isinstance(message, EmailMessage) else []


def _part(part: Message) -> FormPart:
    name = part.get_param("name", "", "Content-Disposition")
    content = part.get_payload(decode=True)
    return FormPart(str(name), part.get_filename() or "", content if isinstance(content, bytes) else b"")
