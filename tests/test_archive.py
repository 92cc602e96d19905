"""What the network said is on disk before anybody reads it, and comes out as it went in."""

from __future__ import annotations

import asyncio
import fcntl
import gzip
import hashlib
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from warcio.archiveiterator import ArchiveIterator

from crawler.db.database import Database
from crawler.db.engine import open_engine, ready
from crawler.db.models import Capture, Fetch
from crawler.errors import ArchiveError
from crawler.fetch.archive import warc
from crawler.fetch.archive.archive import Archive, Attempt, Receipt
from crawler.fetch.archive.warc import Exchange
from tests.fetching import Site, crawl, plain, raw, start

AT = datetime(2025, 6, 4, 1, 2, 3, 456789, tzinfo=UTC)
PAGE = "<html>公示".encode("gb18030") * 50


def exchange(body: bytes = PAGE, url: str = "http://site.example/a?b=1", status: int = 200, **more: Any) -> Exchange:
    headers = ((b"Content-Type", b"text/html"), (b"Content-Disposition", "附件.doc".encode("gb18030")))
    return Exchange(url, "GET", ((b"User-Agent", b"x"),), b"", status, more.pop("headers", headers), body, AT)


def attempt(answer: Exchange | None = None, **more: Any) -> Attempt:
    answer = answer or exchange()
    return Attempt(answer.url, "detail", AT, 0.5, status=answer.status, exchange=answer, **more)


@pytest.fixture
def database(engine: Engine) -> Iterator[Database]:
    made = Database(engine)
    yield made
    made.close()


@pytest.fixture
def archive(database: Database, tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path / "warc", database, software="test", max_body=10**6)
    yield made
    made.close()


def keep(archive: Archive, *attempts: Attempt) -> list[Receipt]:
    async def together() -> list[Receipt]:
        return await asyncio.gather(*(archive.keep(one) for one in attempts))

    return asyncio.run(together())


def files(archive: Archive) -> list[Path]:
    return sorted(archive.folder.glob("*.warc.gz"))


def records(path: Path) -> list[tuple[str, str, bytes]]:
    """Type, target and content of each record, as warcio reads them, digests checked."""
    with path.open("rb") as file:
        return [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
            for record in ArchiveIterator(file, check_digests="raise")
        ]


def test_a_capture_comes_out_as_it_went_in(archive: Archive) -> None:
    kept = archive.read(keep(archive, attempt())[0].capture_id)
    assert (kept.status, kept.headers, kept.raw, kept.fetched) == (200, exchange().headers, PAGE, AT)


def test_a_capture_is_decoded_when_asked(archive: Archive) -> None:
    packed = exchange(gzip.compress(PAGE), headers=((b"Content-Encoding", b"gzip"),))
    assert archive.read(keep(archive, attempt(packed))[0].capture_id).body == PAGE


def test_the_receipt_holds_the_digest_of_the_payload_as_sent(archive: Archive) -> None:
    body = gzip.compress(PAGE)
    receipt = keep(archive, attempt(exchange(body, headers=((b"Content-Encoding", b"gzip"),))))[0]
    assert receipt.sha256 == hashlib.sha256(body).hexdigest()


def test_warcio_reads_it(archive: Archive) -> None:
    keep(archive, attempt())
    kinds = [(kind, body) for kind, _, body in records(files(archive)[0])]
    assert kinds[1:] == [("response", PAGE), ("request", b"")]


def test_fastwarc_reads_it(archive: Archive) -> None:
    keep(archive, attempt())
    with files(archive)[0].open("rb") as file:
        bodies = [r.reader.read() for r in FastIterator(file, record_types=WarcRecordType.response, parse_http=True)]
    assert bodies == [PAGE]


def test_fastwarc_finds_the_digests_right(archive: Archive) -> None:
    keep(archive, attempt())
    with files(archive)[0].open("rb") as file:
        assert all(r.verify_payload_digest() for r in FastIterator(file, record_types=WarcRecordType.response))


def test_a_known_payload_becomes_a_revisit(archive: Archive) -> None:
    keep(archive, attempt())
    keep(archive, attempt(exchange(url="http://other.example/")))
    assert [kind for kind, *_ in records(files(archive)[0])] == ["warcinfo", "response", "request", "revisit", "request"]


def test_a_revisit_gives_the_payload_of_its_original(archive: Archive) -> None:
    keep(archive, attempt())
    kept = archive.read(keep(archive, attempt(exchange(url="http://other.example/", status=203)))[0].capture_id)
    assert (kept.url, kept.status, kept.raw) == ("http://other.example/", 203, PAGE)


def test_a_revisit_names_the_first_record(archive: Archive, engine: Engine) -> None:
    first = keep(archive, attempt())[0].capture_id
    keep(archive, attempt())
    with engine.connect() as connection:
        assert connection.scalars(select(Capture.original_id).order_by(Capture.id)).all() == [None, first]


def test_twins_in_one_batch_are_kept_once(archive: Archive) -> None:
    keep(archive, *[attempt(exchange(url=f"http://site.example/{n}")) for n in range(5)])
    assert sum(kind == "response" for kind, *_ in records(files(archive)[0])) == 1


