"""One meaning in many wordings: marks around labels, numbers of several tasks, windows, contacts, deadlines, classes, frames.

Every place, body and number is put together for the test; a row is a wording, what it means stands beside it.
"""

from __future__ import annotations

from typing import Any

import pytest

from crawler.extract.read_notice import read_bytes
from crawler.notice.numbers import find_numbers, plain_number

URL = "http://www.qf.gov.cn.example/a.html"
TITLE = "青峰县第二轮中央生态环境保护督察反馈意见整改任务（序号9）整改完成情况公示"
SEVERAL = "青峰县第二轮中央生态环境保护督察反馈意见部分整改任务完成情况公示"
LEAD = "根据有关要求，现将整改情况公示如下。"
WINDOW = "公示期：2024年4月1日至4月15日。联系电话：0898-31234567。"
PROBLEM, GOAL, MEASURES = "河道岸边堆放煤矸石，雨季冲刷入河。", "2023年底前清除全部煤矸石。", "成立专班，委托第三方编制方案。"
DONE, ACCEPTED = "清运煤矸石12万立方米，复绿80亩。", "2024年3月5日，市水务局组织验收，同意销号。"
TEXTS = {"problem": PROBLEM, "goal": GOAL, "measures": MEASURES, "completion": DONE, "acceptance": ACCEPTED}
NAMES = ("反馈问题", "整改目标", "整改措施", "整改完成情况", "验收意见")
TASKS = (
    ("9", PROBLEM, GOAL, DONE),
    ("14", "城区支流雨污混接，旱季溢流。", "2023年6月底前完成改造。", "改造混接点217处。"),
    ("20", "畜禽粪污直排坑塘。", "2022年底前全部配套设施。", "94家配套设施，关闭12家。"),
)


def read(body: str, title: str = TITLE, line: str = "发布时间：2024-04-01 来源：青峰县水利局", closing: bool = True) -> dict[str, Any]:
    signed = f"<p>{WINDOW}</p><p>青峰县水利局</p><p>2024年4月1日</p>" if closing else "<p>青峰县水利局</p><p>2024年4月1日</p>"
    html = (
        f"<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1><div class='info'>{line}</div>"
        f"<div id='zoom'><p>{LEAD}</p>{body}{signed}</div></body></html>"
    )
    return read_bytes(html.encode(), URL, "text/html; charset=utf-8").as_json()


