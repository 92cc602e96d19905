"""What class of document a page is, how far a sign-off has come, and which titles are worth fetching.

Classes are scored by evidence that can be shown: each clue that holds adds its weight to its class. The clues follow the
taxonomy of the domain guide (section 3): what a document does decides, not which words it shares with others.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from crawler.extract import titles
from crawler.extract.blocks import Document, Page
from crawler.extract.fields import stage
from crawler.extract.titles import is_interesting
from crawler.extract.wording import fold, paragraphs
from crawler.notice.model import DocType, Stage

__all__ = ["Classified", "classify", "is_interesting"]

_HEAD = 500  # characters of a body in which it says what it is
_LEAST = 4  # score below which a page is no document of ours
_PARAGRAPHS = 2_000  # paragraphs and cells of one document that are looked at
_SOURCE = 30_000  # characters of a text that are looked at; a plan's list can be a book


class Where(StrEnum):
    """Which part of a document a clue is looked for in."""

    TITLE = "title"
    BARE = "title without names in quotes"
    HEAD = "head"
    TEXT = "text"
    LINE = "publish line"


@dataclass(frozen=True, slots=True)
class Classified:
    """``why``: each clue that held, as (class, weight, words). ``stage``: of sign-off notices only."""

    doc_type: DocType
    stage: Stage | None
    why: tuple[tuple[DocType, float, str], ...]


Scores = dict[DocType, float]
_OURS: tuple[DocType, ...] = tuple(doc_type for doc_type in DocType if doc_type is not DocType.UNRELATED)


class _Clue(NamedTuple):
    """A class's clue. ``needs``: what the pattern cannot match without, where that is far quicker to look for than the pattern itself."""

    doc_type: DocType
    weight: float
    where: Where
    pattern: re.Pattern[str]
    needs: re.Pattern[str] | None


def _clue(doc_type: DocType, weight: float, where: Where, pattern: str, needs: str | None = None) -> _Clue:
    return _Clue(doc_type, weight, where, re.compile(pattern), None if needs is None else re.compile(needs))


S, R, P, F = DocType.SIGNOFF_NOTICE, DocType.RECTIFICATION_STATUS, DocType.RECTIFICATION_PLAN, DocType.INSPECTION_FEEDBACK
K, C, N, U = DocType.OTHER_INSPECTION, DocType.COMPLAINT_HANDLING, DocType.NEWS, DocType.UNRELATED
T, B, H, X, L = Where.TITLE, Where.BARE, Where.HEAD, Where.TEXT, Where.LINE