def test_another_process_knows_the_payload_from_the_database(archive: Archive, database: Database) -> None:
    keep(archive, attempt())
    other = Archive(archive.folder, database, software="test", max_body=10**6)
    keep(other, attempt())
    other.close()
    assert sum(kind == "revisit" for path in files(archive) for kind, *_ in records(path)) == 1


def test_a_payload_whose_file_is_gone_is_kept_anew(archive: Archive, database: Database) -> None:
    keep(archive, attempt())
    files(archive)[0].unlink()
    other = Archive(archive.folder, database, software="test", max_body=10**6)
    kept = other.read(keep(other, attempt())[0].capture_id)
    other.close()
    assert kept.raw == PAGE


def test_an_empty_payload_is_no_revisit(archive: Archive) -> None:
    keep(archive, attempt(exchange(b"")))
    keep(archive, attempt(exchange(b"")))
    assert [kind for kind, *_ in records(files(archive)[0])].count("response") == 2


def test_a_batch_may_be_large(archive: Archive) -> None:
    bodies = [b"%d" % n for n in range(600)]
    receipts = keep(archive, *[attempt(exchange(body)) for body in bodies])
    assert [archive.read(receipt.capture_id).raw for receipt in receipts[::50]] == bodies[::50]


def test_an_attempt_without_an_answer_leaves_a_row(archive: Archive, engine: Engine) -> None:
    async def note() -> None:
        archive.note(Attempt("http://site.example/x", "list", AT, 60.0, error="DownloadTimeoutError"))
        await archive.flush()

    asyncio.run(note())
    with engine.connect() as connection:
        row = connection.execute(select(Fetch.role, Fetch.status, Fetch.error, Fetch.seconds, Fetch.capture_id)).one()
    assert tuple(row) == ("list", None, "DownloadTimeoutError", 60.0, None)


def test_the_newest_capture_since_an_instant_is_found(archive: Archive) -> None:
    keep(archive, attempt())
    assert archive.latest(exchange().url, AT) is not None


def test_an_older_capture_is_not_found(archive: Archive) -> None:
    keep(archive, attempt())
    assert archive.latest(exchange().url, AT + timedelta(seconds=1)) is None


def test_a_post_is_told_apart_by_its_body(archive: Archive) -> None:
    for form, answer in ((b"page=1", b"one"), (b"page=2", b"two")):
        keep(archive, attempt(Exchange("http://site.example/api", "POST", (), form, 200, (), answer, AT)))
    kept = archive.latest("http://site.example/api", AT, method="POST", body=b"page=1")
    assert kept is not None
    assert kept.raw == b"one"


