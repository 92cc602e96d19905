"""The registry's reader: what loads, and that every mistake is named with file, line and key, all at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crawler.errors import RegistryError, UsageError
from crawler.registry import toml_lines
from crawler.registry.registry import Expect, Registry, load

GOOD = """\
# 甘肃
[[source]]
id        = "gansu_lanzhou"
name      = "兰州市生态环境局"
region    = "620100"
family    = "trs"
list_urls = ["https://sthjj.example.gov.cn/dczg/index.html"]
expect    = { quiet_days = 120, since = 2022-05-01 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gansu.toml").write_text(GOOD, "utf-8")
    return tmp_path


def with_lines(folder: Path, *lines: str, without: str = "") -> Path:
    kept = [line for line in GOOD.splitlines() if not without or not line.startswith(without)]
    (folder / "gansu.toml").write_text("\n".join([*kept, *lines]) + "\n", "utf-8")
    return folder


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        load(folder)
    return caught.value.mistakes


class TestLoads:
    def test_source(self, folder: Path) -> None:
        source = load(folder)["gansu_lanzhou"]
        assert (source.name, source.region, source.family) == ("兰州市生态环境局", "620100", "trs")

    def test_expectation(self, folder: Path) -> None:
        assert load(folder)["gansu_lanzhou"].expect == Expect(120, date(2022, 5, 1))

    def test_defaults(self, folder: Path) -> None:
        source = load(folder)["gansu_lanzhou"]
        assert (source.schedule, source.tls, source.browser, source.paused, source.verified, source.delay) == (
            "daily",
            "verify",
            False,
            None,
            None,
            None,
        )

    def test_options_left_out_hold_the_default(self, folder: Path) -> None:
        assert load(folder)["gansu_lanzhou"].options == {"entry": None, "first": None}

    def test_options_given(self, folder: Path) -> None:
        source = load(with_lines(folder, 'options = { entry = "ul.news > li", first = 1 }'))["gansu_lanzhou"]
        assert source.options == {"entry": "ul.news > li", "first": 1}

    def test_options_as_a_table_of_their_own(self, folder: Path) -> None:
        assert load(with_lines(folder, "[source.options]", "first = 1"))["gansu_lanzhou"].options["first"] == 1

    def test_every_key(self, folder: Path) -> None:
        lines = (
            'schedule = "weekly"',
            "verified = 2026-11-20",
            "browser = true",
            "delay = 5",
            'cluster = "gansu"',
            "reposts = true",
            'tls = "unverified"',
            'tls_reason = "certificate ran out on 2026-03-01"',
            'night = "22:00-06:00"',
        )
        source = load(with_lines(folder, *lines))["gansu_lanzhou"]
        assert (source.delay, source.night, source.tls) == (5, "22:00-06:00", "unverified")

    def test_loopback_with_a_port(self, folder: Path) -> None:
        source = load(with_lines(folder, 'list_urls = ["http://127.42.5.1:8042/a/", "http://127.42.5.1:8042/b/"]', without="list_urls"))[
            "gansu_lanzhou"
        ]
        assert len(source.list_urls) == 2

    def test_categories_behind_a_hash_are_lists_of_their_own(self, folder: Path) -> None:
        lists = 'list_urls = ["https://x.example/gkmlpt/index#1", "https://x.example/gkmlpt/index#2"]'
        assert len(load(with_lines(folder, lists, without="list_urls"))["gansu_lanzhou"].list_urls) == 2

    def test_a_paused_source_may_have_no_list(self, folder: Path) -> None:
        source = load(with_lines(folder, 'paused = "list address unknown"', "paused_on = 2026-11-24", without="list_urls"))["gansu_lanzhou"]
        assert (source.list_urls, source.paused_on) == ((), date(2026, 11, 24))

    def test_windows_line_ends_and_a_byte_order_mark(self, folder: Path) -> None:
        (folder / "gansu.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
        assert "gansu_lanzhou" in load(folder)

    def test_whole_country(self, tmp_path: Path) -> None:
        (tmp_path / "quanguo.toml").write_text(GOOD.replace("gansu_lanzhou", "quanguo_x").replace("620100", "000000"), "utf-8")
        assert load(tmp_path)["quanguo_x"].region == "000000"

    def test_order_of_files_and_tables(self, folder: Path) -> None:
        (folder / "anhui.toml").write_text(
            GOOD.replace("gansu_lanzhou", "anhui_wuhu").replace("620100", "340200").replace("sthjj", "wuhu"), "utf-8"
        )
        assert list(load(folder)) == ["anhui_wuhu", "gansu_lanzhou"]

    def test_no_file_is_a_mistake_of_the_user(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no registry"):
            load(tmp_path)


class TestMistakes:
    def test_family_of_clicks_needs_a_browser(self, folder: Path) -> None:
        (folder / "gansu.toml").write_text(GOOD.replace('"trs"', '"script"'), "utf-8")
        with pytest.raises(RegistryError, match="family: script needs browser = true"):
            load(folder)

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            pytest.param('famly = "trs"', "gansu.toml:9: famly: unknown key; nearest: family", id="unknown key"),
            pytest.param('options = { next = "a.next" }', "options.next: family trs has no such option", id="option of another family"),
            pytest.param('browser = "yes"', "gansu.toml:9: browser: a text where true or false belongs", id="wrong type"),
            pytest.param("delay = true", "gansu.toml:9: delay: true or false where a whole number belongs", id="true is no number"),
            pytest.param("delay = 0", "gansu.toml:9: delay: lies outside 0 to 600 seconds", id="no delay"),
            pytest.param("verified = 2026-11-20T08:00:00", "gansu.toml:9: verified: an instant where a date", id="instant"),
            pytest.param('verified = "2026-11-20"', "gansu.toml:9: verified: a text where a date", id="date in quotes"),
            pytest.param(
                'schedule = "dayly"', "schedule: 'dayly' is not one of hourly, daily, weekly, monthly; nearest: daily", id="schedule"
            ),
            pytest.param(
                'options = { entri = "li" }',
                "gansu.toml:9: options.entri: family trs has no such option; nearest: entry",
                id="unknown option",
            ),
            pytest.param(
                'options = { first = "1" }', "gansu.toml:9: options.first: a text where a whole number belongs", id="type of an option"
            ),
            pytest.param('options = { entry = "li >" }', "gansu.toml:9: options.entry: 'li >' is no CSS selector", id="selector"),
            pytest.param('paused = "why"', "gansu.toml:1: paused_on: is missing", id="paused without a date"),
            pytest.param("paused_on = 2026-11-24", "paused: is missing", id="date without a reason"),
            pytest.param('paused = ""', "gansu.toml:9: paused: is empty", id="empty reason"),
            pytest.param('tls = "unverified"', "tls_reason: is missing", id="tls without reason"),
            pytest.param('tls_reason = "x"', "gansu.toml:9: tls_reason: stands alone", id="reason without tls"),
            pytest.param('tls = "off"', "gansu.toml:9: tls: 'off' is not one of verify, unverified", id="tls"),
            pytest.param('night = "22-6"', "gansu.toml:9: night: '22-6' is not a span of hours", id="night"),
            pytest.param('night = "22:00-22:00"', "gansu.toml:9: night: '22:00-22:00' begins when it ends", id="night without hours"),
        ],
    )
    def test_added_line(self, folder: Path, line: str, message: str) -> None:
        found = mistakes(with_lines(folder, line))
        assert any(message.replace("gansu.toml:1:", "gansu.toml:2:") in mistake for mistake in found), found

    @pytest.mark.parametrize(
        ("key", "line", "message"),
        [
            ("id", 'id = "Gansu-Lanzhou"', "is not lower-case pinyin"),
            ("id", 'id = "shaanxi_xian"', "does not begin with gansu"),
            ("id", 'id = "gansulanzhou"', "does not begin with gansu"),
            ("region", 'region = "999999"', "is no GB/T 2260 code"),
            ("region", 'region = "62"', "is no GB/T 2260 code"),
            ("region", 'region = "610100"', "belongs into shaanxi.toml"),
            ("family", 'family = "tsr"', "unknown family 'tsr'; nearest: trs"),
            ("list_urls", "list_urls = []", "only a paused source may have none"),
            ("list_urls", 'list_urls = "https://x.example/"', "a text where a list belongs"),
            ("list_urls", "list_urls = [1]", "a whole number where an address belongs"),
            ("list_urls", 'list_urls = ["ftp://x.example/"]', "not an http address"),
            ("list_urls", 'list_urls = ["/dczg/"]', "not an http address"),
            ("list_urls", 'list_urls = ["https://x.example/a/", "http://x.example/a/index.html"]', "stands here twice"),
            ("expect", "expect = { quiet_days = 120 }", "a date belongs here"),
            ("expect", "expect = { quiet_days = 0, since = 2022-05-01 }", "from 1 to 3660"),
            ("expect", "expect = { quiet_days = 9, since = 2022-05-01, sinse = 1 }", "nearest: since"),
            ("name", 'name = ""', "is empty"),
        ],
    )
    def test_changed_line(self, folder: Path, key: str, line: str, message: str) -> None:
        found = mistakes(with_lines(folder, line, without=key))
        assert any(mistake.startswith("gansu.toml:8: ") and message in mistake for mistake in found), found

    @pytest.mark.parametrize("key", ["id", "name", "region", "family", "list_urls", "expect"])
    def test_missing_key(self, folder: Path, key: str) -> None:
        assert any(mistake.startswith(f"gansu.toml:2: {key}: is missing") for mistake in mistakes(with_lines(folder, without=key)))

    def test_all_mistakes_of_all_files_at_once(self, folder: Path) -> None:
        with_lines(folder, 'famly = "trs"', 'browser = "yes"')
        (folder / "shaanxi.toml").write_text("[[source]]\nid = 3\n", "utf-8")
        found = mistakes(folder)
        assert [line.split(":")[0] for line in found] == ["gansu.toml"] * 2 + ["shaanxi.toml"] * 6

    def test_id_used_twice(self, folder: Path) -> None:
        (folder / "gansu.toml").write_text(GOOD + "\n" + GOOD.replace("sthjj", "other"), "utf-8")
        assert mistakes(folder) == ["gansu.toml:11: id: 'gansu_lanzhou' is already used at gansu.toml:2"]

    def test_list_of_two_sources(self, folder: Path) -> None:
        other = (
            GOOD.replace("gansu_lanzhou", "gansu_tianshui")
            .replace("620100", "620500")
            .replace("https://", "http://")
            .replace("index.html", "")
        )
        (folder / "gansu.toml").write_text(GOOD + "\n" + other, "utf-8")
        assert mistakes(folder) == [
            "gansu.toml:11: list_urls: http://sthjj.example.gov.cn/dczg/ is already a list of gansu_lanzhou (gansu.toml:2)"
        ]

    def test_syntax(self, folder: Path) -> None:
        assert mistakes(with_lines(folder, "delay = "))[0].startswith("gansu.toml:9: syntax: ")

    def test_syntax_of_one_file_does_not_hide_another(self, folder: Path) -> None:
        with_lines(folder, 'famly = "trs"')
        (folder / "hebei.toml").write_text("[[source]\n", "utf-8")
        assert len(mistakes(folder)) == 2

    def test_charset_of_the_file(self, folder: Path) -> None:
        (folder / "gansu.toml").write_bytes(GOOD.encode("gbk"))
        assert mistakes(folder) == ["gansu.toml:1: file: not UTF-8; save it as UTF-8"]

    def test_keys_outside_of_a_source(self, folder: Path) -> None:
        (folder / "gansu.toml").write_text('title = "x"\n' + GOOD, "utf-8")
        assert mistakes(folder) == ["gansu.toml:1: title: does not belong here; a file holds [[source]] tables only"]

    def test_single_table(self, folder: Path) -> None:
        (folder / "gansu.toml").write_text(GOOD.replace("[[source]]", "[source]"), "utf-8")
        assert mistakes(folder) == ["gansu.toml:2: source: write each source as a table of its own: [[source]]"]


class TestLines:
    def test_keys_behind_long_values(self) -> None:
        text = '[[source]]\nlist_urls = [\n  "a = [", # ] b = 1\n  "c",\n]\nname = """x\nid = 3\n"""\nfamily = "t"\n'
        (table,) = toml_lines.read(text.encode()).tables
        assert {key: table.lines.of(key) for key in ("list_urls", "name", "family")} == {"list_urls": 2, "name": 6, "family": 9}

    def test_second_table(self) -> None:
        tables = toml_lines.read(b'[[source]]\nid = "a"\n\n[[source]]\n# x\nid = "b"\n').tables
        assert tables[1].lines.of("id") == 6


class TestSelect:
    @pytest.fixture
    def registry(self, folder: Path) -> Registry:
        rows = [
            ("gansu_tianshui", "620500", "gansu"),
            ("shaanxi_xian", "610100", "shaanxi"),
            ("quanguo_bu", "000000", "quanguo"),
            ("gansu_shengting", "620000", "gansu"),
        ]
        for source_id, region, file in rows:
            with (folder / f"{file}.toml").open("a", encoding="utf-8") as out:
                out.write("\n" + GOOD.replace("gansu_lanzhou", source_id).replace("620100", region).replace("sthjj", source_id))
        return load(folder)

    @pytest.mark.parametrize(
        ("regions", "ids"),
        [
            (["62"], {"gansu_lanzhou", "gansu_tianshui", "gansu_shengting"}),
            (["620000"], {"gansu_lanzhou", "gansu_tianshui", "gansu_shengting"}),
            (["甘肃"], {"gansu_lanzhou", "gansu_tianshui", "gansu_shengting"}),
            (["620100"], {"gansu_lanzhou"}),
            (["6201"], {"gansu_lanzhou"}),
            (["兰州"], {"gansu_lanzhou"}),
            (["兰州市", "61"], {"gansu_lanzhou", "shaanxi_xian"}),
            (["000000"], {"gansu_lanzhou", "gansu_tianshui", "gansu_shengting", "shaanxi_xian", "quanguo_bu"}),
            ([], {"gansu_lanzhou", "gansu_tianshui", "gansu_shengting", "shaanxi_xian", "quanguo_bu"}),
        ],
    )
    def test_regions(self, registry: Registry, regions: list[str], ids: set[str]) -> None:
        assert {source.id for source in registry.select(regions)} == ids

    def test_region_and_source_add_up(self, registry: Registry) -> None:
        assert {s.id for s in registry.select(["6201"], ["shaanxi_xian"])} == {"gansu_lanzhou", "shaanxi_xian"}

    def test_unknown_source_names_the_nearest(self, registry: Registry) -> None:
        with pytest.raises(UsageError, match="gansu_lanzhou"):
            registry.select(sources=["gansu_lanzou"])

    @pytest.mark.parametrize("region", ["99", "甘素省", "1", "gangsu"])
    def test_unknown_region(self, registry: Registry, region: str) -> None:
        with pytest.raises(UsageError):
            registry.select([region])

    def test_active_leaves_paused_ones_out(self, folder: Path) -> None:
        assert load(with_lines(folder, 'paused = "why"', "paused_on = 2026-11-24")).active() == ()