_CASE_ID = r"(?<![A-Z])[A-Z]{0,2}[DX]\d?[A-Z]{2}20\d{6}-?\d{2,4}"
_CLUES = (
    # sign-off publicity: a task or problem of an inspection, shown to the public with a window or for objections
    _clue(S, 4, T, r"(?:销号|验收|整改完成|完成整改|整改任务?完成|任务完成|整改落实|整改|自查自验)(?:情况|结果|完成情况)?的?(?:公示|公告)"),
    _clue(S, 3, T, r"销号(?!工作|办法|专题)"),
    _clue(S, 2, T, r"公示"),
    _clue(
        S,
        2.5,
        T,
        r"(?:序号|编号|清单第|第[\d一二三四五六七八九十百]+[项号条个]|问题[一二三四五六七八九十\d]+|第[\d\-、,~至]+[项号]|\d{1,3}号问题|"
        r"[“\"‘'][^”\"’']{4,40}[”\"’'][^。]{0,6}问题)",
    ),
    _clue(S, 3, T, r"警示片[^。]{0,40}(?:销号|验收|整改)"),
    _clue(S, 2, H, r"(?:拟|予以|申请|提请|报[^。]{0,10})[^。，,]{0,8}销号|达到销号标准|通过[^。，,]{0,10}验收|符合销号"),
    _clue(S, 2, H, r"(?:予以|进行|现将[^。]{0,80}|情况)(?:予以)?公示(?!了)|公示如下"),
    _clue(S, 3, X, r"公示(?:期|时间|期间|期限|日期|时限)|如有(?:异议|不同意见)|特此公示|欢迎[^。]{0,12}监督|接受[^。]{0,8}监督"),
    _clue(S, 3, X, r"(?:反馈问题|整改任务|整改问题|问题描述|存在问题|整改目标|责任单位).{0,400}?(?:整改目标|整改措施|目标任务|整改时限)"),
    _clue(S, 1.5, X, r"(?:自我验收|验收)(?:意见|结论|情况)"),
    # progress report: totals of a place or a whole inspection, no objections asked for
    _clue(
        R,
        4,
        T,
        r"(?:整改|落实|进展|推进)(?:工作|任务|落实|进展|总体|完成|推进|开展|实施|阶段性?|年度|季度|的){0,3}(?:情况|进展|进度|成效|成果|报告|总结|小结|台账)"
        r"(?:的)?(?:公开|报告|通报|说明|汇报|总结|公布|公告|[（(][^）)]*[）)])?$",
    ),
    _clue(R, 3, T, r"整改(?:工作)?(?:落实|进展|总体|推进|开展|阶段性?)(?:情况|进展|成效)|整改[^。]{0,12}(?:总结|小结|报告)$"),
    _clue(R, 3, T, r"(?:公开|对外公开|公布|通报)[^。]{0,60}整改(?:工作)?(?:落实|进展|完成)?情况"),
    _clue(R, 3, T, r"整改(?:工作)?(?:进展|总体)情况(?:的)?公示"),
    _clue(
        R,
        6,
        T,
        r"整改[^。]{0,8}(?:情况|进展|进度|完成|落实)[^。]{0,4}(?:表|台账)(?:[（(][^）)]*[）)])?$",
    ),
    _clue(
        R,
        4,
        X,
        # the look ahead rules out most places at once; so below
        r"(?=[共承反涉认完销\d])(?:(?:共|承担|反馈|涉及|认领)[^。]{0,40}?\d{1,5}[项个件][^。]{0,120}?(?:完成|销号|整改到位)[^。]{0,20}?\d{1,5}[项个]|"
        r"\d{1,5}[项个件](?:整改)?(?:问题|任务|措施)?[^。;]{0,24}?(?:完成|销号|整改到位)[^。;]{0,8}?\d{1,5}[项个件]|"
        r"(?:完成|销号)(?:整改|销号)?(?:了)?\d{1,5}[项个件].{0,200}?(?:推进|整改中|未完成|剩余|其余|尚余|余下)[^。]{0,12}\d{1,5}[项个件]|"
        r"\d{1,5}[项个件](?:整改)?(?:任务|问题|措施)[^。]{0,24}(?:全部|均)[^。,]{0,6}(?:完成|整改|销号))",
        needs=r"\d[项个件]",
    ),
    _clue(
        R,
        3,
        X,
        r"(?:完成率|占(?:总数的?)?\d|序时(?:进度|推进)|时序进度|正在(?:推进|整改)\d{1,5}[项个]|(?:其余|剩余|尚余|余下)\d{1,5}[项个]|"
        r"均按时序|按时序)",
        needs="完成率|占|序时|时序进度|正在推进|正在整改|其余|剩余|尚余|余下|按时序",
    ),
    _clue(R, 1.5, X, r"下一步"),
    _clue(R, 2, H, r"(?:整改)(?:工作)?(?:落实|进展|总体)?情况(?:报告|公开|通报)如下"),
    # plan: what is going to be done, by whom, until when
    _clue(P, 7, T, r"(?:整改|细化|实施|工作)方案(?:的?(?:公开|公布|公示|公告|通知|全文|摘要)|[（(][^）)]*[）)])?$"),
    _clue(P, 7, T, r"(?:任务|措施|问题|责任)清单(?:的?(?:公开|公布|公示|公告|通知|全文)|[（(][^）)]*[）)])?$"),
    _clue(
        P,
        7,
        T,
        r"(?:任务|措施|责任|整改)(?:任务|措施|责任|落实)?(?:分解|分工|落实|安排|计划)(?:一览|明细)?(?:表|方案|清单|意见)?(?:的?(?:公开|公布|公示|公告|通知)|[（(][^）)]*[）)])?$|"
        r"整改(?:工作)?(?:计划|安排|路线图|实施意见|任务书)(?:的?(?:公开|公布|公告|通知)|[（(][^）)]*[）)])?$",
    ),
    _clue(P, 6, T, r"(?:公开|公布|发布|印发|出台|审议通过|制定)[^。]{0,50}整改(?:工作|实施)?方案"),
    _clue(P, 3, T, r"整改(?:工作|实施)?方案"),
    _clue(P, 7, T, r"海洋督察[^。]{0,40}方案"),
    _clue(
        P,
        3,
        H,
        r"(?=[制《方清任措责分抓认遵结])(?:制定(?:本|了)?(?:整改)?方案|《[^》]{4,60}整改(?:工作|实施)?方案》[^。]{0,30}(?:印发|公布|公开|审核同意|审议通过|已经)|"
        r"方案共?(?:确定|明确(?!的)|提出|细化)|清单共?(?:确定|明确(?!的)|提出|细化)|(?:任务|措施|责任|分工)[^。]{0,10}分解如下|分解[^。]{0,16}(?:印发|公布|下达)|"
        r"(?:抓好|认真|遵照|结合实际)[^。,]{0,6}(?:贯彻落实|落实|执行))",
        needs="方案|清单|分解|落实|执行",
    ),
    _clue(P, 2, X, r"整改时限[^。]{0,400}整改目标|指导思想|基本原则|保障措施|组织保障"),
    # feedback: what inspectors found and demanded
    _clue(F, 7, T, r"督[察查]组?[^。]{0,12}向[^。]{1,60}反馈|反馈(?:督[察查](?:情况|意见)|[“\"]?回头看|情况)"),
    _clue(F, 6, T, r"^(?!.*(?:整改|落实|方案)).*督察.{0,30}反馈(?:意见|情况|报告)"),
    _clue(F, 5, T, r"(?:督察|公开)通报|典型案例|(?:督察)报告(?:主要内容|公开)?$|督察发现"),
    _clue(F, 3, X, r"督察(?:组)?(?:认为|指出|要求|强调|发现)[,，][^。]{10,}"),
    _clue(F, 2, H, r"督察组[^。]{0,30}(?:向|对)[^。]{2,60}(?:反馈|督察)"),
    # complaints handed over during an inspection
    _clue(
        C,
        19,
        B,
        r"(?:信访|举报|群众(?:来信|来电))[^。]{0,14}(?:件|案件|问题|事项|线索)|(?:信访|举报)件|边督边改|(?:转办|交办|"
        r"移交)(?:[^。]{0,12}(?:信访|举报|案件|问题线索|群众)|(?:的)?件)|群众举报|来信来电|"
        r"(?:转办|交办|移交|受理)[^。]{0,12}第?[一二三四五六七八九十百\d]+批|"
        r"第[一二三四五六七八九十百\d]+批次?[^。]{0,12}(?:转办|交办|移交|信访|举报)|(?:转办|交办|移交)[^。]{0,16}(?:办理|查处|调查|核查)[^。]{0,8}(?:情况|结果)",
    ),
    # a case's number in the title settles it, whatever the layout (domain guide, 5.5)
    _clue(C, 15, T, rf"{_CASE_ID}"),
    _clue(C, 5, X, rf"(?:受理|案件|信访|举报|交办)编号|{_CASE_ID}", needs=r"[编DX][号\dA-Z]"),
    _clue(C, 8, X, r"(?:是否属实|属实情况|核实情况|调查核实).{0,400}?(?:处理|整改|办理|办结|查处)(?:和整改)?(?:情况|结果)"),
    _clue(C, 2, H, r"(?:交办|转办|移交|收到)[^。]{0,30}(?:信访|举报)"),
    # news: somebody met, visited, trained, praised
    _clue(
        N,
        7,
        B,
        r"召开|推进会|调度会|部署会|动员会|领导[^。]{0,10}督导|督导[^。]{0,40}(?:整改|工作)$|多措并举|座谈会|工作会议|专题会|培训班|调研|暗访|见实效|启动$|全面启动|现场(?:验收|核查|检查)$|侧记|走访|举办|"
        r"开展[^。]{0,30}(?:检查|验收|核查|督导)$|擦亮|扎实推进|显成效|"
        r"变[^。]{0,3}记",
    ),
    _clue(
        N,
        5,
        B,
        r"昔日|今朝|见闻|纪实|故事|蝶变|嬗变|焕新|新颜|华丽转身|重生|变身|打卡|画卷|答卷|成绩单|走笔|回头看看|新闻发布会|观摩|巡查|督办会|"
        r"让[^。]{1,12}变|从[^。]{2,14}到[^。]{2,14}",
    ),
    _clue(N, 8, B, r"(?:正面|整改|先进|优秀)典型|工作纪实|综述|巡礼|回访|答记者问"),
    _clue(N, 4, B, r"\d{1,5}项[^。]{0,40}(?:通过[^。]{0,6}验收|销号|完成[一二三四五六七八九十\d]成)"),
    _clue(N, 3, H, r"^(?:[^。]{0,20}[讯电][\s:：,，]?|\d+月\d+日|近日|日前|连日来|近年来|[“\"])|记者|本报讯|讯\(|新华社|通讯员|家住|说。"),
    _clue(N, 3, H, r"会议(?:强调|指出|要求|通报)|他(?:强调|指出|要求|们?说)|她(?:强调|指出|要求|们?说)|深入[^。]{0,20}(?:一线|现场|企业)"),
    _clue(
        N,
        2,
        H,
        r"(?:村民|居民|市民|群众|负责人)[^。,]{0,8}(?:说|告诉|介绍)[:,\"]?|走进|打卡|在[^。,]{2,16}(?:看到|了解到)",
        needs="说|告诉|介绍|走进|打卡|看到|了解到",
    ),
    _clue(N, 2, L, r"日报|晚报|新华|在线|新闻|电视|客户端|人民网|融媒"),
    # inspections of other kinds, and problems found by the bodies themselves
    _clue(K, 14, B, r"自查自纠|自查发现|自排查|排查发现|(?:大|专项)排查|自[行主]?发现"),
    _clue(K, 14, T, r"绿盾|强化监督|清废行动|自然保护地[^。]{0,12}(?:问题|整改|销号)"),
    _clue(K, 7, H, r"(?:自查|自排|自行排查|大排查|排查)(?:自纠)?(?:自?查?)?发现(?:的)?[^。]{0,10}问题"),
    _clue(
        K,
        18,
        B,
        r"海洋督察(?!.*方案)|约谈|督察组已?进驻(?![前后期]|[^。]{0,20}(?:动员|召开|会议|启动))|进驻[^。]{0,20}(?:公告|的通告)|责任追究|问责情况|问责结果|(?:专项|强化|集中|驻点|巡回)督查|交叉检查|"
        r"突出(?:生态)?环境问题(?![^。]{0,40}督察)",
    ),
    # how a team tells that it has come: days on site, a telephone and a letter-box of its own
    _clue(
        K,
        7,
        H,
        r"(?:设立|开通)[^。]{0,10}(?:值班|举报|专门)[^。]{0,6}电话[^。]{0,60}(?:邮政信箱|信箱|来信)|受理(?:举报|来电|来信)[^。]{0,12}时间(?:为|:|是)?每天",
        needs="信箱|来信|每天",
    ),
    _clue(K, 3, X, r"国家海洋督察|饮用水水源地[^。]{0,10}(?:排查|整治)|集中督查|强化督查|专项督查"),
    # neighbours that share the words
    _clue(
        U,
        8,
        B,
        r"环境影响(?:评价|报告)|环评|竣工|排污许可|招聘|录用|考察人员|采购|中标|招标|行政处罚|处罚决定|审计|巡[视察]|党组|火灾|"
        r"安全生产|(?:事故|安全|消防|燃气)隐患|图斑|卫片|碳排放|温室气体|配额|复垦|"
        r"督查激励|大督查|督查督办|信用|注销|应急预案|辐射|危险废物经营|"
        r"空气质量|水质(?:状况|月报|周报)|监测结果|专项资金|土壤污染状况|地块|“无废城市”|无废城市|脱贫|创卫|主题教育|征求意见",
    ),
    _clue(U, 6, B, r"巡[视察]|审计"),  # these report totals of rectification too
    _clue(U, 6, B, r"黑臭水体"),
    _clue(U, 12, B, r"(?:卫生|文明|园林|双拥)(?:城市|县城|城区|乡镇)|爱国卫生|食品安全示范"),
    _clue(U, 9, B, r"范文|模板|精选\d|\d{1,3}篇|心得|PPT|怎么写|怎么看|如何(?:写|办)|管家|解读|图解|一图读懂"),
    _clue(U, 5, X, r"范文[^。]{0,20}(?:参考|下载|借鉴)|模板[^。]{0,20}(?:参考|下载|借鉴)|XX(?:县|市|省|问题|局)|××(?:县|市|省|局)"),
)

