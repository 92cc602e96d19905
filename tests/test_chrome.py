"""The site's own words. What is seen at a glance, before a pattern is tried, must never hide what the pattern would find."""

from __future__ import annotations

import pytest

from crawler.extract.page import chrome

_LABELS = [
    "来源",
    "来自",
    "发布时间",
    "发布日期",
    "发布机构",
    "发布单位",
    "发布者",
    "发布人",
    "发表日期",
    "更新时间",
    "公布日期",
    "发文日期",
    "生成日期",
    "录入时间",
    "添加时间",
    "创建时间",
    "编辑日期",
    "时间",
    "日期",
    "作者",
    "供稿",
    "供稿单位",
    "撰稿",
    "浏览",
    "浏览次数",
    "浏览量",
    "点击",
    "点击数",
    "点击量",
    "点击率",
    "点击次数",
    "阅读",
    "阅读次数",
    "阅读数",
    "阅读量",
    "访问次数",
    "访问量",
    "字体",
    "字号",
    "人气",
]


@pytest.mark.parametrize(
    "line",
    [
        "【打印】【关闭】", "A+", "RSS", "文章浏览次数：12次", "点播量3", "12次阅读", "３阅读", "今天是2024年1月2日", "当前在线人数：3", "页面加载时间：1",
        "欢迎您访问本站", "上一篇：某公告", "<下一篇", "«上一篇", "责任编辑：某某", "审核：某某", "初审：某某", "复审：某", "终审：某", "校对：某", "网络编辑：某",
        "信息员：某", "录入者：某", "原文链接：http://x/a", "//x/a的链接地址——", "您的位置：首页", "当前位置：首页", "现在位置：首页", "首页>公告",
        "本文关键词：某", "标签：某", "tags：某", "更多某资讯请关注某", "如果您的浏览器不支持", "浏览器版本过低", "您的浏览器不支持", "请升级浏览器",
        "使用某浏览器", "[下载次数：3", "附件下载次数：3", "已下载3次", "关于某事的公告——", "[bookmark:a]",
    ],
)  # fmt: skip
def test_lines_of_the_site_are_seen(line: str) -> None:
    found = (line[0] in chrome._FIRST_OF_BUTTONS and chrome._ONLY_BUTTONS.match(line)) or chrome._LINE.match(line)
    assert chrome.is_chrome(line) is bool(found)


@pytest.mark.parametrize("label", _LABELS)
@pytest.mark.parametrize("colon", [":", "：", "[", "【", "】：", "]:"])
def test_labels_of_publish_lines_are_seen(label: str, colon: str) -> None:
    line = f"甲县{label}{colon}某"
    assert chrome._INFO_WORD.search(line)
    assert chrome._INFO_MARK.search(line)
    assert chrome.is_info(f"{label}{colon}2024-01-02")


def test_a_line_may_be_several_things_of_the_site() -> None:
    assert chrome.marks("") == chrome.CHROME
    assert chrome.marks("首页>公告") == chrome.CHROME | chrome.CRUMB
    assert chrome.marks("主办：甲县人民政府") == chrome.FOOTER
    assert chrome.marks("相关链接：") == chrome.RELATED
    assert chrome.marks("现将整改情况公示如下") == chrome.marks("首页>" * 201) == 0