def paragraphs(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def headed(form: str, names: tuple[str, ...] = NAMES, between: str = "</p><p>") -> str:
    """The five sections, each under a heading of the form: {n} its name, {i} and the others its number in several scripts."""
    scripts = zip("一二三四五", "ⅠⅡⅢⅣⅤ", "壹贰叁肆伍", "ABCDE", "①②③④⑤", strict=True)
    marks = [dict(zip(("cn", "roman", "capital", "letter", "ring"), each, strict=True)) for each in scripts]
    parts = zip(names, TEXTS.values(), marks, strict=True)
    return "".join(f"<p>{form.format(n=name, i=at, **mark)}{between}{text}</p>" for at, (name, text, mark) in enumerate(parts, 1))


@pytest.mark.parametrize(
    "form",
    [
        *(
            "{cn}、{n}",
            "（{cn}）{n}",
            "{i}.{n}",
            "{i}、{n}",
            "{roman}、{n}",
            "{roman}. {n}",
            "{capital}、{n}",
            "{letter}. {n}",
            "0{i} {n}",
            "0{i}/{n}",
        ),
        *("▶ {n}", "◎{n}", "◇{n}", "➤{n}", "☆ {n}", "❖ {n}", "√ {n}", "— {n}", "{ring}{n}", "•{n}", ">> {n}", "■{n}■", "—{n}—", "{n}|"),
        *("【{n}】", "〖{n}〗", "「{n}」", "（{n}）", "第{cn}部分 {n}", "第{cn}，{n}", "{n}：", "{n}如下"),
    ],
)
def test_a_heading_is_known_by_its_words_whatever_mark_it_bears(form: str) -> None:
    assert read(headed(form))["sections"] == TEXTS


@pytest.mark.parametrize(
    "form",
    [
        *(
            "{cn}、{n}：",
            "【{n}】",
            "〖{n}〗",
            "「{n}」",
            "（{n}）",
            "{n}——",
            "{n} | ",
            "{n}→",
            "▶{n}：",
            "{roman}.{n}：",
            "{letter}.{n}：",
            "{i}、{n}。",
        ),
        *("{n} ", "<strong>{n}</strong>", "{n}；", "<span>{n}</span>"),
    ],
)
def test_a_label_before_its_text_is_known_by_whatever_parts_them(form: str) -> None:
    assert read(headed(form, between=""))["sections"] == TEXTS


@pytest.mark.parametrize("form", ["{cn}、{n}。", "（{cn}）{n}：", "【{n}】", "{i}.{n}：", "{n}："])
def test_sections_may_run_on_in_one_paragraph(form: str) -> None:
    body = headed(form, between="").replace("</p><p>", "")
    assert read(body)["sections"] == TEXTS


@pytest.mark.parametrize(
    "names",
    [
        ("症结在哪里", "改到什么程度", "怎么改的", "改得怎么样", "谁来把关"),
        ("问题是什么？", "目标是什么？", "怎么整改？", "效果如何？", "谁来验收？"),
        ("督察指出的问题", "整改要达到的目标", "采取的主要措施", "整改工作成效", "验收结果"),
        ("问题导向", "目标要求", "主要做法", "取得成效", "验收结论"),
        ("存在的突出问题", "整改标准", "整改办法", "落实结果", "县级验收意见"),
        ("问题内容", "预期目标", "具体举措", "办理结果", "专家组验收意见"),
        ("督察意见原文", "拟定目标", "整改工作措施", "目前进展", "验收认定"),
        ("整改前", "整改目标", "整改过程", "整改后", "验收情况"),
        ("原问题", "应达标准", "实施内容", "实施结果", "牵头部门意见"),
        ("问题表现", "目标任务", "整改举措", "整改成果", "市级核查意见"),
    ],
)
def test_a_section_is_known_by_what_its_name_means(names: tuple[str, ...]) -> None:
    assert read(headed("{cn}、{n}", names))["sections"] == TEXTS


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "<table>" + "".join(row("<br>".join(n), t) for n, t in zip(NAMES, TEXTS.values(), strict=True)) + "</table>",
            id="upright labels",
        ),
        pytest.param("<table>" + row(*NAMES) + row(*TEXTS.values()) + "</table>", id="labels over texts"),
        pytest.param("".join(f"<dl><dt>{n}</dt><dd>{t}</dd></dl>" for n, t in zip(NAMES, TEXTS.values(), strict=True)), id="dl"),
        pytest.param(
            "<table>"
            + "".join(f"<tr><td colspan=2>{n}</td></tr><tr><td colspan=2>{t}</td></tr>" for n, t in zip(NAMES, TEXTS.values(), strict=True))
            + row("填报人", "张某")
            + "</table>",
            id="labels above texts",
        ),
    ],
)
def test_tables_of_sections_in_several_shapes(body: str) -> None:
    assert read(body)["sections"] == TEXTS


def _of(notice: dict[str, Any]) -> list[tuple[str | None, ...]]:
    return [(plain_number(task["number"]), task["problem"], task["goal"], task["completion"]) for task in notice["tasks"]]


@pytest.mark.parametrize(
    "head",
    [
        *(
            "{c}、序号{n}",
            "【序号{n}】",
            "第{n}项",
            "任务{c}（序号{n}）",
            "任务编号：{n}",
            "{c}、问题（序号{n}）",
            "序号{n}（县水利局负责）",
        ),
        *("任务：序号{n}", "整改任务{n}", "◆ 序号{n}", "{c}、省清单第{n}项", "（{c}）第{n}号"),
    ],
)
def test_tasks_are_told_apart_by_their_headings(head: str) -> None:
    body = "".join(
        paragraphs(head.format(c=c, n=number), f"反馈问题：{problem}", f"整改目标：{goal}", f"整改情况：{done}")
        for c, (number, problem, goal, done) in zip("一二三", TASKS, strict=True)
    )
    assert _of(read(body, SEVERAL)) == list(TASKS)


