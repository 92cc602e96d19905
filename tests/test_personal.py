"""Personal data that never goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.personal import NAME, NUMBER, has_mobile, without_personal, without_personal_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("电话13912345678。", f"电话{NUMBER}。", id="mobile"),
        pytest.param("电话：139-1234-5678", f"电话：{NUMBER}", id="in groups"),
        pytest.param("电话：１３９１２３４５６７８", f"电话：{NUMBER}", id="full width"),
        pytest.param("+86 139 1234 5678", NUMBER, id="with country code"),
        pytest.param("8613912345678", NUMBER, id="country code in one run"),
        pytest.param("0931-8412345", "0931-8412345", id="office number stays"),
        pytest.param("文号20240113912345678", "文号20240113912345678", id="inside a longer number"),
        pytest.param("投资12912345678元", "投资12912345678元", id="no mobile range"),
        pytest.param("联系人：王小明", f"联系人：{NAME}", id="name"),
        pytest.param("联 系 人：王小明 电话：0931-1", f"联 系 人：{NAME} 电话：0931-1", id="label with spaces"),
        pytest.param("联系人：王 明，电话", f"联系人：{NAME}，电话", id="name with space"),
        pytest.param("联系人：王小明联系电话：0931-1", f"联系人：{NAME}联系电话：0931-1", id="label at once after the name"),
        pytest.param("联系人及电话：王小明 0931-1", f"联系人及电话：{NAME} 0931-1", id="name and phone"),
        pytest.param("联系人（电话）：王小明 0931-1", f"联系人（电话）：{NAME} 0931-1", id="phone in brackets"),
        pytest.param("联系人：王小明、李大伟；地址", f"联系人：{NAME}；地址", id="two names"),
        pytest.param("联系人\t王科长\t0931-1", f"联系人\t{NAME}\t0931-1", id="table row"),
        pytest.param("（联系人王小明，电话0931-1）", f"（联系人{NAME}，电话0931-1）", id="no colon"),
        pytest.param("联系人：市生态环境局", "联系人：市生态环境局", id="an office is no person"),
        pytest.param("密切联系人民群众，", "密切联系人民群众，", id="another word"),
        pytest.param("联系人员名单由各单位报送。", "联系人员名单由各单位报送。", id="running text"),
        pytest.param("联系人：\n电话：0931-1", "联系人：\n电话：0931-1", id="left empty"),
    ],
)
def test_without_personal(text: str, expected: str) -> None:
    assert without_personal(text) == expected


@given(st.text(alphabet="联系人：王明电话 1390-\t\n，、", max_size=80))
def test_no_mobile_is_left(text: str) -> None:
    assert not has_mobile(without_personal(text))


def test_values_inside_json() -> None:
    assert without_personal_values({"tasks": [{"goal": "致电13912345678"}]}) == {"tasks": [{"goal": f"致电{NUMBER}"}]}


def test_addresses_and_digests_stay() -> None:
    value = {"url": "https://hbj.example/13912345678.html", "sha256": "ab13912345678cd"}
    assert without_personal_values(value) == value