_INSPECTION = re.compile(
    r"(?:生态环境保护|生态环保|环境保护|环保|海洋|中央|中省|省委|省级|省|市级|自治区|自治区党委|"
    r"央)[^。，,;；]{0,12}督[察查](?!激励|室|办)|督察(?:反馈|整改|组|报告|“回头看”|"
    r"回头看|\"回头看)|回头看|警示片|长江经济带|突出(?:生态)?环境问题"
)
#: what a form names in this order: the task, who is to do what, how it went
_TASK, _DUTY, _OUTCOME = (
    re.compile(words)
    for words in (
        "整改任务|(?:反馈|整改|督察)问题", "整改(?:目标|措施|时限)|责任单位|牵头单位", "(?:完成|整改|落实|进展)(?:情况|结果)",
    )
)  # fmt: skip
#: a look-back alone says nothing: hygiene, poverty and campaigns have theirs
_ENVIRONMENT = re.compile(
    r"生态|环保|(?<!人居)(?<!营商)(?<!社会)环境(?!卫生|整治)|警示片|海洋|污染|督[察查][^。]{0,14}回头看|回头看[^。]{0,8}督[察查]|中央[^。]{0,6}回头看"
)
_CASE = re.compile(_CASE_ID)


def classify(page: Page, documents: Sequence[Document] = (), own: Sequence[str] | None = None) -> Classified:
    """The class of a page with its attachments, the stage if it is a sign-off notice, and the evidence.

    A page none of whose clues speaks of an inspection is `DocType.UNRELATED`; between classes the sum of the weights decides.
    ``own``: the page's `wording.paragraphs`, where they are known already.
    """
    own = (paragraphs(page) if own is None else own)[:_PARAGRAPHS]
    parts = _parts(page, own, documents)
    held = tuple(
        (doc_type, weight, match[0][:60])
        for doc_type, weight, where, pattern, needs in _CLUES
        if (needs is None or needs.search(parts[where])) and (match := pattern.search(parts[where]))
    )
    doc_type = _decide(held, parts)
    found = stage.stage_of(parts[T], "。".join(_told(own, documents))) if doc_type is S else None
    return Classified(doc_type, found, held)