def _table(head: tuple[str, ...], number: str = "{n}") -> str:
    return "<table>" + row(*head) + "".join(row(number.format(n=n), p, g, d) for n, p, g, d in TASKS) + "</table>"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_table(("任务", "反馈问题", "整改目标", "落实情况"), "第{n}项"), id="任务 over numbers"),
        pytest.param(_table(("序号", "问题", "目标", "结果"), "序号{n}"), id="short heads"),
        pytest.param(
            "<table>"
            + row("序号", "任务编号", *("反馈问题", "整改目标", "整改情况"))
            + "".join(row(str(i), *t) for i, t in enumerate(TASKS, 1))
            + "</table>",
            id="rows counted beside the task's number",
        ),
        pytest.param(
            "<table>"
            + "".join(
                f"<tr><td rowspan=3>{n}</td><td>反馈问题</td><td>{p}</td></tr>{row('整改目标', g)}{row('整改情况', d)}"
                for n, p, g, d in TASKS
            )
            + "</table>",
            id="number beside merged rows",
        ),
        pytest.param(
            "<table>"
            + "".join(
                f"<tr><td colspan=2>整改任务（序号{n}）</td></tr>{row('反馈问题', p)}{row('整改目标', g)}{row('整改情况', d)}"
                for n, p, g, d in TASKS
            )
            + "</table>",
            id="number in a row over the table",
        ),
        pytest.param(
            "<table>"
            + "".join(row(name, *(task[at] for task in TASKS)) for at, name in enumerate(("序号", "反馈问题", "整改目标", "整改情况")))
            + "</table>",
            id="on its side",
        ),
        pytest.param(
            paragraphs("序号", "反馈问题", "整改目标", "整改情况", *(cell for task in TASKS for cell in task)),
            id="every cell a line",
        ),
        pytest.param("".join(f"<p>序号{n}。{p}整改目标：{g}整改情况：{d}</p>" for n, p, g, d in TASKS), id="a paragraph each"),
        pytest.param(
            "".join(paragraphs(f"第{n}项：{p}", f"整改目标：{g}", f"整改情况：{d}") for n, p, g, d in TASKS), id="problem behind the number"
        ),
        pytest.param(
            paragraphs("一、反馈问题", *(f"（序号{t[0]}）{t[1]}" for t in TASKS))
            + paragraphs("二、整改目标", *(f"（序号{t[0]}）{t[2]}" for t in TASKS))
            + paragraphs("三、整改情况", *(f"（序号{t[0]}）{t[3]}" for t in TASKS)),
            id="sections that list the tasks",
        ),
    ],
)
def test_tasks_are_told_apart_in_tables_and_lists(body: str) -> None:
    assert _of(read(body, SEVERAL)) == list(TASKS)


