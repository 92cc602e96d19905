"""Administrative divisions: names, codes, what a text means, what a user means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import UsageError
from crawler.extract.places import body_place
from crawler.notice import regions
from crawler.notice.regions import Place


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
        (" 思南县 ", "520624"),
    ],
)
def test_what_a_user_means(wanted: str, code: str) -> None:
    assert regions.match(wanted) == code


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [("甘素", "甘肃"), ("朝阳区", "220104"), ("9999", "unknown region code"), ("", "unknown region"), ("630199", "nearest")],
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
