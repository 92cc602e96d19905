"""No page is broken, strange or repetitive enough to raise, or to take longer than its size explains."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from crawler.extract.read_notice import read_bytes

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/*/page.html"))
SEED = 20241
LONGEST = 1.0  # seconds of processor time for one page

PIECES = (
    *("整改", "问题", "任务", "序号9、", "第九项、", "任务1：", "市清单第", "广东省序号", "1-", "1", "（", "《整改方案》", "“问题"),
    *("公示期", "公示10个工作日", "2024年4月1日至", "请于4月15日前", "如有异议", "4月15日起10个工作日", "截至2024年", "“十四五”末"),
    *("反馈问题：", "一、反馈问题", "【整改措施】", "Ⅰ、", "▶", "——", "责任单位为甲局、", "由县水利局负责，", "（责任单位：", "会同"),
    *(
        "电话：0898-",
        "a AT ",
        "县水利局：",
        "主办：",
        "来源：",
        "共1项",
        "1项完成",
        "完成1项其余",
        "23项整改任务",
        "完成率",
        "从一到",
        "D3HI202311280056",
    ),
    *("重新", "自我验收", "中央生态环境保护督察", "2023年黄河流域生态环境", "附件：", "（附件：", " ", "\t"),
)
TITLE = "关于第二轮中央生态环境保护督察整改任务（序号9）销号公示"


def _seconds(html: str) -> float:
    began = process_time()
    read_bytes(html.encode(), "http://www.qf.gov.cn.example/a.html")
    return process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_repetition_costs_no_more_than_its_length(piece: str) -> None:
    """12,000 characters of one piece, as a paragraph, as a title, as lines and as cells; a quadratic rule takes far longer."""
    many = 12_000 // len(piece)
    head = f"<h1>{TITLE}</h1><div id='zoom'><p>现予公示。</p>"
    paragraph = _seconds(f"{head}<p>{piece * many}</p></div>")
    title = _seconds(f"<title>督察整改公示{piece * many}</title><h1>督察整改公示{piece * many}</h1><div id='zoom'><p>现予公示。</p></div>")
    lines = _seconds(head + f"<p>{piece * 8}</p>" * (many // 8) + "</div>")
    cells = "<tr><td>序号</td><td>反馈问题</td><td>整改情况</td></tr>" + f"<tr><td>1</td><td>{piece * 5}</td><td>{piece * 3}</td></tr>" * (
        many // 9
    )
    assert max(paragraph, title, lines, _seconds(f"{head}<table>{cells}</table></div>")) < LONGEST


def _broken() -> Iterator[bytes]:
    """Pages with pieces cut out, doubled, turned to other bytes, and cut off; then plain noise."""
    chance = random.Random(SEED)
    for page in GOLDEN[:: max(1, len(GOLDEN) // 12)]:
        body = page.read_bytes()[:40_000]
        for _ in range(5):
            broken = bytearray(body)
            for _ in range(chance.randrange(1, 30)):
                at = chance.randrange(len(broken))
                kind = chance.randrange(4)
                if kind == 0:
                    del broken[at : at + chance.randrange(1, 60)]
                elif kind == 1:
                    broken[at:at] = broken[at : at + chance.randrange(1, 200)]
                elif kind == 2:
                    broken[at] = chance.randrange(256)
                else:
                    broken[at:at] = chance.choice(
                        (b"<table><tr><td>", b"</div>", b"<!--", b"<script>", b"\x00", b"&#x110000;", b"<td rowspan=999999>")
                    )
                if not broken:
                    broken = bytearray(b"<")
            yield bytes(broken[: chance.randrange(1, len(broken) + 1)])
    for size in (0, 1, 7, 500, 20_000):
        yield chance.randbytes(size)


def test_no_broken_page_raises_or_takes_long() -> None:
    for body in _broken():
        began = process_time()
        read_bytes(body, "http://www.qf.gov.cn.example/a.html")
        assert process_time() - began < LONGEST, body[:200]