def _told(own: Sequence[str], documents: Sequence[Document]) -> list[str]:
    """The folded paragraphs of a page and its attachments, as far as they are looked at."""
    attached = [fold(block.text[:_SOURCE]) for document in documents for block in document.blocks[:_PARAGRAPHS]]
    return [*own, *attached]


def _parts(page: Page, paragraphs_read: Sequence[str], documents: Sequence[Document]) -> dict[Where, str]:
    own = "".join(paragraphs_read)[:_SOURCE]
    attached = "".join(fold(document.text[:_SOURCE]) for document in documents)[:_SOURCE]
    title = fold(page.title)
    return {T: title, B: _NAMED.sub("", title), H: own[:_HEAD] or attached[:_HEAD], X: own + attached, L: fold(page.publish_line)}


_NAMED = re.compile(r'"[^"]{5,60}"|《[^》]{1,80}》')  # the name of a problem may sound like anything


def _decide(held: Sequence[tuple[DocType, float, str]], parts: dict[Where, str]) -> DocType:
    scores: Scores = dict.fromkeys(DocType, 0.0)
    for doc_type, weight, _ in held:
        scores[doc_type] += weight
    if _PROMINENT.search(parts[B]) and _FOUND_BY_OTHERS.search(parts[H]) and not _SELF_FOUND.search(parts[T] + parts[H]):
        scores[K] = 0  # 突出环境问题 is what inspectors name their findings too
    if _is_named(parts):
        scores[U] = 0  # neighbours' words stand in the problem's name then
    if not _is_of_inspection(parts, scores):
        return U
    best = max(_OURS, key=scores.__getitem__)
    if best is S and _is_self_found(parts):
        best = K
    elif best is S and _is_report(parts, scores):
        best = R
    if scores[best] >= _LEAST and scores[best] > scores[U]:
        return best
    return _named_alone(parts, scores, best)