PLAN = (
    ("3", "河道堆放煤矸石", ("县水利局", "青峰镇政府"), "2023-12-31"),
    ("7", "管网混接", ("县住建局",), "2024-06-30"),
    ("12", "粪污直排", ("县农业农村局",), None),
)
CELLS = tuple((n, p, "、".join(u), w) for (n, p, u, _), w in zip(PLAN, ("2023年底前", "2024年6月30日", "立行立改"), strict=True))
PLAN_HEAD = row("序号", "整改问题", "责任单位", "整改时限")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<table>" + PLAN_HEAD + row(*CELLS[0]) + PLAN_HEAD + row(*CELLS[1]) + row(*CELLS[2]) + "</table>", id="head repeated"),
        pytest.param(
            "<table>" + PLAN_HEAD + row(*CELLS[0]) + row(*CELLS[1]) + "</table><table>" + row(*CELLS[2]) + "</table>",
            id="goes on without a head",
        ),
        pytest.param(
            "".join(f"<table>{row('序号', n)}{row('整改问题', p)}{row('责任单位', u)}{row('整改时限', w)}</table>" for n, p, u, w in CELLS),
            id="a table each",
        ),
        pytest.param("".join(f"<p>{n}.{p}。（责任单位：{u}；完成时限：{w}）</p>" for n, p, u, w in CELLS), id="in brackets"),
        pytest.param("".join(f"<p>{n}. {p}。（{u}负责，{w}完成）</p>" for n, p, u, w in CELLS), id="in brackets, in words"),
        pytest.param("".join(f"<p>{n}、{p}，由{u}负责，{w}完成。</p>" for n, p, u, w in CELLS), id="in a sentence"),
        pytest.param("".join(f"<p>任务{n}：{p}。</p><p>责任单位：{u}；整改时限：{w}</p>" for n, p, u, w in CELLS), id="labels in one line"),
    ],
)
def test_tasks_of_plans_in_several_shapes(body: str) -> None:
    found = read(body, "青峰县第二轮中央生态环境保护督察整改任务清单", closing=False)["plan_tasks"]
    got = [(plain_number(t["number"]), t["problem"].rstrip("。"), tuple(t["units"]), t["deadline_date"]) for t in found]
    assert got == list(PLAN)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("整改任务（广东省序号22）", ["广东省序号22"]),
        ("第13号问题（林芝市清单第5号）", ["第13号问题", "林芝市清单第5号"]),
        ("反馈问题第9条经整改", ["第9条"]),
        ("区级任务23-1、23-4完成情况", ["区级任务23-1", "区级任务23-4"]),
        ("整改任务12-2（鉴江）", ["整改任务12-2"]),
        ("受理编号D3HI202312050017", []),
        ("整改任务（No.9）", ["No.9"]),
        ("反馈问题之九整改", ["反馈问题之九"]),
        ("根据《条例》第9条", []),
        ("整改任务3、5个", []),
    ],
)
def test_numbers_of_tasks(text: str, printed: list[str]) -> None:
    assert [found.printed for found in find_numbers(text)] == printed


@pytest.mark.parametrize(
    ("text", "start", "end", "days"),
    [
        ("公示7天（2024年4月1日—4月7日）。", "2024-04-01", "2024-04-07", "7天"),
        ("如有异议，请于2024年4月15日前以书面形式反馈。", None, "2024-04-15", None),
        ("请于2024年4月15日17:30前反馈至县水利局。", None, "2024-04-15", None),
        ("公示时间：2024年4月15日截止", None, "2024-04-15", None),
        ("公示开始时间：2024年4月1日；公示结束时间：2024年4月15日", "2024-04-01", "2024-04-15", None),
        ("2024年4月1日起10个工作日内，如有异议，请来电反映。", "2024-04-01", None, "10个工作日"),
        ("监督期限：2024年4月1日至4月15日", "2024-04-01", "2024-04-15", None),
        ("意见征集时间：2024年4月1日至4月15日", "2024-04-01", "2024-04-15", None),
        ("公示时间：2024年4月1日9:00至4月15日17:30", "2024-04-01", "2024-04-15", None),
        ("该任务曾于2024年1月3日至1月16日公示，未收到异议。", None, None, None),
    ],
)
def test_windows_and_their_ends(text: str, start: str | None, end: str | None, days: str | None) -> None:
    notice = read(paragraphs(text), closing=False)
    assert (notice["publicity_start"], notice["publicity_end"], notice["publicity_days_text"]) == (start, end, days)


@pytest.mark.parametrize(
    ("text", "phones", "emails"),
    [
        ("如有意见，请实名与我们联系：0898-31234567转802", ["0898-31234567转802"], []),
        ("整改完成后，将再次公示。监督电话：0898-31234567。", ["0898-31234567"], []),
        ("今后如发现反弹，请向我办反映：0898-31234567。", ["0898-31234567"], []),
        ("反映渠道：0898-31234567（工作时间）", ["0898-31234567"], []),
        ("县水利局办公室：31234567；县整改办：31234568", ["31234567", "31234568"], []),
        ("手机：138-0000-1111", ["138-0000-1111"], []),
        ("E-mail：qf_sl AT 163 DOT com", [], ["qf_sl@163.com"]),
        ("邮箱：qf_sl（at）163（点）com", [], ["qf_sl@163.com"]),
        ("网站违法和不良信息举报电话：0898-66661111", [], []),
        ("新闻热线：0898-66661111 投稿邮箱：tg@qfnews.com", [], []),
        ("技术支持：某公司 电话：0898-66660000", [], []),
    ],
)
def test_contacts_are_the_notices(text: str, phones: list[str], emails: list[str]) -> None:
    notice = read(paragraphs(text), closing=False)
    assert (list(notice["phones"]), list(notice["emails"])) == (phones, emails)


