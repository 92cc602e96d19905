"""Classes of documents, stages of sign-offs, and titles worth fetching. All texts are invented."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.blocks import Block, BlockKind, Document, Page
from crawler.extract.fields import doc_type as kind
from crawler.notice.model import DocType, Stage

WINDOW = "公示期为2025年5月6日至5月19日（10个工作日），如有异议请反映，联系电话：0733-2000000。"
PROBLEM = "一、反馈问题：镇区污水直排。二、整改目标：污水全收集。三、整改措施：建设管网。四、完成情况：建成管网12公里。"


def page(title: str, *paragraphs: str, line: str = "") -> Page:
    return Page("http://a.example/", title, tuple(Block(BlockKind.PARAGRAPH, text) for text in paragraphs), publish_line=line)


@pytest.mark.parametrize(
    ("title", "paragraphs", "expected"),
    [
        pytest.param("甲县关于第二轮中央生态环境保护督察整改任务（序号3）销号的公示", (PROBLEM, WINDOW), DocType.SIGNOFF_NOTICE, id="N1"),
        pytest.param(
            "甲区督察反馈“某企业粉尘污染”问题整改情况公示",
            ("省生态环境保护督察反馈的问题已整改。" + PROBLEM, WINDOW),
            DocType.SIGNOFF_NOTICE,
            id="N2",
        ),
        pytest.param(
            "整改验收公示",
            ("省生态环境保护督察反馈第5项任务已通过市级验收，现予公示。", WINDOW),
            DocType.SIGNOFF_NOTICE,
            id="N3, vague title",
        ),
        pytest.param(
            "甲市中央环保督察整改任务完成情况公示（第三批）",
            ("序号2、序号9已完成整改。" + PROBLEM, WINDOW),
            DocType.SIGNOFF_NOTICE,
            id="N4",
        ),
        pytest.param("关于长江经济带生态环境警示片披露问题整改销号的公示", (PROBLEM, WINDOW), DocType.SIGNOFF_NOTICE, id="N7"),
        pytest.param(
            "甲市“黑臭水体返黑返臭”问题整改销号公示",
            ("第三轮中央生态环境保护督察反馈问题已整改。" + PROBLEM, WINDOW),
            DocType.SIGNOFF_NOTICE,
            id="neighbour's word in the problem's name",
        ),
        pytest.param("整改任务完成情况表", (PROBLEM + "省生态环境保护督察",), DocType.RECTIFICATION_STATUS, id="N5"),
        pytest.param(
            "甲市中央生态环境保护督察反馈意见整改落实情况",
            ("共承担整改任务41项，截至2024年底已完成38项，其余3项达到序时进度。",),
            DocType.RECTIFICATION_STATUS,
            id="C3",
        ),
        pytest.param(
            "关于甲市2022年督察整改工作进展情况的公示",
            ("生态环境保护督察反馈我市问题30项，已完成21项，完成率70%，正在推进9项。",),
            DocType.RECTIFICATION_STATUS,
            id="C3 called 公示",
        ),
        pytest.param(
            "甲市贯彻落实第三轮中央生态环境保护督察报告整改方案",
            ("一、指导思想。二、工作目标。三、保障措施。",),
            DocType.RECTIFICATION_PLAN,
            id="C2",
        ),
        pytest.param(
            "我省公布中央生态环境保护督察整改方案",
            ("经党中央、国务院审核同意，整改方案近日公布，共确定整改任务60项。",),
            DocType.RECTIFICATION_PLAN,
            id="C2 as news",
        ),
        pytest.param("甲省国家海洋督察整改方案", ("根据国家海洋督察反馈意见制定本方案。",), DocType.RECTIFICATION_PLAN, id="marine plan"),
        pytest.param(
            "中央第四生态环境保护督察组向甲省反馈督察情况",
            ("督察认为，工作取得进展。督察指出，仍有差距。",),
            DocType.INSPECTION_FEEDBACK,
            id="C1",
        ),
        pytest.param(
            "甲市办理中央生态环境保护督察组交办信访件情况（第九批）",
            ("收到交办信访件12件，已办结10件。",),
            DocType.COMPLAINT_HANDLING,
            id="K1",
        ),
        pytest.param(
            "省督察组交办群众举报件整改销号公示",
            ("受理编号D3JN20250110021举报件已办结，予以销号。", WINDOW),
            DocType.COMPLAINT_HANDLING,
            id="K3",
        ),
        pytest.param(
            "甲县召开中央生态环境保护督察整改销号工作推进会", ("5月7日，甲县召开推进会。会议要求加快验收销号。",), DocType.NEWS, id="C7"
        ),
        pytest.param(
            "甲区突出生态环境问题整改验收销号公示",
            ("我区自查发现的采石扬尘问题已整改。" + PROBLEM, WINDOW),
            DocType.OTHER_INSPECTION,
            id="N8",
        ),
        pytest.param(
            "甲市国家海洋督察整改任务销号公示", ("海洋督察反馈围填海问题已整改。" + PROBLEM, WINDOW), DocType.OTHER_INSPECTION, id="marine"
        ),
        pytest.param(
            "中央第二生态环境保护督察组进驻甲省公告", ("督察组进驻甲省，设立专门值班电话。",), DocType.OTHER_INSPECTION, id="arrival"
        ),
        pytest.param("某水泥厂技改项目环境影响评价文件受理公示", (WINDOW,), DocType.UNRELATED, id="approval"),
        pytest.param("市审计局关于审计查出问题整改情况的公告", ("问题143个，已整改销号131个。",), DocType.UNRELATED, id="audit"),
        pytest.param("市委巡察反馈意见整改进展情况的通报", ("巡察组反馈问题25个，已完成整改。",), DocType.UNRELATED, id="party inspection"),
        pytest.param("西沟黑臭水体整治销号公示", ("西沟已消除黑臭，拟予销号。", WINDOW), DocType.UNRELATED, id="river"),
        pytest.param("重大事故隐患整改销号公示", ("隐患已整改，予以销号。", WINDOW), DocType.UNRELATED, id="safety"),
        pytest.param("环保督察整改销号报告范文（精选5篇）", ("关于XX县整改销号的公示（模板）",), DocType.UNRELATED, id="template"),
        pytest.param("", (), DocType.UNRELATED, id="nothing"),
    ],
)
def test_class(title: str, paragraphs: tuple[str, ...], expected: DocType) -> None:
    found = kind.classify(page(title, *paragraphs))
    assert found.doc_type is expected, found.why


def test_attachment_tells_the_class_where_the_page_is_bare() -> None:
    document = Document(
        "表.docx", "application/x", "read", (Block(BlockKind.PARAGRAPH, "中央生态环境保护督察" + PROBLEM + WINDOW, where="表.docx"),)
    )
    assert kind.classify(page("公示", "详见附件。"), (document,)).doc_type is DocType.SIGNOFF_NOTICE


def test_every_clue_is_shown() -> None:
    why = kind.classify(page("甲县督察整改任务（序号3）销号的公示", PROBLEM)).why
    assert any(doc_type is DocType.SIGNOFF_NOTICE and weight > 0 and "销号" in words for doc_type, weight, words in why)


TITLE = "甲县第二轮中央生态环境保护督察整改任务（序号3）{}公示"


@pytest.mark.parametrize(
    ("what", "text", "expected"),
    [
        ("销号的", "已完成整改，并通过验收，拟按程序实施销号。", Stage.ACCEPTED_PENDING),
        ("完成情况", "经市级验收，同意销号。", Stage.ACCEPTED_PENDING),
        ("完成情况", "经县级自验、市级复核，达到销号条件。", Stage.ACCEPTED_PENDING),
        ("完成情况", "现提请省级验收销号。", Stage.ACCEPTED_PENDING),
        ("整改情况", "已完成整改。", Stage.COMPLETED_PUBLICISED),
        ("整改情况", "已完成整改，污水处理厂通过竣工环保验收。", Stage.COMPLETED_PUBLICISED),
        ("整改情况", "根据《整改任务验收销号工作规定》，整改已完成。", Stage.COMPLETED_PUBLICISED),
        ("整改情况", "于2025年4月15日完成自我验收，达到销号标准。", Stage.SELF_ACCEPTED),
        ("整改情况", "该项任务基本完成，剩余2处计划于年底前完成。", Stage.UNKNOWN),
        ("整改情况", "销号后问题反弹，现重新启动整改。", Stage.REOPENED),
    ],
)
def test_stage(what: str, text: str, expected: Stage) -> None:
    assert kind.classify(page(TITLE.format(what), text + PROBLEM, WINDOW)).stage is expected


def test_signed_off_needs_more_than_a_publicity() -> None:
    assert kind.classify(page(TITLE.format("销号"), "经省整改办批准予以销号。" + PROBLEM, WINDOW)).stage is not Stage.SIGNED_OFF


def test_final_announcement_is_signed_off() -> None:
    found = kind.classify(page("关于中央生态环境保护督察反馈意见（第41项）整改销号情况的公告", "经省整改办批准，予以销号。" + PROBLEM))
    assert (found.doc_type, found.stage) == (DocType.SIGNOFF_NOTICE, Stage.SIGNED_OFF)


def test_only_sign_offs_have_a_stage() -> None:
    assert kind.classify(page("西沟黑臭水体整治销号公示", WINDOW)).stage is None


@pytest.mark.parametrize(
    "title",
    [
        "整改情况公示",
        "任务完成情况公示",
        "验收公示",
        "关于污水直排问题的公示",
        "第三批销号清单",
        "甲县人民政府关于第二轮中央生态环…",
        "关于省督察反馈意见整改…",
        "具体整改情况表",
        "边督边改公开情况一览表",
        "甲厂扩建项目违法占地问题整改销号公示",
        "中央生态环境保护督察组进驻公告",
        "自查突出环境问题整改公示",
        "第二轮省级生态环保督查整改完成情况",
        "中央环境保护督察反馈的黑臭水体问题整改公示",
        "【公示】关于生态环境保护督察“回头看”问题的整改",
    ],
)
def test_worth_fetching(title: str) -> None:
    assert kind.is_interesting(title)


@pytest.mark.parametrize(
    "title",
    [
        "",
        "关于公开招聘编外人员的公告",
        "某项目环境影响评价文件受理公示",
        "政府采购中标公告",
        "行政处罚决定书",
        "西沟黑臭水体销号公示",
        "6月空气质量状况",
        "预算执行审计整改公告",
        "市委巡察整改进展通报",
        "重大火灾隐患整改销号公示",
        "竣工环境保护验收公示",
        "端午节放假通知",
    ],
)
def test_not_worth_fetching(title: str) -> None:
    assert not kind.is_interesting(title)


def test_column_makes_a_vague_title_worth_fetching() -> None:
    assert kind.is_interesting("关于甲县有关事项的说明", column="环保督察整改")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=200))
def test_nothing_raises(title: str, text: str) -> None:
    assert isinstance(kind.classify(page(title, text)).doc_type, DocType)
    assert isinstance(kind.is_interesting(title, text), bool)
