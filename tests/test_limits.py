"""What a hostile or broken server may cost, and how each of its answers is called."""

from __future__ import annotations

import contextlib
import gzip
import ssl
import zlib
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
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crawler.db.engine import open_engine
from crawler.db.models import Capture
from crawler.fetch.http.decoding import MOST_MEMBERS, decode
from crawler.fetch.refusals import BrokenBodyError
from tests.fetching import Site, crawl, in_turn, plain, raw

PAGE = b"<html><body>" + b"page " * 400 + b"</body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
LIMIT = 200_000

ANSWERS = {
    "/ok": plain(PAGE),
    "/gzip": plain(gzip.compress(PAGE), Content_Encoding="gzip"),
    "/deflate": plain(zlib.compress(PAGE), Content_Encoding="deflate"),
    "/bare-deflate": plain(zlib.compress(PAGE, wbits=-15), Content_Encoding="deflate"),
    "/falsely-gzip": plain(PAGE, Content_Encoding="gzip"),
    "/cut-gzip": plain(gzip.compress(PAGE)[:-12], Content_Encoding="gzip"),
    "/broken-gzip": plain(gzip.compress(PAGE)[:12] + b"\xff" * 40, Content_Encoding="gzip"),
    "/brotli": plain(b"\x0b\x02\x80abc\x03", Content_Encoding="br"),
    "/bomb": plain(gzip.compress(b"\0" * 20 * LIMIT), Content_Encoding="gzip"),
    "/declared-huge": raw(HEAD + b"Content-Length: 999999999\r\n\r\n", b"x" * 1000),
    "/huge": raw(HEAD + b"\r\n", *[b"x" * 60_000] * 8),
    "/truncated": raw(HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 100),
    "/closed": raw(b""),
    "/garbage": raw(b"\x00\x01\x02 this is not http\r\n\r\n"),
    "/drip": raw(HEAD + b"Content-Length: 5000\r\n\r\n", *[b"x"] * 100, pause=0.1),
    "/headers": raw(b"HTTP/1.1 200 OK\r\n", *[b"X-Flood: " + b"y" * 9000 + b"\r\n"] * 80, b"\r\nbody"),
    "/loop": plain(b"", "302 Found", Location="/loop"),
    "/hop": plain(b"gone there", "302 Found", Location="/ok"),
    "/nowhere": plain(b"", "302 Found", Location="http://[::1"),
    "/file": plain(b"", "302 Found", Location="file:///etc/passwd"),
    "/once-503": in_turn(plain(b"busy", "503 Service Unavailable"), plain(PAGE)),
    "/always-500": plain(b"broken", "500 Internal Server Error"),
    "/404": plain(b"none", "404 Not Found"),
    "/chunked": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    "/bad-chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One crawl of all of them; each on a server of its own, so that no host is stopped for the faults of another page."""
    sites = {path: Site({path: answer, "/ok": ANSWERS["/ok"]}).__enter__() for path, answer in ANSWERS.items()}
    asks = [{"url": site.url(path), "as": path} for path, site in sites.items()]
    yield crawl(tmp_path_factory.mktemp("limits"), asks, timeout=3.0, max_body=LIMIT)
    for site in sites.values():
        site.__exit__()


@pytest.mark.parametrize("path", ["/ok", "/gzip", "/deflate", "/bare-deflate", "/falsely-gzip", "/once-503", "/hop"])
def test_is_read_in_full(found: dict[str, Any], path: str) -> None:
    assert (found[path]["status"], found[path]["size"]) == (200, len(PAGE))


@pytest.mark.parametrize("path", ["/cut-gzip", "/broken-gzip", "/brotli", "/bomb", "/declared-huge", "/huge"])
def test_is_a_broken_body(found: dict[str, Any], path: str) -> None:
    assert "BrokenBodyError" in found[path]["errors"]


@pytest.mark.parametrize("path", ["/loop", "/nowhere"])
def test_redirects_end(found: dict[str, Any], path: str) -> None:
    assert "RedirectError" in found[path]["errors"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/truncated", "ResponseDataLossError"),
        ("/closed", "DownloadFailedError"),
        ("/garbage", "DownloadFailedError"),
        ("/drip", "DownloadTimeoutError"),
        ("/headers", "DownloadFailedError"),
        ("/bad-chunk", "ResponseDataLossError"),
    ],
)
def test_is_given_up(found: dict[str, Any], path: str, name: str) -> None:
    assert name in found[path]["errors"]


