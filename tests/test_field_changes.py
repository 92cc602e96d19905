"""The fields a revised event names."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.notice.changes import field_changes

OLD: dict[str, Any] = {
    "url": "http://hbj.example/a.html",
    "title": "关于第7项任务整改完成情况的公示",
    "publicity": {"start": "2024-03-29", "end": "2024-04-07"},
    "sections": {"problem": "污水直排。", "completion": "管网已建成。"},
    "deadline": None,
    "phones": ["0931-1234567"],
    "tasks": [{"number": "序号3", "completion": "完成。"}, {"number": "序号4", "completion": "完成。"}],
    "attachments": [{"name": "表.docx", "url": "http://hbj.example/b.docx", "sha256": "aa", "text": "表", "status": "read"}],
    "text": "全文",
    "evidence": {"title": []},
    "derived": {},
    "flags": [],
    "extractor": 1,
}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"title": "更正"}, {"title": [OLD["title"], "更正"]}, id="title"),
        pytest.param(
            {"sections": {"problem": "污水直排。", "completion": "已拆除。"}},
            {"sections.completion": ["管网已建成。", "已拆除。"]},
            id="section",
        ),
        pytest.param(
            {"publicity": {"start": "2024-03-29", "end": "2024-04-12"}},
            {"publicity.end": ["2024-04-07", "2024-04-12"]},
            id="window",
        ),
        pytest.param({"deadline": {"raw": "2025年底"}}, {"deadline.raw": [None, "2025年底"]}, id="a field that comes"),
        pytest.param({"phones": []}, {"phones": [["0931-1234567"], []]}, id="list"),
        pytest.param(
            {"tasks": [{"number": "序号3", "completion": "完成。"}, {"number": "序号4", "completion": "未完成。"}]},
            {"tasks.序号4.completion": ["完成。", "未完成。"]},
            id="one of two tasks",
        ),
        pytest.param(
            {"tasks": [{"number": "序号3", "completion": "完成。"}]},
            {"tasks.序号4.number": ["序号4", None], "tasks.序号4.completion": ["完成。", None]},
            id="a task left out",
        ),
    ],
)
def test_changes(new: dict[str, Any], expected: dict[str, Any]) -> None:
    assert field_changes(OLD, OLD | new) == expected


@pytest.mark.parametrize(
    "new",
    [
        pytest.param({"text": "x", "evidence": {}, "derived": {"round": 2}, "flags": ["x"], "extractor": 2}, id="our own"),
        pytest.param({"url": "https://hbj.example/a.html"}, id="address"),
        pytest.param({"title": "关于第７项任务 整改完成情况的公示\n"}, id="width and white space"),
        pytest.param({"attachments": [{"name": "表.docx", "url": "/c.docx", "sha256": "aa"}]}, id="file moved"),
        pytest.param({"attachments": [{"name": "表.docx", "sha256": None, "status": "failed: 404"}]}, id="file not fetched"),
    ],
)
def test_no_change(new: dict[str, Any]) -> None:
    assert field_changes(OLD, OLD | new) == {}


def test_content_of_a_file() -> None:
    new = OLD | {"attachments": [{"name": "表.docx", "sha256": "bb"}]}
    assert field_changes(OLD, new) == {"attachments": [[{"name": "表.docx", "sha256": "aa"}], [{"name": "表.docx", "sha256": "bb"}]]}


def test_a_second_file() -> None:
    new = OLD | {"attachments": [*OLD["attachments"], {"name": "图.pdf", "sha256": "cc"}]}
    assert list(field_changes(OLD, new)) == ["attachments"]


def test_tasks_with_one_number_twice_are_compared_whole() -> None:
    old, new = ({"tasks": [{"number": "序号3", "goal": goal}, {"number": "序号3", "goal": "丙"}]} for goal in ("甲", "乙"))
    assert list(field_changes(old, new)) == ["tasks"]


def test_no_file_content_and_no_text_of_files_goes_into_a_change() -> None:
    found = field_changes(OLD, OLD | {"attachments": []})
    assert all("text" not in file for side in found["attachments"] for file in side)