@pytest.mark.parametrize(
    "below",
    ["<div><p>联系我们</p><p>联系电话：0898-66668888</p></div>", "<span>服务电话：0898-66668888</span>", "<p>电话：0898-66668888</p>"],
)
def test_what_stands_below_a_signature_is_the_sites(below: str) -> None:
    html = f"<html><body><h1>{TITLE}</h1>{paragraphs(LEAD, WINDOW, '青峰县水利局', '2024年4月1日')}{below}</body></html>"
    assert list(read_bytes(html.encode(), URL).as_json()["phones"]) == ["0898-31234567"]


def test_a_hotline_that_a_measure_set_up_stays_in_its_text() -> None:
    notice = read(headed("{cn}、{n}").replace(DONE, "1.清运煤矸石。</p><p>2.公布举报热线0898-66661111接受监督。</p><p>3.复绿80亩。"))
    assert (list(notice["phones"]), "0898-66661111" in notice["sections"]["completion"]) == (["0898-31234567"], True)


@pytest.mark.parametrize(
    ("words", "kind", "day"),
    [
        ("2023.12", "dated", "2023-12-31"),
        ("“十四五”末", "dated", "2025-12-31"),
        ("2023年6月—2023年12月", "dated", "2023-12-31"),
        ("2023年10月中旬", "dated", "2023-10-20"),
        ("立行立改、长期坚持", "immediate+long_term", None),
        ("2025年底前，并长期坚持", "dated+long_term", "2025-12-31"),
        ("达到序时进度", "schedule", None),
        ("常态长效", "long_term", None),
        ("2023年汛期前", "dated", None),
    ],
)
def test_deadlines(words: str, kind: str, day: str | None) -> None:
    deadline = read(paragraphs(f"整改时限：{words}"))["deadline"]
    assert (deadline["kind"], deadline["date"]) == (kind, day)


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("县级已自行组织验收，", "self_accepted"),
        ("经县自查、市级核查，达到销号条件，市水务局2024年3月9日组织验收合格，", "accepted_pending"),
        ("经市督察整改办现场核查，认定完成整改，", "accepted_pending"),
        ("按照省、市督察整改销号工作要求，县级已自行组织验收，", "self_accepted"),
        ("目前尚有1家未完工，预计5月中旬完成，", "unknown"),
        ("经县政府组织联合核查，已全部落实，", "completed_publicised"),
    ],
)
def test_stages(words: str, stage: str) -> None:
    assert read(paragraphs(f"整改任务（序号9）{words}现予公示。"))["stage"] == stage


def test_a_sign_off_taken_back_is_in_progress() -> None:
    notice = read(
        paragraphs("经抽查，问题反弹，重新列入整改台账。"), "关于撤销青峰县中央生态环境保护督察整改任务（序号9）销号结论并恢复整改的公告"
    )
    assert (notice["stage"], notice["rectification_status"]) == ("reopened", "in_progress")


REPORT = "青峰县第二轮中央生态环境保护督察整改落实情况"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("整改任务完成率100%。", "completed"),
        ("整改任务完成率达87%。", "partially_completed"),
        ("目前，各项整改任务正有序推进。", "in_progress"),
        ("应于2023年底前完成的19项已完成19项，未到时限的4项正加快推进。", "partially_completed"),
    ],
)
def test_statuses_of_reports(words: str, status: str) -> None:
    assert read(paragraphs("督察组反馈我县问题23个。", words), REPORT, closing=False)["rectification_status"] == status


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("截至2023年末，完成整改19个。", "2023-12-31"),
        ("截至2024年一季度末，完成整改19个。", "2024-03-31"),
        ("（时间截止3月20日）", "2024-03-20"),
        ("截至去年12月底，完成整改19个。", "2023-12-31"),
        ("截至目前，完成整改19个。", None),
    ],
)
def test_the_day_of_which_a_report_speaks(words: str, day: str | None) -> None:
    assert read(paragraphs("督察组反馈我县问题23个。", words), REPORT, closing=False)["completion_as_of"] == day