def test_a_full_disk_ends_with_one_line(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(archive, attempt())
    monkeypatch.setattr(os, "fdatasync", _no_space)
    with pytest.raises(ArchiveError, match="No space left on device: make room"):
        keep(archive, attempt(exchange(b"more")))


def test_a_full_disk_leaves_no_half_record(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(archive, attempt())
    before = files(archive)[0].stat().st_size
    monkeypatch.setattr(os, "fdatasync", _no_space)
    with pytest.raises(ArchiveError):
        keep(archive, attempt(exchange(b"more")))
    assert files(archive)[0].stat().st_size == before


def test_a_full_disk_leaves_no_row(archive: Archive, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fdatasync", _no_space)
    with pytest.raises(ArchiveError):
        keep(archive, attempt())
    with engine.connect() as connection:
        assert connection.scalars(select(Capture.id)).all() == []


def _no_space(_: int) -> None:
    raise OSError(28, os.strerror(28))


def test_changed_bytes_are_noticed(archive: Archive) -> None:
    receipt = keep(archive, attempt())[0]
    other = warc.response_member(exchange(b"forged"), "0" * 64, warc.new_record_id(), None)
    path = files(archive)[0]
    with path.open("r+b") as file:
        start = len(path.read_bytes().split(b"\x1f\x8b\x08")[1]) + 3
        file.seek(start)
        file.write(other)
    with pytest.raises(ArchiveError):
        archive.read(receipt.capture_id)


def test_files_rotate(tmp_path: Path) -> None:
    writer = warc.Writer(tmp_path, "test", limit=100)
    names = {writer.append([b"x" * 200])[0] for _ in range(3)}
    writer.close()
    assert len(names) == 3


def test_a_finished_file_has_no_companion(archive: Archive) -> None:
    keep(archive, attempt())
    archive.close()
    assert list(archive.folder.glob("*.open")) == []


@settings(max_examples=25)
@given(cut=st.integers(1, 400))
def test_a_torn_tail_is_cut_to_whole_records(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    path = folder / "a.warc.gz"
    members = [warc.response_member(exchange(b"%d" % n * 99), "0" * 64, warc.new_record_id(), None) for n in range(3)]
    path.write_bytes(b"".join(members)[:-cut])
    (folder / "a.warc.gz.open").touch()
    warc.repair(folder, lambda _: None)
    assert path.read_bytes() in {b"".join(members[:n]) for n in range(3)}


def test_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    writer = warc.Writer(tmp_path, "test")
    writer.append([b"no gzip at all"])
    assert warc.repair(tmp_path, lambda _: None) == []
    writer.close()


def test_a_companion_that_another_process_tidied_away_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock

    def another_is_first(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        warc.repair(tmp_path, lambda _: None)
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", another_is_first)
    writer = warc.Writer(tmp_path, "test")
    name, _ = writer.append([b"x"])
    assert (tmp_path / f"{name}.open").exists()
    writer.close()


def test_header_values_cannot_begin_a_new_line() -> None:
    member = warc.response_member(exchange(headers=((b"X", b"a\r\nContent-Type: evil"),)), "0" * 64, warc.new_record_id(), None)
    assert b"\r\nContent-Type: evil" not in gzip.decompress(member)


# ------------------------------------------------------------------------------------------------------------- with a real crawl


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path, Site]]:
    folder = tmp_path_factory.mktemp("crawl")
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    answers = {
        "/ok": plain(PAGE, Content_Encoding="identity"), "/hop": plain(b"moved", "301 Moved", Location="/ok"), "/reset": raw(b""),
        "/same": plain(b"", "304 Not Modified"), "/404": plain(b"none", "404 Not Found"), "/api": plain(b"{}"),
        "/packed": plain(gzip.compress(PAGE), Content_Encoding="gzip"), "/robots.txt": plain(b"User-agent: *\nAllow: /\n"),
    }  # fmt: skip
    with Site(answers) as site:
        asks: list[dict[str, Any]] = [{"url": site.url(path), "as": path} for path in answers if path != "/robots.txt"]
        asks[-2] |= {"method": "POST", "body": "page=2"}
        first = crawl(folder, asks)
        again = crawl(folder, [{"url": site.url("/packed"), "as": "/again", "meta": {"replay_since": since}}])
        yield first | again, folder, site


@pytest.fixture
def rows(crawled: tuple[dict[str, Any], Path, Site]) -> Iterator[Any]:
    engine = open_engine(f"sqlite:///{crawled[1] / 'signoff.sqlite'}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("path", ["/ok", "/hop", "/404", "/api", "/packed"])
def test_every_answer_names_its_capture(crawled: tuple[dict[str, Any], Path, Site], path: str) -> None:
    assert crawled[0][path]["meta"]["capture_id"] > 0


def test_each_hop_of_a_redirect_is_kept(crawled: tuple[dict[str, Any], Path, Site], rows: Any) -> None:
    assert rows.scalars(select(Capture.status).where(Capture.url.like("%/hop"))).all() == [301]


def test_robots_txt_is_kept(rows: Any) -> None:
    assert rows.scalars(select(Fetch.role).where(Fetch.url.like("%/robots.txt"))).all() == ["robots"]


def test_a_reset_leaves_a_row_for_each_try(rows: Any) -> None:
    errors = rows.scalars(select(Fetch.error).where(Fetch.url.like("%/reset"))).all()
    assert [error.split(":")[0] for error in errors] == ["DownloadFailedError"] * 3


def test_not_modified_is_said(crawled: tuple[dict[str, Any], Path, Site]) -> None:
    assert crawled[0]["/same"]["meta"]["not_modified"] is True


def test_a_form_is_kept_by_its_digest(rows: Any) -> None:
    wanted = hashlib.sha256(b"page=2").hexdigest()
    assert rows.scalars(select(Capture.request_sha256).where(Capture.method == "POST")).all() == [wanted]


def test_what_was_fetched_before_is_not_asked_for_again(crawled: tuple[dict[str, Any], Path, Site]) -> None:
    assert crawled[2].paths().count("/packed") == 1


def test_a_replayed_answer_is_the_same(crawled: tuple[dict[str, Any], Path, Site]) -> None:
    first, again = crawled[0]["/packed"], crawled[0]["/again"]
    assert (first["body"], first["meta"]["capture_id"]) == (again["body"], again["meta"]["capture_id"])


def test_an_archive_that_cannot_be_written_ends_the_run_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "warc").touch()
    with Site({"/a": plain(PAGE)}) as site:
        process = start(tmp_path, [{"url": site.url("/a"), "as": "a"}])
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err.count("\n"), '"capture_id"' in out) == (1, 1, False)
    assert err.startswith(f"ArchiveError: archive {tmp_path / 'warc'}: ")


def test_a_kill_leaves_nothing_that_a_row_names_unreadable(tmp_path: Path) -> None:
    with Site({f"/{n}": plain(b"%d" % n * 999) for n in range(200)}, linger=0.005) as site:
        process = start(tmp_path, [{"url": site.url(f"/{n}")} for n in range(200)])
        while len(site.log) < 60 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    engine = open_engine(f"sqlite:///{tmp_path / 'signoff.sqlite'}")
    ready(engine, create=False)
    archive = Archive(tmp_path / "warc", Database(engine), software="test", max_body=10**6)
    archive.repair()
    with engine.connect() as connection:
        ids = connection.scalars(select(Capture.id)).all()
    sizes = [len(archive.read(capture_id).raw) for capture_id in ids]
    archive.database.close()
    assert len(sizes) > 20
    assert [record for path in files(archive) for record in records(path)]
