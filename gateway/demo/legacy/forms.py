"""Read a request body the way old frameworks did: url-encoded or multipart, all in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form, by what the app keeps of it."""

    filename: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a body said. A body of another type is an empty form."""

    fields: dict[str, str]
    uploads: dict[str, Upload]

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default).strip()


def read_form(content_type: str, body: bytes) -> Form:
    """The form in `body`; never raises."""
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() == "application/x-www-form-urlencoded":
        return Form(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), {})
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return Form({}, {})
    return _read_multipart(body, boundary.encode("latin-1", "replace"))


def _read_multipart(body: bytes, boundary: bytes) -> Form:
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, found, data = part.partition(b"\r\n\r\n")
        name, filename = _disposition(head)
        if not found or not name:
            continue
        if filename is None:
            fields[name] = data.decode("utf-8", "replace")
        else:
            uploads[name] = Upload(filename, len(data), hashlib.sha256(data).hexdigest())
    return Form(fields, uploads)


def _disposition(head: bytes) -> tuple[str, str | None]:
    """The `name` and `filename` of a part; "" and None where missing."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        if line.lower().startswith("content-disposition:"):
            header = Message()
            header["Content-Disposition"] = line.partition(":")[2].strip()
            name = header.get_param("name", "", "content-disposition")
            return str(name), header.get_filename()
    return "", None
