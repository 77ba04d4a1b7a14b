"""The fetcher's guards: what it refuses to ask, what it stops reading, what it hands on."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from werkzeug import Response

from engine.api import Fetch
from engine.errors import Refused
from engine.fetcher import Request, Unreachable, fetcher, is_public, requester


@pytest.fixture
def fetch() -> Fetch:
    return fetcher(allow_private=True, timeout=5)


def refusal(fetch: Fetch, url: str) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        fetch(url)
    return caught.value


# --- what it hands on --------------------------------------------------------------------------


def test_an_answer_with_lower_case_headers(httpserver: HTTPServer, fetch: Fetch) -> None:
    httpserver.expect_request("/a").respond_with_data(b"body", headers={"ETag": '"1"'})
    answer = fetch(httpserver.url_for("/a"))
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"body", '"1"')


@pytest.mark.parametrize("status", [304, 404, 429, 503])
def test_any_final_status_is_the_callers_affair(
    httpserver: HTTPServer, fetch: Fetch, status: int
) -> None:
    httpserver.expect_request("/a").respond_with_data(status=status, headers={"Retry-After": "60"})
    answer = fetch(httpserver.url_for("/a"))
    assert (answer.status, answer.headers["retry-after"]) == (status, "60")


def test_it_says_who_asks_and_sends_the_callers_headers(
    httpserver: HTTPServer, fetch: Fetch
) -> None:
    httpserver.expect_request("/a").respond_with_data()
    fetch(httpserver.url_for("/a"), headers={"If-None-Match": '"1"'})
    asked = httpserver.log[0][0].headers
    assert asked["User-Agent"].startswith("Byway/")
    assert asked["If-None-Match"] == '"1"'


def test_a_packed_body_is_unpacked(httpserver: HTTPServer, fetch: Fetch) -> None:
    packed = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/a").respond_with_data(gzip.compress(b"body"), headers=packed)
    assert fetch(httpserver.url_for("/a")).body == b"body"


def test_the_final_address_is_told(httpserver: HTTPServer, fetch: Fetch) -> None:
    redirect(httpserver, "/a", "/b?c=1")
    httpserver.expect_request("/b").respond_with_data(b"body")
    assert fetch(httpserver.url_for("/a")).url == httpserver.url_for("/b?c=1")


def test_letters_beyond_ascii_are_escaped(httpserver: HTTPServer, fetch: Fetch) -> None:
    httpserver.expect_request("/é t").respond_with_data(b"body")
    assert fetch(httpserver.url_for("/") + "é t").body == b"body"


def test_proxies_of_the_environment_are_ignored(
    httpserver: HTTPServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    httpserver.expect_request("/a").respond_with_data(b"body")
    assert fetch(httpserver.url_for("/a")).body == b"body"


# --- what it refuses to ask --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("http://127.0.0.1/", "private_address", id="loopback"),
        pytest.param("http://localhost/", "private_address", id="localhost"),
        pytest.param("http://10.1.2.3/", "private_address", id="10.x"),
        pytest.param("http://172.16.0.1/", "private_address", id="172.16.x"),
        pytest.param("http://192.168.0.1/", "private_address", id="192.168.x"),
        pytest.param("http://100.64.0.1/", "private_address", id="carrier NAT"),
        pytest.param("http://169.254.169.254/latest", "private_address", id="cloud metadata"),
        pytest.param("http://0.0.0.0/", "private_address", id="unspecified"),
        pytest.param("http://224.0.0.1/", "private_address", id="multicast"),
        pytest.param("http://240.0.0.1/", "private_address", id="reserved"),
        pytest.param("http://255.255.255.255/", "private_address", id="broadcast"),
        pytest.param("http://2130706433/", "private_address", id="one number"),
        pytest.param("http://0x7f.1/", "private_address", id="hexadecimal"),
        pytest.param("http://0177.0.0.1/", "private_address", id="octal"),
        pytest.param("http://[::1]/", "private_address", id="IPv6 loopback"),
        pytest.param("http://[::ffff:127.0.0.1]/", "private_address", id="mapped"),
        pytest.param("http://[64:ff9b::a00:1]/", "private_address", id="NAT64 of 10.0.0.1"),
        pytest.param("http://[2002:7f00:1::]/", "private_address", id="6to4 of 127.0.0.1"),
        pytest.param("http://[fe80::1]/", "private_address", id="link-local"),
        pytest.param("http://[fd00::1]/", "private_address", id="unique local"),
        pytest.param("file:///etc/passwd", "bad_url", id="file"),
        pytest.param("ftp://example.org/feed", "bad_url", id="ftp"),
        pytest.param("gopher://example.org/", "bad_url", id="gopher"),
        pytest.param("example.org/feed", "bad_url", id="no scheme"),
        pytest.param("http:///feed", "bad_url", id="no host"),
        pytest.param("http://[::1/", "bad_url", id="broken bracket"),
        pytest.param("http://example.org:99999/", "bad_url", id="no such port"),
        pytest.param("http://me:secret@example.org/", "bad_url", id="credentials"),
        pytest.param("http://exa mple.org/", "bad_url", id="space"),
        pytest.param("", "bad_url", id="empty"),
    ],
)
def test_guards_before_connecting(url: str, kind: str) -> None:
    refused = refusal(fetcher(), url)
    assert refused.kind == kind
    assert refused.mend


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_a_secret_in_an_address_is_not_repeated() -> None:
    assert "secret" not in str(refusal(fetcher(), "http://me:secret@example.org/"))
    assert "secret" not in str(refusal(fetcher(), "http://127.0.0.1/?key=secret"))


def test_an_intranet_host_is_allowed_by_name(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"body")
    fetch = fetcher(private_hosts=[httpserver.host])
    assert fetch(httpserver.url_for("/a")).body == b"body"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name stand for these addresses; returns the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return asked


def test_one_private_answer_among_public_ones_is_a_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.215.14", "127.0.0.1")
    assert refusal(fetcher(), "http://blog.example/").kind == "private_address"


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    assert refusal(fetcher(), "http://blog.example/").kind == "dns"


# --- redirects ---------------------------------------------------------------------------------


def redirect(httpserver: HTTPServer, path: str, to: str, status: int = 302) -> None:
    httpserver.expect_request(path).respond_with_data(status=status, headers={"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(httpserver: HTTPServer, fetch: Fetch, status: int) -> None:
    redirect(httpserver, "/a", httpserver.url_for("/b"), status)
    httpserver.expect_request("/b").respond_with_data(b"body")
    assert fetch(httpserver.url_for("/a")).body == b"body"


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        pytest.param("http://127.0.0.2/", "private_address", id="private host"),
        pytest.param("http://[::ffff:7f00:1]/", "private_address", id="mapped loopback"),
        pytest.param("file:///etc/passwd", "bad_url", id="file"),
        pytest.param("http://me:secret@example.org/", "bad_url", id="credentials"),
        pytest.param("", "status", id="nowhere"),
        pytest.param("/a", "status", id="in a circle"),
    ],
)
def test_a_redirect_is_guarded_like_an_address(httpserver: HTTPServer, to: str, kind: str) -> None:
    redirect(httpserver, "/a", to)
    fetch = fetcher(private_hosts=[httpserver.host])
    assert refusal(fetch, httpserver.url_for("/a")).kind == kind


def test_a_key_does_not_follow_to_another_host(httpserver: HTTPServer, fetch: Fetch) -> None:
    redirect(httpserver, "/a", f"http://127.0.0.1:{httpserver.port}/b")
    httpserver.expect_request("/b").respond_with_data()
    fetch(f"http://localhost:{httpserver.port}/a", headers={"Api-Key": "k", "If-None-Match": "e"})
    asked = httpserver.log[-1][0].headers
    assert (asked.get("Api-Key"), asked.get("If-None-Match")) == (None, "e")


def test_a_name_that_changes_its_mind(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is public when it is judged first, and private when a redirect leads there again."""
    answers = iter(["127.0.0.1", "127.0.0.2"])
    monkeypatch.setattr("engine.fetcher.addresses.is_public", lambda one: one == "127.0.0.1")
    monkeypatch.setattr(
        "socket.getaddrinfo",
        lambda host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))
        ],
    )
    redirect(httpserver, "/a", f"http://blog.example:{httpserver.port}/b")
    refused = refusal(fetcher(), f"http://blog.example:{httpserver.port}/a")
    assert (refused.kind, len(httpserver.log)) == ("private_address", 1)