LETTER = ("中央第三生态环境保护督察组反馈的问题由我县整改，已全面完成，经市级验收，拟予销号。", WINDOW)
TOTALS = ("2021年，中央第三生态环境保护督察组向我县反馈问题23个。", "截至2023年底，23个问题已完成整改19个，其余4个正按时序推进。")
DUTIES = ("为抓好督察反馈意见整改落实，制定本方案。", "建立清单，明确责任单位、整改时限。")
CASES = ("根据督察组交办，我县对信访举报件进行了核实。", "举报内容：油烟扰民。是否属实：属实。处理和整改情况：已安装净化器。")
VISIT = ("4月1日，县委书记到现场调研。他强调，要抓好中央生态环境保护督察反馈问题整改。",)
OWN = ("2024年4月，市生态环境局组织专项督查，发现问题12个，已完成整改9个。",)


@pytest.mark.parametrize(
    ("title", "lines", "doc_type"),
    [
        ("关于中央环保督察反馈矿山复垦问题整改验收的公示", LETTER, "signoff_notice"),
        ("关于黑臭水体治理督察整改任务（序号9）销号公示", LETTER, "signoff_notice"),
        ("青峰县危险废物管理督察反馈问题整改完成公示", LETTER, "signoff_notice"),
        ("青峰县第二轮省级生态环境保护督察整改工作总结", TOTALS, "rectification_status"),
        ("青峰县关于督察反馈意见整改情况的公示", TOTALS, "rectification_status"),
        ("青峰县生态环境保护督察整改工作开展情况的公告", TOTALS, "rectification_status"),
        ("青峰县中央督察反馈问题整改阶段性情况通报", TOTALS, "rectification_status"),
        ("青峰县突出生态环境问题整改情况", TOTALS, "rectification_status"),
        ("青峰县中央环境保护督察“回头看”整改措施分解表", DUTIES, "rectification_plan"),
        ("青峰县贯彻落实督察报告整改任务分工表", DUTIES, "rectification_plan"),
        ("青峰县督察整改工作计划", DUTIES, "rectification_plan"),
        ("青峰县督察转办件（D3HI202312050017）整改销号公示", CASES, "complaint_handling"),
        ("督察组交办第12批群众举报问题查处情况", CASES, "complaint_handling"),
        ("昔日矸石山 今朝有果园", VISIT, "news"),
        ("一条河的新生", VISIT, "news"),
        ("生态环境部约谈青峰市政府", OWN, "other_inspection"),
        ("青峰市“绿盾2023”自然保护地问题整改销号公示", OWN, "other_inspection"),
        ("青峰县国家土地督察反馈问题整改情况公示", (LEAD, WINDOW), "unrelated"),
        ("青峰县人居环境整治“回头看”问题整改情况公示", (LEAD, WINDOW), "unrelated"),
        ("中共青峰县水利局党组关于巡察整改进展情况的通报", ("25项整改任务已全部完成。",), "unrelated"),
    ],
)
def test_what_a_page_is(title: str, lines: tuple[str, ...], doc_type: str) -> None:
    assert read(paragraphs(*lines), title, closing=False)["doc_type"] == doc_type


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("成文日期：2024-03-30 发布日期：2024-04-02", "2024-04-02"),
        ("生效日期：2024-04-05 发布日期：2024-04-02", "2024-04-02"),
        ("编辑：李某 审核：王某", "2024-04-01"),
    ],
)
def test_the_day_of_publication(line: str, day: str) -> None:
    assert read("", line=line)["publish_date"] == day


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("青峰县中央生态环保督察（第二轮）反馈问题整改销号公示", ("central", 2, False, None)),
        ("山西省汾河流域生态环境问题专项督察反馈意见整改公示", (None, None, False, "汾河流域生态环境问题专项督察")),
        ("青峰县第二轮北京市生态环境保护督察整改工作总结", ("provincial", 2, False, None)),
    ],
)
def test_which_inspection(title: str, found: tuple[object, ...]) -> None:
    notice = read("", title)
    assert tuple(notice[name] for name in ("level", "round", "lookback", "special")) == found


