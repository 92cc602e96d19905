"""The national registry, tested as data: one case per source, so that the report names it."""

from __future__ import annotations

from pathlib import Path

import pytest

import spiders.sources
from crawler.registry.registry import PROVINCES, Source, load
from spiders.families import family_of
from spiders.sites import SITES

HOME = Path(str(next(iter(spiders.sources.__path__))))
REGISTRY = load(HOME)
GOLDEN = Path(__file__).parent / "golden_lists"

each = pytest.mark.parametrize("source", REGISTRY.values(), ids=lambda source: source.id)
active = pytest.mark.parametrize("source", REGISTRY.active(), ids=lambda source: source.id)


def test_there_are_sources() -> None:
    assert len(REGISTRY) >= 250


def test_every_province_of_the_mainland_has_a_file() -> None:
    files = {path.stem for path in HOME.glob("*.toml")}
    assert {pinyin for code, (_, pinyin) in PROVINCES.items() if code not in ("71", "81", "82")} <= files


@active
def test_active_source_starts_with_a_request(source: Source) -> None:
    family = (SITES.get(source.id) or family_of(source.family))(source.options)
    asks = [family.first(url) for url in source.list_urls]
    assert [ask.url.startswith("http") for ask in asks] == [True] * max(1, len(asks))


@each
def test_family_has_golden_lists(source: Source) -> None:
    assert any((GOLDEN / source.family).glob("*/about.toml"))


@each
def test_an_entry_is_short(source: Source) -> None:
    """Twelve lines tell all a reviewer must know, comments apart."""
    block = (HOME / source.file).read_text("utf-8").split("[[source]]")
    own = next(text for text in block if f'"{source.id}"' in text)
    assert len([line for line in own.splitlines() if line.strip() and not line.startswith("#")]) <= 12


@each
def test_a_gap_says_why(source: Source) -> None:
    assert source.paused is None or len(source.paused) >= 15


def test_sites_are_sources() -> None:
    assert set(SITES) <= set(REGISTRY)


def test_reposting_sources_are_marked() -> None:
    assert [source.id for source in REGISTRY.values() if source.reposts] == ["quanguo_beidouzhiku"]
