"""Records what real JavaScript clients send: run by hand, with the packages installed elsewhere.

    npm install --prefix SOMEWHERE tincanjs @xapi/xapi
    export PYTHONPATH=.:tests:tests/engine/xapi_http
    python tests/engine/xapi_http/client_recorder.py SOMEWHERE

A proxy stands before a real server and writes each request down, with the answer, to
tests/data/clients. In a page the clients run in Chromium, on another site than the server's.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from client_replays import (
    RECOMPUTED,
    RECORDINGS,
    Exchange,
    Got,
    Names,
    Request,
    send,
    sent_text,
    steady,
)
from factories import headers
from playwright.sync_api import sync_playwright
from xapi_serving import add_key, served

CALLS = RECORDINGS / "calls"
SITE = "http://content.example.org"
CHROMIUM = "/usr/bin/chromium"
ANNOUNCE = "/-/"
PAGE = "/story.html"

# What Internet Explorer 8 and 9 had: no methods, no headers; the body goes as text/plain.
OLD_BROWSER = """
const Modern = XMLHttpRequest;
window.XMLHttpRequest = undefined;
window.XDomainRequest = class {
  open(method, url) { this.request = new Modern(); this.request.open(method, url); }
  send(body) {
    this.request.onload = () => {
      this.responseText = this.request.responseText;
      this.request.status < 400 ? this.onload() : this.onerror();
    };
    this.request.send(body);
  }
};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One library in one place where it runs."""

    name: str
    library: str
    calls: str
    script: str = ""
    settings: dict[str, Any] | None = None
    before: str = ""


CLIENTS = (
    Client(name="tincanjs-node", library="tincanjs", calls="tincanjs"),
    Client(
        name="tincanjs-browser",
        library="tincanjs",
        calls="tincanjs",
        script="tincanjs/build/tincan-min.js",
    ),
    Client(
        name="tincanjs-old-browser",
        library="tincanjs",
        calls="tincanjs",
        script="tincanjs/build/tincan-min.js",
        settings={"forms": True},
        before=OLD_BROWSER,
    ),
    Client(name="xapi-js-node", library="@xapi/xapi", calls="xapi_js"),
    Client(
        name="xapi-js-node-2.0",
        library="@xapi/xapi",
        calls="xapi_js",
        settings={"version": "2.0.0", "adapter": "fetch"},
    ),
    Client(
        name="xapi-js-browser",
        library="@xapi/xapi",
        calls="xapi_js",
        script="@xapi/xapi/dist/XAPI.umd.js",
        settings={"adapter": "fetch"},
    ),
)


class Proxy(ThreadingHTTPServer):
    """Hands requests on, and writes them down with their answers."""

    def __init__(self, behind: str, authorization: str) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.behind, self.call = behind, ""
        self.names = Names(authorization)
        self.seen: list[tuple[str, Request, Got]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def site(self) -> str:
        """The same place under another name, which makes it another site to a browser."""
        return f"http://content.localhost:{self.server_port}"

    def exchanges(self) -> Iterator[Exchange]:
        """What was seen, without what differs from run to run."""
        names = Names(self.names.authorization)
        known = names.take_out(sent_text(request for _, request, _ in self.seen))
        for call, request, got in self.seen:
            kept = Request(
                method=request.method,
                target=names.take_out(request.target),
                headers={
                    name: names.take_out(value.replace(self.site, SITE))
                    for name, value in request.headers.items()
                },
                body=names.take_out(request.body.decode("latin-1")).encode("latin-1"),
            )
            names.learn(request.method, got)
            answer = steady(request, got, names=names, known=known)
            yield Exchange(call=call, request=kept, answer=answer)


class Listener(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def handle_any(self) -> None:
        if self.path == PAGE:
            self.answer(
                200,
                {"Content-Type": "text/html"},
                b'<!doctype html><link rel="icon" href="data:,">',
            )
            return
        if self.path.startswith(ANNOUNCE):
            self.server.call = unquote(self.path.removeprefix(ANNOUNCE))
            self.answer(204, {}, b"")
            return
        request = Request(
            method=self.command,
            target=self.path,
            headers={k: v for k, v in self.headers.items() if k.lower() not in RECOMPUTED},
            body=self.body(),
        )
        got = send(request, self.server.behind)
        self.server.seen.append((self.server.call, request, got))
        self.answer(got.status, got.headers, got.content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_any

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def answer(self, status: int, fields: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in fields.items():
            if name.lower() not in {*RECOMPUTED, "transfer-encoding"}:
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def in_node(client: Client, packages: Path, proxy: Proxy, settings: dict[str, Any]) -> Any:
    """Run the calls in node; what each came to."""
    words = [settings[word] for word in ("endpoint", "key", "secret", "version", "adapter")]
    done = subprocess.run(
        ["node", CALLS / "run.js", packages, client.calls, *words, f"{proxy.url}{ANNOUNCE}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def in_page(client: Client, packages: Path, proxy: Proxy, settings: dict[str, Any]) -> Any:
    """Run the calls in a page of another site; what each came to."""

    def announce(call: str) -> None:
        proxy.call = call

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{proxy.site}{PAGE}")
        page.expose_function("announce", announce)
        page.add_script_tag(content=client.before or ";")
        for script in (packages / "node_modules" / client.script, *CALLS.glob("*.js")):
            page.add_script_tag(path=script)
        hashed = {text: sha256(text.encode()).hexdigest() for text in ("first note", "second")}
        told = page.evaluate(
            """([calls, settings, hashed]) => {
                const library = calls === "tincanjs" ? TinCan : XAPI;
                const steps = window[calls](library, {...settings, sha2: (text) => hashed[text]});
                return window.run(steps, window.announce);
            }""",
            [client.calls, settings, hashed],
        )
        browser.close()
    return told


def record(client: Client, packages: Path, instance: Path, behind: str) -> bool:
    """Record one client; False, with nothing written, when a call did not come to what it must."""
    key = add_key(instance, name=client.name)
    proxy = Proxy(behind, headers(key)["Authorization"])
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    settings = {
        "endpoint": f"{proxy.url}/xapi/",
        "key": key.key,
        "secret": key.secret,
        "version": "1.0.3",
        "adapter": "axios",
        **(client.settings or {}),
    }
    told = (in_page if client.script else in_node)(client, packages, proxy, settings)
    proxy.shutdown()
    wrong = [step for step in told if step["why"]]
    for step in wrong:
        sys.stderr.write(f"{client.name}: {step['call']}: {step['why']}\n")
    if not wrong:
        write(client, packages, list(proxy.exchanges()))
    sys.stdout.write(f"{client.name}: {len(told)} calls, {len(proxy.seen)} requests\n")
    return not wrong


def write(client: Client, packages: Path, exchanges: list[Exchange]) -> None:
    """Keep a recording."""
    package = packages / "node_modules" / client.library / "package.json"
    version = json.loads(package.read_text())["version"]
    kept = {
        "client": f"{client.library} {version}",
        "recorded": datetime.now(UTC).date().isoformat(),
        "exchanges": [as_json(exchange) for exchange in exchanges],
    }
    file = RECORDINGS / f"{client.name}.json"
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def as_json(exchange: Exchange) -> dict[str, Any]:
    kept = asdict(exchange)
    body = exchange.request.body
    try:
        kept["request"]["body"] = body.decode()
    except UnicodeDecodeError:
        kept["request"]["body"] = "base64:" + base64.b64encode(body).decode()
    return kept


@contextmanager
def scratch_instance() -> Iterator[Path]:
    """An instance that is thrown away."""
    with tempfile.TemporaryDirectory() as place:
        instance = Path(place) / "instance"
        environ = {**os.environ, "BYWAY_INSTANCE": str(instance)}
        subprocess.run([sys.executable, "-m", "engine.cli", "init"], env=environ, check=True)
        yield instance


def main() -> int:
    """Record every client, or those named after the packages' directory."""
    packages, *named = sys.argv[1:]
    chosen = [client for client in CLIENTS if not named or client.name in named]
    with scratch_instance() as instance, served(instance) as server:
        well = [record(client, Path(packages).resolve(), instance, server.url) for client in chosen]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