def _named_alone(parts: dict[Where, str], scores: Scores, best: DocType) -> DocType:
    """The class of a page that names an inspection in a form nobody has met: what concerns one is never thrown away for that.

    Only neighbours' words, or no word of an inspection where the page says what it is, make it unrelated.
    """
    if scores[U] or not (titles.names_inspection(parts[T]) or _named_in_head(parts, scores)):
        return U
    if re.search(r"整改|落实|治理|任务|问题|销号", parts[T]) and scores[N] < 3:
        return R if scores[P] <= scores[R] else P
    return best if scores[best] >= 3 else N


def _named_in_head(parts: dict[Where, str], scores: Scores) -> bool:
    """Whether the opening words name an inspection and the page is about putting right, or tells or counts something."""
    return titles.names_inspection(parts[H]) and (scores[N] + scores[R] >= 3 or re.search(r"整改|销号", parts[T]) is not None)


def _is_named(parts: dict[Where, str]) -> bool:
    """Whether title or opening words name an environmental inspection: no word of a neighbour counts against that, save a model text's."""
    named = titles.names_inspection(parts[T]) or (
        not _OTHER_TRADE.search(parts[T]) and bool(_OPENING.search(_NAMED.sub("", parts[H][:300])))
    )
    return named and not _is_model(parts[T] + parts[H])