# --- what it stops reading ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"x" * 2001, "identity", id="plain"),
        pytest.param(gzip.compress(b"x" * 5_000_000), "gzip", id="bomb"),
    ],
)
def test_a_body_that_is_too_large(httpserver: HTTPServer, body: bytes, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    httpserver.expect_request("/a").respond_with_data(body, headers=headers)
    fetch = fetcher(allow_private=True, max_bytes=2000)
    assert refusal(fetch, httpserver.url_for("/a")).kind == "too_large"


def test_a_body_of_the_allowed_size(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x" * 2000)
    fetch = fetcher(allow_private=True, max_bytes=2000)
    assert len(fetch(httpserver.url_for("/a")).body) == 2000


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        pytest.param(b"no gzip", "gzip", "status", id="not what it says"),
        pytest.param(gzip.compress(b"body" * 99)[:-5], "gzip", "connect", id="broken off"),
        pytest.param(b"body", "br", "status", id="not asked for"),
    ],
)
def test_a_packed_body_that_is_not_sound(
    httpserver: HTTPServer, fetch: Fetch, body: bytes, encoding: str, kind: str
) -> None:
    headers = {"Content-Encoding": encoding}
    httpserver.expect_request("/a").respond_with_data(body, headers=headers)
    assert refusal(fetch, httpserver.url_for("/a")).kind == kind