def test_the_text_may_give_the_year_that_the_title_leaves_out() -> None:
    notice = read(paragraphs("2023年黄河流域生态环境警示片披露的问题已整改完成。"), "青峰县黄河流域生态环境警示片披露问题整改销号公示")
    assert notice["special"] == "2023年黄河流域生态环境警示片"


@pytest.mark.parametrize(("name", "code"), [("科右前旗", "152221"), ("达茂旗", "150223"), ("阿左旗", "152921")])
def test_banners_by_their_short_names(name: str, code: str) -> None:
    assert read("", f"{name}第二轮中央生态环境保护督察整改任务（序号9）销号公示", line="")["adcode"] == code


def test_the_county_that_carries_out_a_citys_task_is_the_place() -> None:
    text = paragraphs(
        LEAD, "责任单位：大田县人民政府、三明市生态环境局", WINDOW, "三明市生态环境保护督察整改工作领导小组办公室", "2024年4月1日"
    )
    html = f"<html><body><h1>关于第二轮中央生态环境保护督察整改任务（序号9）销号的公示</h1><div id='zoom'>{text}</div></body></html>"
    notice = read_bytes(html.encode(), URL).as_json()
    assert (notice["adcode"], notice["city"], notice["county"]) == ("350425", "三明市", "大田县")


def test_a_title_without_any_mark_of_one_stands_above_the_publish_line() -> None:
    body = f"<div>{TITLE}</div><div>来源：县水利局 日期：2024-04-01</div><div>{paragraphs(LEAD, WINDOW)}</div>"
    html = f"<html><head><title>青峰县人民政府</title></head><body>{body}</body></html>"
    assert read_bytes(html.encode(), URL).as_json()["title"] == TITLE


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2024年3月5日，市水利局组织验收组进行现场验收，同意通过验收，", "2024-03-05"),
        ("2024年3月5日完成自查自验，", "2024-03-05"),
        ("2023年11月8日通过竣工验收，", None),
        ("拟于2024年5月5日组织验收，", None),
    ],
)
def test_days_of_acceptance(words: str, day: str | None) -> None:
    assert read(paragraphs(f"整改任务（序号9）已完成，{words}现予公示。"))["acceptance_date"] == day


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ("任务HN-2-{n}", "任务HN-2-9"),
        ("第B-{n}号整改任务", "第B-9号"),
        ("任务一：（序号{n}）", "序号9"),
        ("原序号{n}：", "序号9"),
        ("任务{n}——", "任务9"),
        ("第{n}项｜", "第9项"),
    ],
)
def test_numbers_that_head_a_task_in_rarer_forms(head: str, number: str) -> None:
    behind = head[-1] in "）：—｜"
    body = "".join(
        paragraphs(
            head.format(n=n) + (problem if behind else ""),
            *(() if behind else (f"反馈问题：{problem}",)),
            f"整改目标：{goal}",
            f"整改情况：{done}",
        )
        for n, problem, goal, done in TASKS
    )
    first = read(body, SEVERAL)["tasks"][0]
    assert (first["number"], first["problem"]) == (number, PROBLEM)


@pytest.mark.parametrize(
    ("title", "lookback"),
    [
        ("青峰县中央环境保护督察（含“回头看”）整改任务公示", None),
        ("青峰县中央环保督察“回头看”和第二轮中央生态环境保护督察整改公示", None),
        ("青峰县第二轮中央生态环境保护督察整改“回头看”工作公示", False),
        ("青峰县中央第三环境保护督察组“回头看”反馈意见整改任务公示", True),
    ],
)
def test_whether_the_look_back_is_dealt_with(title: str, lookback: bool | None) -> None:
    assert read("", title)["lookback"] is lookback