def _is_model(text: str) -> bool:
    return _MODEL_TEXT.search(text) is not None or ("篇" in text and _MODEL_TEXTS.search(text) is not None)


_MODEL_TEXT, _MODEL_TEXTS = re.compile("范文|模板|模版"), re.compile(r"\d篇")
#: a title of these is about other business, whatever the text cites beside it
_OTHER_TRADE = re.compile(r"巡[视察]|审计|党组|招聘|录用|考察|采购|招标|中标|环境影响|环评|竣工|预算|处罚|激励|图斑|卫片")
_OPENING = re.compile(r"(?:生态环境保护|生态环保|环境保护|环保)[^。,]{0,8}督察(?:组|反馈|整改|报告|指出|发现|交办|移交|任务)")


def _is_of_inspection(parts: dict[Where, str], scores: Scores) -> bool:
    """An environmental inspection must be named in the title or where the text begins; neighbours' words outweigh a mention."""
    for part, weight in ((parts[T], 6), (parts[H], 3)):
        if _INSPECTION.search(part) and (_ENVIRONMENT.search(part) or (part is parts[T] and titles.names_inspection(part))):
            return scores[U] <= weight + 2 or (part is parts[T] and titles.names_inspection(part) and not re.search(r"范文|模板", part))
    if (
        scores[U] == 0
        and re.search(r"(?:情况|进展|进度|登记|统计|汇总|一览|完成)[^。]{0,6}(?:表|台账)(?:[（(]|$)", parts[T])
        and has_form(parts[X])
    ):
        return True  # the form that hangs on a notice, met alone
    if scores[C] >= 15 and ("督察" in parts[T] + parts[H] or _CASE.search(parts[T] + parts[H])):
        return True
    if scores[K] >= 8:
        return True
    return (
        bool(_INSPECTION.search(parts[X]) and _ENVIRONMENT.search(parts[X]))
        and scores[U] == 0
        and bool(re.search(r"整改|销号|督察", parts[T] + parts[X][:2000]))
    )


