"""The history decision: what looks mean. Promises of the project as properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.notice.model import ChangeKind, DocType, State
from crawler.policy.history import File, Seen, compare_files, is_wave, of_absence, of_presence, pair_files

T0 = datetime(2025, 6, 4, 1, tzinfo=UTC)
SIGNOFF = DocType.SIGNOFF_NOTICE
misses = st.lists(st.integers(0, 400), min_size=1, max_size=8).map(lambda hours: [T0 + timedelta(hours=h) for h in sorted(hours)])
seens = st.builds(
    Seen,
    known=st.sampled_from([None, *State]),
    wording=st.booleans(),
    files=st.booleans(),
    moved=st.booleans(),
    twin=st.booleans(),
    twin_gone=st.booleans(),
)


@given(misses, st.integers(1, 5), st.floats(0, 200))
def test_fewer_looks_than_asked_for_decide_nothing(rows: list[datetime], looks: int, hours: float) -> None:
    if len(rows) < looks:
        assert of_absence(rows, looks, hours, SIGNOFF, None, None) is None


@given(misses, st.integers(1, 5), st.floats(0.1, 200))
def test_looks_too_close_together_decide_nothing(rows: list[datetime], looks: int, hours: float) -> None:
    if rows[-1] - rows[0] < timedelta(hours=hours):
        assert of_absence(rows, looks, hours, SIGNOFF, None, None) is None


@given(misses, st.sampled_from([k for k in DocType if k is not SIGNOFF]), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_what_has_no_window_never_expires(rows: list[datetime], kind: DocType, end: date) -> None:
    assert of_absence(rows, 1, 0, kind, end, end) is ChangeKind.WITHDRAWN


@pytest.mark.parametrize(
    ("end", "published", "kind"),
    [
        pytest.param(date(2025, 6, 3), None, ChangeKind.EXPIRED, id="window over the day before"),
        pytest.param(date(2025, 6, 4), None, ChangeKind.WITHDRAWN, id="last day of the window"),
        pytest.param(None, date(2025, 5, 4), ChangeKind.EXPIRED, id="no end known, thirty-one days after publication"),
        pytest.param(None, date(2025, 5, 5), ChangeKind.WITHDRAWN, id="no end known, thirty days after publication"),
        pytest.param(None, None, ChangeKind.WITHDRAWN, id="nothing known"),
        pytest.param(date(2025, 6, 20), date(2024, 1, 1), ChangeKind.WITHDRAWN, id="a stated end outranks the publication"),
    ],
)
def test_first_miss_decides_between_withdrawn_and_expired(end: date | None, published: date | None, kind: ChangeKind) -> None:
    assert of_absence([T0, T0 + timedelta(days=90)], 2, 48, SIGNOFF, end, published) is kind


def test_first_miss_is_a_day_in_china() -> None:
    late_evening_utc = datetime(2025, 6, 4, 17, tzinfo=UTC)  # already 5 June in China
    assert of_absence([late_evening_utc], 1, 0, SIGNOFF, date(2025, 6, 4), None) is ChangeKind.EXPIRED


@given(seens)
def test_a_page_never_kept_makes_exactly_one_event(seen: Seen) -> None:
    if seen.known is None and not (seen.twin and seen.twin_gone):
        assert len(of_presence(seen)) == 1


@given(seens)
def test_a_known_text_elsewhere_is_never_new(seen: Seen) -> None:
    if seen.twin:
        assert ChangeKind.NEW not in of_presence(seen)


@given(seens)
def test_an_unchanged_live_page_in_its_place_makes_no_event(seen: Seen) -> None:
    if seen.known in (State.LIVE, State.MISSING) and not (seen.wording or seen.files or seen.moved):
        assert of_presence(seen) == ()


@given(seens)
def test_only_what_was_declared_gone_is_restored(seen: Seen) -> None:
    assert (ChangeKind.RESTORED in of_presence(seen)) == (seen.known in (State.WITHDRAWN, State.EXPIRED))


@given(seens)
def test_revised_means_wording_or_files_of_a_known_notice(seen: Seen) -> None:
    if ChangeKind.REVISED in of_presence(seen):
        assert seen.wording or seen.files


@pytest.mark.parametrize(("gone", "known", "wave"), [(9, 10, False), (10, 50, True), (10, 51, False), (200, 1000, True), (0, 0, False)])
def test_a_fifth_and_at_least_ten_is_a_wave(gone: int, known: int, wave: bool) -> None:
    assert is_wave(gone, known) is wave


files = st.lists(
    st.builds(File, st.sampled_from("abc"), st.sampled_from("uvwx"), st.sampled_from([None, "1", "2"]), st.sampled_from([None, "t", "s"])),
    max_size=4,
)


@given(files, files)
def test_every_file_is_paired_once(before: list[File], after: list[File]) -> None:
    pairs = pair_files(before, after)
    assert sorted(map(repr, (old for old, _ in pairs if old))) == sorted(map(repr, before))
    assert sorted(map(repr, (new for _, new in pairs if new))) == sorted(map(repr, after))


@given(files)
def test_files_do_not_differ_from_themselves(rows: list[File]) -> None:
    assert not compare_files(rows, rows)


@given(files)
def test_a_file_that_could_not_be_fetched_changes_nothing(rows: list[File]) -> None:
    failed = [File(file.name, file.url, None, None) for file in rows]
    assert not compare_files(rows, failed).changed
    assert not compare_files(failed, rows).changed


def test_a_file_replaced_under_its_address_is_changed() -> None:
    assert compare_files([File("表.doc", "u", "1", "a")], [File("表.doc", "u", "2", "b")]).changed == ("表.doc",)


def test_the_same_text_saved_again_is_no_change() -> None:
    assert not compare_files([File("表.doc", "u", "1", "a")], [File("表.doc", "u", "2", "a")])


def test_a_renamed_link_to_the_same_bytes_is_no_change() -> None:
    assert not compare_files([File("附件1", "u", "1")], [File("附件：情况表", "v", "1")])


def test_a_further_file_is_added() -> None:
    assert compare_files([], [File("补充.pdf", "u", None)]).added == ("补充.pdf",)
