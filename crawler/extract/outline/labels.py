"""The labels of cells and sections in notices, by what they mean: 督察反馈问题, 整改时限, 自我验收意见 …

A label is recognised by its head noun and the modifiers before it, so wordings not seen before are understood too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from crawler.text.widths import half


class Label(StrEnum):
    """What the words under a label are."""

    PROBLEM = "problem"
    GOAL = "goal"
    MEASURES = "measures"
    COMPLETION = "completion"
    ACCEPTANCE = "acceptance"
    UNITS = "units"
    OTHER_ROLE = "other_role"
    DEADLINE = "deadline"
    ACCEPTED_ON = "accepted_on"
    NUMBER = "number"
    WINDOW = "window"
    CONTACT = "contact"
    SIGNATURE = "signature"
    ATTACHMENT = "attachment"
    ASIDE = "aside"


#: those whose text is a section of the notice
TEXTS = (Label.PROBLEM, Label.GOAL, Label.MEASURES, Label.COMPLETION, Label.ACCEPTANCE)

_ABOUT = (
    r"(?:中央|国家|省级?|市级?|县级?|区级?|生态环境保护|生态环保|环境保护|环保|督察组?|反馈|涉及|交办|移交|存在|具体|主要|突出|整改|"
    r"任务|清单|的|意见|报告|指出|披露|反映|拟定|既定|设定|警示片|我[省市县区旗州]|发现|承担|工作|现场|被|通报|责任|落实|事项|本次|公示|相关|有关)*"
)
_RULES: tuple[tuple[Label, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern))
    for label, pattern in (
        (
            Label.WINDOW,
            (
                r"(?:整改|验收|销号|现予|进行|信息|情况)*(?:公示|公告|公开|异议|监督|意见征[求集]|征求意见)(?:的)?(?:起止)?(?:时间|期|期限|日期|期间|"
                r"时限|起止时间|有效期)(?:(?:及|和|、)(?:联系方式|联系电话|监督电话|监督方式|反馈方式|意见反馈|联系人))?"
            ),
        ),
        (Label.ACCEPTED_ON, r"(?:自我|自主|市级|县级|省级|现场|完成|通过)*(?:验收|销号|自验)(?:完成|通过)?(?:时间|日期)"),
        (
            Label.ACCEPTANCE,
            (
                r"(?:(?:市级?|县级?|省级?|区级?|自我|自主|联合|现场|组织|整改|申请|任务|问题|专家组?|工作组|牵头部门|主管部门|属地|第三方|评估|核查|及|和|与|、)*(?:验收|自验|"
                r"核查|核验|查验|审核|销号|评估|复核)(?:销号|核查|组|工作)?)(?:的)?(?:意见|把关|过程|结论|结果|情况|评价|认定|评定|鉴定|及意见)(?:及结论|意见|结论)?|"
                r"自查(?:自验)?(?:意见|结论)|自我验收|自主验收|市级验收|(?:牵头|主管|监管|验收|上级|行业)(?:部门|单位)(?:的)?(?:验收|审核|核查)?意见|(?:综合|完成|整改|销号)(?:认定|评定|结论)(?:意见|结论|情况)?|验收(?:销号)?|结论|谁来(?:验收|把关|认定)|(?:验收)?怎么(?:验收|把关|认定)的?|验收(?:怎么说|结果如何)"
            ),
        ),
        (
            Label.DEADLINE,
            rf"{_ABOUT}(?:完成|办结|销号|办理|验收|计划|要求|目标)*(?:时限|期限|完成时间|整改时间|完成日期|时间要求|时间节点|时限要求|期限要求)",
        ),
        (
            Label.OTHER_ROLE,
            (
                rf"{_ABOUT}(?:督导|督查|督办|盯办|验收|监管|监督|指导|核查|包抓|包保|挂牌督办|行业主管|主管|审核|销号)(?:责任)?(?:单位|部门|"
                rf"主体|领导|责任人)|(?:整改|包抓|包保|市级|县级|牵头|具体)*(?:责任领导|责任人|包保领导|领导|联系领导|负责人|填报人|审核人)"
            ),
        ),
        (
            Label.UNITS,
            (
                rf"(?:{_ABOUT}(?:责任|整改|实施|牵头|配合|协助|参与|承办|主办|协办|执行|落实|主体|市级|县级|属地|共同|及|和|与|、|/)+(?:单位|"
                rf"部门|主体|地区|地方)(?:及(?:责任|配合|参与)(?:单位|部门)|及责任人)?)|(?:整改|任务|工作|职责|责任)*(?:责任分工|责任落实|责任划分|"
                r"任务分工|职责分工|分工负责)|责任|(?:整改)?责任人(?:及|和|与|、)(?:责任|整改)?单位|(?:由)?谁来(?:整?改|负责|落实)"
            ),
        ),
        (Label.NUMBER, rf"{_ABOUT}(?:问题|任务)?(?:清单|台账)?(?:序号|编号|序列号|任务号|问题号)|序|No\.?"),
        (
            Label.GOAL,
            (
                rf"{_ABOUT}(?:预期|总体|阶段|年度|预定|验收)?(?:(?:要|应|需)?达到的)?(?:目标)(?:任务|要求|值)?(?:(?:及|和|与|、)(?:整改|完成)?(?:时限|期限|要求|任务))?|任务目标|"
                r"(?:整改|完成|验收|应达|达标|销号)(?:的)?标准|"
                r"(?:要)?(?:整)?改(?:到|成)(?:什么|啥|何种)(?:程度|样|样子|标准)|(?:整改)?(?:目标|要求|标准)是(?:什么|啥)|(?:要)?达到什么(?:目标|标准|要求)"
            ),
        ),
        (
            Label.COMPLETION,
            (
                rf"{_ABOUT}(?:[措施任务及和与、目标问题]{{0,8}})(?:(?:完成|进展|落实|开展|推进|治理|实施|采取|整治|办理|处理|工作|整改|措施|"
                rf"自查|销号)(?:完成|进展|工作|任务|落实|措施|的|及|和|与|、)*(?:情况|成效|效果|结果|进度|现状|说明|成果)(?:说明|及成效)?)(?:描述|"
                rf"简述)?"
            ),
        ),
        (
            Label.COMPLETION,
            (
                rf"{_ABOUT}(?:[措施任务及和与、目标问题]{{0,8}})"
                r"(?:进展|成效|成果|落实|完成情况说明|实施效果|取得(?:的)?成效|阶段性成效|落实和完成|进度|完成整改情况)|"
                r"(?:目前|当前|现阶段|最新|阶段性?)(?:的)?(?:整改)?(?:进展|进度|情况|状态|成效)(?:情况)?|结果|整改后(?:情况|效果|状况|现状)?|(?:实施|落实|整改)结果|(?:整改|治理)?实效|"
                r"(?:整)?改得?(?:怎么样|怎样|如何|咋样)(?:了)?|(?:整)?改(?:了)?没有|(?:整改|治理)?(?:效果|成效|结果|进展)(?:如何|怎么样|怎样)"
            ),
        ),
        (
            Label.MEASURES,
            (
                rf"{_ABOUT}(?:重点|采取|推进|保障|治理|的|主要|实施)*(?:措施|举措|做法|办法|路径|过程|对策|行动|主要工作|措施要求|整改要求|整改内容|实施内容)(?:内容)?|"
                r"(?:是)?(?:怎么|怎样|如何|咋)(?:整)?改的?|(?:采取|做)了(?:哪些|什么)(?:措施|工作|举措)?"
            ),
        ),
        (
            Label.PROBLEM,
            (
                rf"{_ABOUT}(?:信访|典型|个性|共性)?(?:问题)(?:清单)?(?:的)?(?:及)?(?:基本|具体)?(?:内容|描述|简述|概述|表述|简介|概况|摘要|情况|名称|"
                rf"原文|概要|表现|症结|由来|现状|简况|详情|要点|导向|指向|背景|缘由|起因|点位|(?:和|及)(?:任务|目标|整改要求))?|症结(?:在)?(?:哪里|哪儿|何处|所在)?|问题(?:出)?(?:在)?(?:哪里|哪儿|何处|"
                r"是什么)|(?:指出|查出|发现|存在)了?(?:什么|哪些|啥)问题|(?:是)?什么问题"
            ),
        ),
        (
            Label.PROBLEM,
            (
                r"(?:中央|省|督察|生态环境保护|环保|反馈|整改|具体|承担|涉及)*(?:整改任务|任务内容|任务描述|任务名称|任务事项|整改事项|"
                r"反馈意见(?:内容|原文)?|督察意见(?:原文|内容)?|督察指出|原问题|问题|任务)|(?:信访|群众|主要|具体)*(?:举报|反映|投诉|信访)(?:的)?(?:内容|事项|诉求|主要问题)|整改前(?:情况|状况|现状)?"
            ),
        ),
        (Label.SIGNATURE, r"(?:公示|发布|公告|填报|报送)(?:单位|机构|部门)(?:及联系方式|及电话|\(盖章\))?"),
        (
            Label.CONTACT,
            (
                r"(?:公示|监督|举报|受理|反馈|意见|投诉|联系人|联系|异议|通讯|通信|邮寄|来信|办公|咨询|单位|电子|及|和|与|、|群众|信访|渠道|公众|"
                r"传真|手机|值班)*(?:电话|方式|传真|邮箱|信箱|邮件|地址|渠道|途径|号码|热线|邮编|邮政编码|联系人|部门|处理|E-?mail)|(?:其他|"
                r"有关)(?:事项|要求)|意见反馈|异议(?:处理|反馈)"
            ),
        ),
        (Label.ATTACHMENT, r"附件(?:\d{1,2}|[一二三四五六七八九十])?|附表|附"),
        (
            Label.ASIDE,
            (
                r"备注|说明|附注|问题来源|问题类型|整改类型|类别|污染类型|行政区域|属地|所属地区|任务类型|问题类别|领域|是否(?:属实|完成|"
                r"销号)|完成状态|整改状态"
            ),
        ),
    )
)
#: marks that only adorn a heading: ● ▶ ◎ and their like, before or around it
_ADORNING = "●■◆★▲※·▶►▷▸▪▫◎○◇□◈➤➢☆❖√✓✔•◉▼△>→#*—-"
_MOST_BY_ENDING = 10  # characters of a name that its ending explains
#: what names of sections end in, for wordings that no rule above foresaw
_BY_ENDING: tuple[tuple[Label, re.Pattern[str]], ...] = (
    (
        Label.ACCEPTANCE,
        re.compile(r"[\u4e00-\u9fff]{0,6}(?:认定意见|销号建议|专家意见|初验意见|验收认定情况|自查验收情况|第三方(?:机构)?评估(?:情况)?)"),
    ),
    (
        Label.MEASURES,
        re.compile(
            r"采取(?:的)?(?:整改)?措施(?:的)?情况|[\u4e00-\u9fff]{0,6}(?:措施|举措|做法|对策)|(?:整改|治理|处置|主要|推进|工作)+(?:思路|过程|经过|方法|工作|内容)"
        ),
    ),
    (Label.GOAL, re.compile(r"[\u4e00-\u9fff]{0,6}目标(?:设定|值)?|(?:整改|治理)?(?:预期|要?达到的)(?:效果|结果)")),
    (
        Label.COMPLETION,
        re.compile(
            r"(?:整改|治理|任务|问题|工作)*(?:落地|兑现|到位|办结|达标|完成)(?:情况|状态)|(?:整改|治理)(?:成绩|前后对比)|(?:最终|实际|改后|取得)(?:成效|效果|完成|完成情况)|任务完成"
        ),
    ),
    (
        Label.PROBLEM,
        re.compile(r"(?:督察|督察组|中央|省|市)*反馈(?:的)?(?:意见|内容)|问题(?:事实|出处|缘起)|(?:环境|点名|督办|查处|通报|重点)问题"),
    ),
)
_ENUMERATOR = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}(?:部分)?\s?[、.:,]|第[一二三四五六七八九十]{1,3}部分\s|[壹贰叁肆伍陆柒捌玖拾]{1,2}\s?[、.:,]|[Ⅰ-Ⅻ]{1,2}\s?[、.:,]?|"
    r"\([一二三四五六七八九十]{1,3}\)[、.]?|\(\d{1,2}\)|0\d\s?[/、.|]?(?=\s?[\u4e00-\u9fff])|\d{1,2}\s?[、.)](?!\d)|[A-Z]\s?[、.)](?=\s?[\u4e00-\u9fff])|"
    rf"[①-⑳]|[{re.escape(_ADORNING)}]{{1,3}}(?!\d))\s*"
)
#: or a digit: how an enumerator begins
_ENUMERATING = frozenset("第一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ(①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳ABCDEFGH" + _ADORNING)
_LEVEL_ONE = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}(?:部分)?\s?[、.:,]|第[一二三四五六七八九十]{1,3}部分\s|[壹贰叁肆伍陆柒捌玖拾]|[Ⅰ-Ⅻ])"
)
#: what stands around the words of a label
_AROUND = re.compile(r"[\s*【】\[\]“”\"《》「」『』〖〗〔〕:?]+|[—\-|│■◆●▶►→>~]+$")
_AS_OF = re.compile(r"\((?:截[至止]|截止到)[^()]{4,24}\)")
_BRACKETED = re.compile(r"\([^()]{0,30}\)$")


@dataclass(slots=True)
class Heading:
    """A line or cell that opens a section.

    ``rest``: offset in the line where its own text starts; ``level``: 1 for 一、 2 for （一）, 0 bare.
    """

    label: Label
    words: str
    rest: int
    level: int


@lru_cache(maxsize=4096)
def label_of(words: str, by_ending: bool = True) -> Label | None:
    """The meaning of a label without its enumerator, or ``None`` if the words are no label.

    ``by_ending``: names nobody foresaw count by their ending; in running text (采取以下措施：) they do not.
    """
    plain = _AROUND.sub("", half(words))
    if plain[:1] == "(" and plain[-1:] == ")" and plain.count("(") == 1:
        plain = plain[1:-1]
    plain = _BRACKETED.sub("", _AS_OF.sub("", plain)).removesuffix("如下")
    if not 1 <= len(plain) <= 22:
        return None
    return next((label for label, rule in _RULES if rule.fullmatch(plain)), None) or (
        next((label for label, rule in _BY_ENDING if rule.fullmatch(plain)), None) if by_ending and len(plain) <= _MOST_BY_ENDING else None
    )


def strip_enumerator(text: str) -> tuple[int, int]:
    """How many characters an enumerator at the start of ``text`` takes, and its level: 1 for 一、, 2 for the others, 0 for none."""
    first = text[:1]
    found = _ENUMERATOR.match(text) if first in _ENUMERATING or first.isdecimal() else None
    if not found:
        return 0, 0
    return found.end(), 1 if _LEVEL_ONE.match(text) else 2


def heading(line: str, enumerated: tuple[int, int] | None = None) -> Heading | None:
    """Read a line as a heading, alone or with text behind it: 一、反馈问题 · 【问题描述】 · 整改时限：2024年底 · 四、完成情况：一是…

    ``line``: one paragraph, half-width (`half`). A label with text behind it needs a colon, a full stop, or brackets around
    it; behind an enumerator a space will do. ``enumerated``: what `strip_enumerator` says of the line, where that is known already.
    """
    skip, level = enumerated or strip_enumerator(line)
    body = line[skip:]
    if not body:
        return None
    if len(body) <= 45 and (label := label_of(body)) is not None and not body.rstrip(" :").endswith("。"):
        return Heading(label, body.strip(" :"), len(line), level)
    return _with_text(line, skip, level)


_APART = re.compile(r"((?:[\u4e00-\u9fff]\s){1,11}[\u4e00-\u9fff])\s*:\s*")
_SPLIT = re.compile(
    r"^(?:[【「『〖〔]([^】」』〗〕]{2,20})[】」』〗〕]|[\[(]([^\])]{2,20})[\])]|([^:。,;\s|—→]{2,22}(?:\([^()]{0,30}\))?))(\s*:|。|\s*(?:—{1,2}|-{2}|\||│|→)|\s+|)"
)


def _with_text(line: str, skip: int, level: int) -> Heading | None:
    body = line[skip:]
    if body[1:2].isspace() and (apart := _APART.match(body)):  # 反 馈 问 题 ：…
        named = label_of(apart[1])
        return None if named is None else Heading(named, "".join(apart[1].split()), skip + apart.end(), level)
    found = _SPLIT.match(body)
    if found is None:
        return None
    words = found[1] or found[2] or found[3]
    mark = found[4].strip()
    separated = (mark and mark != "。") or found[1] or found[2] or (level and found[4])
    label = label_of(words, level > 0) if separated else None
    if label is None or (label is Label.ATTACHMENT and not found[4].strip()):
        return None
    return Heading(label, words, skip + found.end(), level)


#: labels as they stand on most notices, for texts that run on behind them without any mark
_STANDARD = re.compile(
    "|".join(
        sorted(
            (
                *(
                    "反馈问题",
                    "整改问题",
                    "督察反馈问题",
                    "存在问题",
                    "问题描述",
                    "反馈问题内容",
                    "反馈意见",
                    "问题概述",
                    "问题内容",
                    "整改任务",
                ),
                *("整改目标", "目标任务", "整改措施", "重点措施", "主要措施", "主要做法", "整改时限", "完成时限", "整改期限"),
                *("责任单位", "整改责任单位", "责任主体", "整改主体", "牵头单位", "配合单位", "整改实施主体"),
                *("完成情况", "整改情况", "整改完成情况", "整改进展", "整改进展情况", "整改落实情况", "落实情况", "整改成效", "整改结果"),
                *("验收意见", "验收结论", "验收情况", "自验意见", "自我验收意见", "核查意见", "销号意见"),
            ),
            key=len,
            reverse=True,
        )
    )
)


_STANDARD_FIRST = frozenset(label[0] for label in _STANDARD.pattern.split("|"))


def unmarked(line: str, enumerated: tuple[int, int]) -> Heading | None:
    """A standard label whose text runs on behind it without a mark (整改目标2023年底前…). Right only where a page has several.

    ``enumerated``: what `strip_enumerator` says of the line.
    """
    skip, level = enumerated
    found = _STANDARD.match(line, skip) if line[skip : skip + 1] in _STANDARD_FIRST else None
    if found is None or found.end() == len(line):
        return None
    gap = re.match(r"\s*[;,|]?\s*", line[found.end() :])
    label = label_of(found[0])
    return None if label is None or gap is None else Heading(label, found[0], found.end() + gap.end(), level)
