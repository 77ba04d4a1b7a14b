"""The alternate request syntax of 1.0.x: a POST whose form holds the request it stands for.

Old browsers could set neither methods nor headers across sites. Storyline and TinCanJS still send
such forms, under any content type, so `?method=` alone tells them (xAPI 1.0.3 Communication 1.3).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

from engine.errors import Refused, TooLarge
from engine.xapi_http.addresses import is_ours
from xapi.errors import QueryRefused
from xapi.rules import shown
from xapi.versions import V1, V2

Pairs = list[tuple[str, str]]

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
# Decoding takes many times the memory of the form, and nobody has shown a key yet.
LARGEST_FORM = 4 * 1024 * 1024
MOST_FIELDS = 100

_CLAUSE = "xAPI 1.0.3 Communication 1.3"
_MARK = "byway.tunnelled"
_REFUSAL = "byway.refusal"
_HEADERS = ("authorization", "if-match", "if-none-match", "accept", "accept-language")
_OF_CONTENT = ("content-type", "content-length")
_OF_XAPI = "x-experience-api-"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the form of a tunnelled request holds; headers under their names in lower case."""

    headers: dict[str, str]
    content: str | None
    parameters: Pairs


class Tunnel:
    """The application, given the request that was meant.

    It stands behind `Addresses`; what lies outside the endpoint passes untouched.
    """

    def __init__(self, app: WSGIApplication, *, max_body: int) -> None:
        self._app = app
        self._largest = min(LARGEST_FORM, max_body)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; where its form is refused, `refusal` tells the application why."""
        asked = _asked(environ)
        if "method" in dict(asked):
            environ[_MARK] = True
            try:
                self._open(environ, asked)
            except (Refused, QueryRefused) as refused:
                environ[_REFUSAL] = refused
            if environ["REQUEST_METHOD"] == "HEAD":
                start_response = _without_length(start_response)
        return self._app(environ, start_response)

    def _open(self, environ: WSGIEnvironment, asked: Pairs) -> None:
        """Turn the environment into that of the request that was meant."""
        if environ["REQUEST_METHOD"] != "POST":
            raise _refused("Only a POST takes this parameter.", "Leave it out.")
        form = _read_form(_body(environ, self._largest))
        _set_headers(environ, form.headers)  # first: a refusal too speaks the form's version
        method = _method(asked, form)
        environ["REQUEST_METHOD"] = method
        environ["QUERY_STRING"] = urlencode(form.parameters)
        _set_body(environ, form if method in ("PUT", "POST") else None)


def refusal(environ: WSGIEnvironment, version: str | None) -> Refused | QueryRefused | None:
    """Why a tunnelled request is not answered; `version` is the one that it speaks, if any."""
    if environ.get(_MARK) and version == V2:
        return _refused(
            "xAPI 2.0 has no alternate request syntax.",
            f"Send the request with its own method and headers, or speak version {V1}.",
            clause=f"{_CLAUSE}, which IEEE 9274.1.1 left out",
        )
    found: Refused | QueryRefused | None = environ.get(_REFUSAL)
    return found


def _asked(environ: WSGIEnvironment) -> Pairs:
    """The query parameters, where a method may be among them; OPTIONS is the browser's own."""
    query = environ.get("QUERY_STRING", "")
    if "method=" not in query or environ["REQUEST_METHOD"] == "OPTIONS":
        return []
    return parse_qsl(query, keep_blank_values=True) if is_ours(environ["PATH_INFO"]) else []


def _body(environ: WSGIEnvironment, largest: int) -> bytes:
    """The form as it was sent."""
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if coding != "identity":
        raise _refused(f"The form is compressed ({shown(coding)}).", "Send it uncompressed.")
    too_large = TooLarge(f"The form is larger than {largest} bytes.", "Send smaller batches.")
    cut_off = _refused("The form ended early.", "Send as many bytes as announced.")
    try:
        body = get_input_stream(environ, max_content_length=largest + 1).read()
    except RequestEntityTooLarge as error:
        raise too_large from error
    except ClientDisconnected as error:
        raise cut_off from error
    if len(body) > largest:
        raise too_large
    if len(body) < (get_content_length(environ) or 0):
        raise cut_off
    return body


def _read_form(body: bytes) -> Form:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        rule = f"Expected a URL-encoded form in UTF-8 of at most {MOST_FIELDS} fields."
        raise _refused(rule, "Encode each value as encodeURIComponent does.") from error
    headers = [(name.lower(), value) for name, value in pairs if _is_header(name)]
    contents = [value for name, value in pairs if name == "content"]
    if len(dict(headers)) < len(headers) or len(contents) > 1:
        raise _refused("A header or the content stands twice in the form.", "Send each once.")
    return Form(
        headers=dict(headers),
        content=contents[0] if contents else None,
        parameters=[pair for pair in pairs if pair[0] != "content" and not _is_header(pair[0])],
    )


def _is_header(name: str) -> bool:
    lower = name.lower()
    return lower in _HEADERS or lower in _OF_CONTENT or lower.startswith(_OF_XAPI)


def _set_headers(environ: WSGIEnvironment, headers: dict[str, str]) -> None:
    """What the form says of a header stands, also against the header itself."""
    for name, value in headers.items():
        if _CONTROL.search(value):
            raise _refused(f"{name} holds a control character.", "Send it on one line.")
        if name not in _OF_CONTENT:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = value.encode().decode("latin-1")


def _method(asked: Pairs, form: Form) -> str:
    """The method that was meant, once the request is whole."""
    method = asked[0][1]
    if len(asked) > 1:
        rule = "The method is the only parameter that stands in the address."
        raise _refused(rule, "Move the others into the form.")
    if method not in METHODS:
        rule = f'"{shown(method)}" is no method of xAPI.'
        raise _refused(rule, f"Expected one of {', '.join(METHODS)}.")
    if method in ("PUT", "POST") and form.content is None:
        rule = f'The form of a {method} needs the field "content", which is missing.'
        raise _refused(rule, "Send what would be the body, URL-encoded, as content=...")
    return method


def _set_body(environ: WSGIEnvironment, form: Form | None) -> None:
    """Put the content where a body is read; without a form, an empty one."""
    body = (form.content or "").encode() if form else b""
    kind = form.headers.get("content-type", "application/json") if form else ""
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["CONTENT_TYPE"] = kind.encode().decode("latin-1")
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _without_length(start_response: StartResponse) -> StartResponse:
    """A HEAD inside a POST: the client waits for the body that Content-Length promises."""

    def start(status: str, headers: Pairs, *failure: Any) -> Any:
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return start_response(status, kept, *failure)

    return start


def _refused(rule: str, fix: str, *, clause: str = _CLAUSE) -> QueryRefused:
    return QueryRefused(parameter="method", rule=rule, clause=clause, fix=fix)