def test_a_redirect_to_a_file_is_not_followed(found: dict[str, Any]) -> None:
    assert found["/file"]["status"] == 302


def test_chunks_are_joined(found: dict[str, Any]) -> None:
    assert found["/chunked"]["body"] == "hello"


@pytest.mark.parametrize(("path", "status"), [("/404", 404), ("/always-500", 500)])
def test_errors_reach_the_spider_as_answers(found: dict[str, Any], path: str, status: int) -> None:
    assert found[path]["status"] == status


# ------------------------------------------------------------------------------------------------------------------ certificates


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    """A server with a certificate that nobody vouches for, asked with and without an exemption, in this order."""
    folder = tmp_path_factory.mktemp("tls")
    with Site({"/ok": plain(PAGE)}, tls=self_signed(folder)) as site:
        asks = [{"url": site.url("/ok"), "as": "exempt", "meta": {"tls": "unverified"}}, {"url": site.url("/ok"), "as": "usual"}]
        asks.append({"url": site.url("/ok"), "as": "other host", "meta": {"tls": "unverified", "allowed_hosts": ["own.example"]}})
        yield crawl(folder, asks), folder


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=36500)).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(built.public_bytes(Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_a_certificate_that_does_not_verify_is_refused(secure: tuple[dict[str, Any], Path]) -> None:
    assert "CertificateError" in secure[0]["usual"]["errors"]


def test_an_exempt_source_is_fetched(secure: tuple[dict[str, Any], Path]) -> None:
    assert secure[0]["exempt"]["size"] == len(PAGE)


def test_the_exemption_is_not_for_other_hosts(secure: tuple[dict[str, Any], Path]) -> None:
    assert secure[0]["other host"]["errors"][0] in {"CertificateError", "RefusedAddressError"}


def test_the_exemption_is_recorded_with_the_capture(secure: tuple[dict[str, Any], Path]) -> None:
    engine = open_engine(f"sqlite:///{secure[1] / 'signoff.sqlite'}")
    with engine.connect() as connection:
        assert set(connection.scalars(select(Capture.tls).where(Capture.url.like("%/ok")))) == {"unverified"}
    engine.dispose()


# ---------------------------------------------------------------------------------------------------------------------- decoding


@given(st.binary(max_size=2000))
def test_whatever_is_packed_comes_out(body: bytes) -> None:
    assert decode(gzip.compress(body), [b"gzip"], 2000) == body


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"gzip, deflate"]))
def test_no_bytes_crash_it(body: bytes, encoding: bytes) -> None:
    with contextlib.suppress(BrokenBodyError):
        decode(body, [encoding], 10_000)


@given(st.binary(min_size=50, max_size=500), st.integers(1, 8))
def test_a_cut_stream_is_never_a_shorter_page(body: bytes, cut: int) -> None:
    with pytest.raises(BrokenBodyError, match="cut short"):
        decode(gzip.compress(body)[:-cut], [b"gzip"], 1000)


def test_members_beyond_the_bound_are_refused() -> None:
    with pytest.raises(BrokenBodyError, match="members"):
        decode(gzip.compress(b"a") * (MOST_MEMBERS + 1), [b"gzip"], 1000)


def test_the_limit_itself_is_allowed() -> None:
    assert decode(gzip.compress(b"x" * 1000), [b"gzip"], 1000) == b"x" * 1000
