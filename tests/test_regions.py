"""Administrative divisions: names, codes, what a text means, what a user means."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import UsageError
from crawler.extract.fields.place import body_place
from crawler.gazetteer import region_history, regions
from crawler.gazetteer.regions import Place


def test_the_table_reaches_every_level() -> None:
    levels = {level: sum(region.level == level for region in regions.table().values()) for level in ("province", "city", "county")}
    assert levels["province"] == 35
    assert levels["city"] > 330
    assert levels["county"] > 2800


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("甘肃", "620000"),
        ("62", "620000"),
        ("620000", "620000"),
        ("兰州", "620100"),
        ("6201", "620100"),
        ("兵团", "660000"),
        ("雄安", "133100"),
        ("前郭县", "220721"),
        ("凤翔县", "610305"),
        ("海西州", "632800"),
        ("全国", "000000"),
        pytest.param("芜湖县", "340210", id="a name of old"),
        pytest.param("襄樊", "420600", id="a name of old, short"),
        pytest.param("341521", "340422", id="a code of old"),
        pytest.param("哈密市", "650500", id="today's bearer before one of old"),
        (" 思南县 ", "520624"),
    ],
)
def test_what_a_user_means(wanted: str, code: str) -> None:
    assert regions.match(wanted) == code


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("甘素", "nearest: 甘肃"),
        ("湖难", "湖南"),
        ("新强", "nearest: 新疆"),
        ("朝阳区", "220104"),
        ("9999", "unknown region code"),
        ("16", "150000 内蒙古自治区"),
        ("", "unknown region"),
        ("630199", "nearest: 630200"),
    ],
)
def test_a_mistake_names_what_is_near(wanted: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        regions.match(wanted)


@pytest.mark.parametrize(
    ("text", "near", "code"),
    [
        pytest.param("格尔木市人民政府", None, "632801", id="one place"),
        pytest.param("漳州市龙海区关于第三轮", None, "350604", id="the smaller on the line"),
        pytest.param("朝阳区人民政府", None, None, id="two places of one name"),
        pytest.param("朝阳区人民政府", "110000", "110105", id="the publisher decides"),
        pytest.param("长春市朝阳区人民政府", None, "220104", id="the city beside it decides"),
        pytest.param("郊区城区", None, None, id="ordinary words"),
        pytest.param("黄河流域生态保护", None, None, id="a river is no place"),
        pytest.param("前郭县生态环境保护督察整改办", None, "220721", id="short autonomous name"),
        pytest.param("神木县锦界镇", None, "610881", id="former name"),
    ],
)
def test_place_in_a_text(text: str, near: str | None, code: str | None) -> None:
    assert regions.find(text, near) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("台州市生态环境局温岭分局", "331081"),
        ("绥化市肇东生态环境局", "231282"),
        ("白银市生态环境局会宁分局", "620422"),
        ("河北省水利厅", "130000"),
        ("市生态环境局", None),
    ],
)
def test_place_of_a_body(body: str, code: str | None) -> None:
    assert body_place(body) == code


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("632801", Place("青海省", "海西蒙古族藏族自治州", "格尔木市", "632801")),
        ("110105", Place("北京市", None, "朝阳区", "110105")),
        ("469005", Place("海南省", None, "文昌市", "469005")),
        ("441900", Place("广东省", "东莞市", None, "441900")),
        ("000000", Place(None, None, None, None)),
        (None, Place(None, None, None, None)),
        ("660000", Place("新疆生产建设兵团", None, None, "660000")),
    ],
)
def test_names_upwards(code: str | None, place: Place) -> None:
    assert regions.place(code) == place


@pytest.mark.parametrize(
    ("prefix", "code", "inside"),
    [
        ("62", "620102", True),
        ("620000", "620102", True),
        ("620100", "620000", False),
        ("000000", "110000", True),
        ("6201", "620200", False),
    ],
)
def test_covers(prefix: str, code: str, inside: bool) -> None:
    assert regions.covers(prefix, code) is inside


@given(st.sampled_from(sorted(regions.table())))
def test_every_region_is_found_by_its_code(code: str) -> None:
    assert regions.match(code) == code


@given(st.sampled_from(sorted(regions.table())))
def test_every_region_lies_in_those_above_it(code: str) -> None:
    above = regions.parent(code)
    assert above is None or regions.covers(above, code) or code == "133100"


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    regions.find(text, "620100")
    list(regions.mentions(text))


def test_lookup_knows_names_without_their_ending() -> None:
    assert [region.code for region in regions.lookup("吉林")] == ["220000", "220200"]


# ---- in their time


@pytest.mark.parametrize(
    ("text", "on", "code"),
    [
        pytest.param("芜湖县人民政府", date(2019, 6, 1), "340210", id="a name in its time"),
        pytest.param("芜湖县人民政府", date(2024, 6, 1), "340210", id="a name of old, used later"),
        pytest.param("芜湖县人民政府", None, "340210", id="no day"),
        pytest.param("哈密市环境保护局", date(2015, 6, 1), "650502", id="then the county"),
        pytest.param("哈密市生态环境局", date(2018, 6, 1), "650500", id="now the prefecture"),
        pytest.param("桥东区人民政府", date(2023, 6, 1), "130702", id="one of three is left"),
        pytest.param("桥东区人民政府", date(2013, 6, 1), None, id="three of one name"),
        pytest.param("邢台市桥东区人民政府", date(2019, 6, 1), "130502", id="the city beside it decides"),
        pytest.param("闸北区人民政府", date(2014, 6, 1), "310106", id="became part of another"),
    ],
)
def test_a_name_means_what_bore_it_on_the_day(text: str, on: date | None, code: str | None) -> None:
    assert regions.find(text, on=on) == code


@pytest.mark.parametrize(
    ("code", "on", "place"),
    [
        pytest.param("340210", date(2019, 6, 1), Place("安徽省", "芜湖市", "芜湖县", "340210"), id="before"),
        pytest.param("340210", date(2023, 6, 1), Place("安徽省", "芜湖市", "湾沚区", "340210"), id="after"),
        pytest.param("340210", None, Place("安徽省", "芜湖市", "湾沚区", "340210"), id="no day"),
        pytest.param("340422", date(2014, 6, 1), Place("安徽省", "六安市", "寿县", "340422"), id="in another city"),
        pytest.param("540521", date(2014, 6, 1), Place("西藏自治区", "山南地区", "扎囊县", "540521"), id="its prefecture has changed too"),
        pytest.param("310106", date(2014, 6, 1), Place("上海市", None, "静安区", "310106"), id="what it took in is not its name"),
        pytest.param("540500", date(2014, 6, 1), Place("西藏自治区", "山南地区", None, "540500"), id="a prefecture"),
    ],
)
def test_names_are_those_of_the_day(code: str, on: date | None, place: Place) -> None:
    assert regions.place(code, on) == place


def test_what_is_told_of_old_names_fits_the_table() -> None:
    """The division is of today's table, its name or its code was another, and its time ends after it began."""
    table = regions.table()
    for row in region_history.rows():
        assert row.code in table, row
        assert (row.kind == "recoded") == (row.name == table[row.code].name), row
        assert row.kind != "recoded" or row.former_code != row.code, row
        assert row.since is None or row.since < row.until, row


@given(st.sampled_from(sorted(regions.table())), st.dates(date(2010, 1, 1), date(2030, 1, 1)))
def test_a_division_had_one_name_on_every_day_and_is_found_by_it(code: str, on: date) -> None:
    name = regions.place(code, on).county or regions.place(code, on).city or regions.place(code, on).province
    assert name is not None
    assert code in [region.code for region in regions.lookup(name, on)]


@given(st.sampled_from(region_history.rows()))
def test_after_its_time_a_name_of_old_leads_to_today(former: region_history.Former) -> None:
    found = regions.lookup(former.name, former.until + timedelta(days=1))
    assert found
    assert all(region.code in regions.table() for region in found)