def has_form(text: str) -> bool:
    """Whether a line names a task, within 2,000 characters what is to be done and within 4,000 how it went: in one pass, however
    often it names them."""
    return any(_has_form(line) for line in text.split("\n"))


def _has_form(line: str) -> bool:
    tasks, outcomes = [found.end() for found in _TASK.finditer(line)], [found.start() for found in _OUTCOME.finditer(line)]
    for duty in _DUTY.finditer(line):
        before, after = bisect_right(tasks, duty.start()) - 1, bisect_left(outcomes, duty.end())
        if before >= 0 and after < len(outcomes) and duty.start() - tasks[before] <= 2000 and outcomes[after] - duty.end() <= 4000:
            return True
    return False


def _is_self_found(parts: dict[Where, str]) -> bool:
    """A problem that the bodies found themselves, signed off as if inspectors had named it."""
    start = parts[T] + parts[H]
    return bool(_SELF_FOUND.search(start)) and not _FOUND_BY_OTHERS.search(start)


_PROMINENT = re.compile(r"突出(?:生态)?环境问题(?![^。]{0,40}督察)")
_SELF_FOUND = re.compile(r"自查(?!自验)[^。]{0,10}(?:问题|发现)|自行排查|自排查|排查(?:出|发现)的?|自主发现|自己发现")
_FOUND_BY_OTHERS = re.compile(r"督察(?:组|反馈|报告|指出|发现|交办|披露|整改任务|[及和]?[^。,，]{0,12}回头看)|警示片|反馈问题|反馈意见")
_ASKS = re.compile(r"公示(?:期|时间|期间|期限|日期|时限)|异议|特此公示|予以公示|公示如下|监督电话|拟[^。]{0,12}销号")
_WINDOW = re.compile(r"公示(?:期|时间|日期|期限|期间)|异议")
_SINGLE = re.compile(r"序号|编号|第[\d一二三四五六七八九十百]+[项号条个]|问题[一二三四五六七八九十\d]|\"[^\"]{4,60}\"|销号|验收|批[)）]")


def _is_report(parts: dict[Where, str], scores: Scores) -> bool:
    """A table or report that asks for nothing and gives no window, or totals under a title that ends in 公示."""
    title, text = parts[T], parts[X]
    if not _ASKS.search(text) and not re.search(r"公示|销号|验收", title):
        return True
    if _WINDOW.search(text):
        return False
    return (bool(re.search(r"(?:进展|总体|落实)情况", title)) and scores[R] >= scores[S] - 2) or (
        scores[R] >= 7 and not _SINGLE.search(title)
    )