@pytest.fixture
def raw_server() -> Iterator[Any]:
    """Starts a server that sends these bytes, pausing after each; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(parts: list[bytes], pause: float) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
            except OSError:
                return

    threads = []

    def start(*parts: bytes, pause: float = 0) -> str:
        threads.append(threading.Thread(target=serve, args=(list(parts), pause), daemon=True))
        threads[-1].start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    listener.close()
    for thread in threads:
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", "connect", id="short"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
            "connect",
            id="chunks without an end",
        ),
        pytest.param(b"", "connect", id="nothing"),
        pytest.param(b"hello\r\n\r\n", "status", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500, "status", id="endless headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_999, "status", id="endless header"),
    ],
)
def test_an_answer_that_is_not_whole(
    raw_server: Any, fetch: Fetch, answer: bytes, kind: str
) -> None:
    assert refusal(fetch, f"http://{raw_server(answer)}/").kind == kind


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", id="header"),
    ],
)
def test_a_server_that_drips_is_cut_off(raw_server: Any, head: bytes) -> None:
    address = raw_server(head, *[b"x"] * 30, pause=0.05)
    fetch = fetcher(allow_private=True, timeout=0.3)
    assert refusal(fetch, f"http://{address}/").kind == "timeout"


def test_a_server_that_is_silent(raw_server: Any) -> None:
    address = raw_server(b"", pause=0.5)
    fetch = fetcher(allow_private=True, timeout=0.2)
    assert refusal(fetch, f"http://{address}/").kind == "timeout"


def test_nobody_listens(fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refusal(fetch, f"http://127.0.0.1:{port}/").kind == "connect"


def test_a_server_without_tls(raw_server: Any, fetch: Fetch) -> None:
    assert refusal(fetch, f"https://{raw_server(b'hello')}/").kind == "tls"


# --- pinning -----------------------------------------------------------------------------------


def test_it_connects_where_it_looked_and_names_the_host(
    httpserver: HTTPServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/a").respond_with_handler(
        lambda request: Response(request.headers["Host"])
    )
    looked_up = resolve_to(monkeypatch, "127.0.0.1")
    answer = fetch(f"http://blog.example:{httpserver.port}/a")
    assert answer.body.decode() == f"blog.example:{httpserver.port}"
    assert looked_up == ["blog.example"]


def test_the_next_address_is_tried(
    httpserver: HTTPServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"body")
    resolve_to(monkeypatch, "127.0.0.9", "127.0.0.1")
    assert fetch(f"http://blog.example:{httpserver.port}/a").body == b"body"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of blog.example, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "blog.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("blog.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "blog.pem"
    path.write_bytes(signed.public_bytes(Encoding.PEM) + key.private_bytes(*plain))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", ssl_context=context) as server:
        server.expect_request("/a").respond_with_data(b"body")
        yield server


def test_tls_is_checked_for_the_name(
    secure: HTTPServer, fetch: Fetch, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    resolve_to(monkeypatch, "127.0.0.1")
    assert fetch(f"https://blog.example:{secure.port}/a").body == b"body"


def test_a_certificate_of_another_name(
    secure: HTTPServer, fetch: Fetch, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    resolve_to(monkeypatch, "127.0.0.1")
    assert refusal(fetch, f"https://other.example:{secure.port}/a").kind == "tls"


def test_a_certificate_that_nobody_trusts(
    secure: HTTPServer, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    assert refusal(fetch, f"https://blog.example:{secure.port}/a").kind == "tls"


def test_unreachable_is_a_refusal() -> None:
    assert issubclass(Unreachable, Refused)


# --- requests that are no fetches --------------------------------------------------------------


@pytest.fixture
def request_() -> Request:
    return requester(allow_private=True, max_bytes=2000, timeout=5)


def test_a_body_is_sent(httpserver: HTTPServer, request_: Request) -> None:
    httpserver.expect_request("/a", method="POST").respond_with_data(b"taken", status=201)
    answer = request_("POST", httpserver.url_for("/a?b=c"), {"X-A": "1"}, b"body")
    asked = httpserver.log[0][0]
    assert (answer.status, answer.body) == (201, b"taken")
    assert (asked.get_data(), asked.headers["X-A"], asked.args["b"]) == (b"body", "1", "c")


def test_a_redirect_of_a_request_is_an_answer(httpserver: HTTPServer, request_: Request) -> None:
    redirect(httpserver, "/a", "/b")
    answer = request_("POST", httpserver.url_for("/a"), {}, b"body")
    assert (answer.status, answer.headers["location"], len(httpserver.log)) == (302, "/b", 1)


def test_a_request_is_guarded_like_a_fetch(httpserver: HTTPServer, request_: Request) -> None:
    with pytest.raises(Unreachable) as caught:
        requester()("POST", httpserver.url_for("/a"), {}, b"body")
    assert caught.value.kind == "private_address"
    httpserver.expect_request("/a").respond_with_data(b"x" * 2001)
    with pytest.raises(Unreachable) as caught:
        request_("POST", httpserver.url_for("/a"), {}, b"body")
    assert caught.value.kind == "too_large"


def test_who_does_not_want_all_of_a_body_is_heard(raw_server: Any, request_: Request) -> None:
    address = raw_server(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    assert request_("POST", f"http://{address}/", {}, b"x" * 20_000_000).status == 413


# --- fetches of another method ------------------------------------------------------------------


def test_a_fetch_may_post(httpserver: HTTPServer, fetch: Fetch) -> None:
    httpserver.expect_request("/a", method="POST").respond_with_data(b"taken")
    answer = fetch(httpserver.url_for("/a"), method="POST", body=b"body")
    assert (answer.body, httpserver.log[0][0].get_data()) == (b"taken", b"body")


def test_what_is_posted_goes_to_no_other_address(httpserver: HTTPServer, fetch: Fetch) -> None:
    redirect(httpserver, "/a", "/b", 307)
    answer = fetch(httpserver.url_for("/a"), method="POST", body=b"body")
    assert (answer.status, len(httpserver.log)) == (307, 1)


# --- which hosts it may ask ---------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "www.localhost"])
def test_a_host_that_may_be_asked(httpserver: HTTPServer, host: str) -> None:
    httpserver.expect_request("/a").respond_with_data(b"body")
    fetch = fetcher(allow_private=True, hosts={host})
    assert fetch(f"http://localhost:{httpserver.port}/a").body == b"body"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_not_asked(httpserver: HTTPServer, method: str) -> None:
    fetch = fetcher(allow_private=True, hosts={"example.org"})
    with pytest.raises(Unreachable) as caught:
        fetch(httpserver.url_for("/a"), method=method)
    assert (caught.value.kind, httpserver.log) == ("foreign_host", [])


def test_a_redirect_leads_to_no_other_host(httpserver: HTTPServer) -> None:
    redirect(httpserver, "/a", f"http://127.0.0.1:{httpserver.port}/b")
    fetch = fetcher(allow_private=True, hosts={"localhost"})
    refused = refusal(fetch, f"http://localhost:{httpserver.port}/a")
    assert (refused.kind, len(httpserver.log)) == ("foreign_host", 1)
    assert "new address" in refused.mend


def test_a_host_that_the_operator_allows(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"body")
    fetch = fetcher(hosts={"example.org"}, private_hosts={httpserver.host})
    assert fetch(httpserver.url_for("/a")).body == b"body"


# --- how much it asks ---------------------------------------------------------------------------


def test_one_poll_asks_so_many_times(httpserver: HTTPServer) -> None:
    redirect(httpserver, "/a", "/b")
    httpserver.expect_request("/b").respond_with_data(b"body")
    fetch = fetcher(allow_private=True, max_requests=3)
    fetch(httpserver.url_for("/a"))
    assert refusal(fetch, httpserver.url_for("/a")).kind == "budget"
    assert len(httpserver.log) == 3


def test_one_poll_reads_so_many_bytes(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"x" * 1000)
    fetch = fetcher(allow_private=True, max_total=1000)
    assert len(fetch(httpserver.url_for("/a")).body) == 1000
    assert refusal(fetch, httpserver.url_for("/a")).kind == "budget"


# --- what sites ask of programs -----------------------------------------------------------------


def robots(httpserver: HTTPServer, text: str, status: int = 200) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(text, status=status)
    httpserver.expect_request("/a").respond_with_data(b"body")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("User-agent: *\nDisallow: /b", 200, id="other pages"),
        pytest.param("no such page", 404, id="no robots.txt"),
        pytest.param("<html>", 200, id="a web page"),
    ],
)
def test_a_page_that_programs_may_read(httpserver: HTTPServer, text: str, status: int) -> None:
    robots(httpserver, text, status)
    fetch = fetcher(allow_private=True)
    assert fetch(httpserver.url_for("/a"), robots=True).body == b"body"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("User-agent: *\nDisallow: /", 200, id="all of it"),
        pytest.param("User-agent: byway\nDisallow: /a", 200, id="by name"),
        pytest.param("down", 503, id="out of order"),
    ],
)
def test_a_page_that_programs_may_not_read(httpserver: HTTPServer, text: str, status: int) -> None:
    robots(httpserver, text, status)
    with pytest.raises(Unreachable) as caught:
        fetcher(allow_private=True)(httpserver.url_for("/a"), robots=True)
    assert caught.value.kind == "robots"


def test_robots_are_not_asked_of_what_is_published_for_programs(
    httpserver: HTTPServer, fetch: Fetch
) -> None:
    robots(httpserver, "User-agent: *\nDisallow: /")
    assert fetch(httpserver.url_for("/a")).body == b"body"


def test_robots_are_asked_once(httpserver: HTTPServer, fetch: Fetch) -> None:
    robots(httpserver, "")
    fetch(httpserver.url_for("/a"), robots=True)
    fetch(httpserver.url_for("/a"), robots=True)
    assert [asked.path for asked, _ in httpserver.log] == ["/robots.txt", "/a", "/a"]
