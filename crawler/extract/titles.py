"""Which titles in a list are worth fetching. Generous: a page fetched in vain costs one request, a missed one is lost."""

from __future__ import annotations

import re

from crawler.extract.wording import fold

_INSPECTION = re.compile(
    r"(?:生态环境保护|生态环保|环境保护|环保|生态环境|海洋|中央|中省|省级|省委|省|市级|自治区|党委)[^。]{0,14}督[察查](?!激励|室|"
    r"办)|督察|回头看|警示片|环保督查|环督|整改办|督改"
)
_WORK = re.compile(r"整改|销号|督察|反馈|信访|举报|验收|公示|自查|排查|清单|方案|公告|公开|情况|问责|进驻|通报")
#: words of rectification that notices with a vague title carry
_VAGUE = re.compile(
    r"整改(?:任务|落实|完成|措施|问题|情况|方案|销号|验收|清单|进展|结果|到位|公示)|销号|自我验收|自验|突出(?:生态)?环境问题|"
    r"任务完成情况|完成情况(?:的)?公示|验收(?:情况|结果|意见)?(?:的)?公示|"
    r"问题[^。]{0,12}(?:公示|整改)|(?:任务|问题|措施)清单|边督边改|信访(?:举报)?件|举报件|[DX]\d?[A-Z]{2}20\d{6}|反馈(?:意见|问题|"
    r"情况)|整治(?:完成)?情况(?:的)?公示|排查整治|情况表|约谈"
)
#: whatever else such a title says, it is of another kind
_OTHER = re.compile(
    r"环境影响|环评|竣工(?:环境|环保|验收)|招聘|聘用|录用|面试|笔试|遴选|公务员|采购|中标|成交公告|招标|询价|比选|磋商|审计|巡视|"
    r"巡察|党组|火灾|消防|安全生产|(?:安全|事故|燃气|火灾)隐患|隐患排查|图斑|两违|卫片|碳排放|温室气体|"
    r"复垦|真抓实干|督查激励|大督查|督查督办|信用修复|信用评价|失信|预算|决算|营商环境|主题教育|教育督导|脱贫|扶贫|创卫|创文|"
    r"六五环境日|放假|排污许可证(?:核发|注销|延续|变更)?(?:的|管理)?(?:公[示告]|业务)?|行政处罚决定|"
    r"处罚决定书"
)
#: other business too, but a problem that is put right may be about it
_DOUBTFUL = re.compile(
    r"建设项目|考察|体检|事业单位|处罚|听证|注销|许可证|应急预案|辐射|核技术|危险废物|空气质量|水质(?:状况|月报|周报|报告)|"
    r"水源水质|监测(?:结果|方案|中心)|监督性监测|执法监测|专项资金|资金安排|土壤污染状况调查|地块|征求意见|"
    r"培训班的通知|值班|表彰|先进|优秀|评选|职称|领导干部|领导分工|权责清单|权力清单|证明事项|投标|拍卖|出让|征收|拆迁|社保|养老|"
    r"医保|学校|无废城市|小微企业"
)
_NEIGHBOUR = re.compile(r"黑臭水体|河湖?[“\"]?清四乱|四乱")
_CUT = re.compile(r"(?:…+|\.{2,})$")
#: of a cut title, a beginning that may go on as one of ours
_PROMISING = re.compile(
    r"第[一二三四五\d]轮|中央|省委|(?:省|市|级|区|国)第?[一二三\d]?轮?生?态?环|生态环|整改|督|任务|问题|反馈|验收|公示|[“\"]|"
    r"关于.{0,6}(?:…+|\.{2,})$"
)
_COLUMN = re.compile(r"督察|督查整改|环保整改|整改公开|回头看|销号")


#: other trades have inspectors too: 土地督察, 警务督察
_NAMES = re.compile(
    r"(?:生态环境保护|生态环保|环境保护|环保)[^。]{0,14}督[察查]|警示片|"
    r"(?<!土地)(?<!资源)(?<!耕地)(?<!警务)(?<!公安)(?<!教育)(?<!安全)(?<!生产)(?<!统计)(?<!税务)(?<!林业)(?<!粮食)(?<!城管)(?<!管理)督察"
)


def names_inspection(title: str) -> bool:
    """Whether a folded title names an environmental inspection (or its looks back and warning films)."""
    return _NAMES.search(title) is not None


def is_interesting(title: str, column: str = "") -> bool:
    """Whether a list entry should be fetched, by its title (it may be cut) and the name of its column.

    True for everything that may concern an inspection or the rectification of an environmental problem; False for what is
    clearly of another kind (recruitment, approvals, purchases, safety, audits), unless it names an inspection.
    """
    words = fold(title)
    if not words:
        return False
    if names_inspection(words):
        return True
    if _OTHER.search(words) or _NEIGHBOUR.search(words):
        return False
    if (_INSPECTION.search(words) and _WORK.search(words)) or _VAGUE.search(words):
        return True
    if _DOUBTFUL.search(words):
        return False
    if _COLUMN.search(fold(column)):
        return True
    return bool(_CUT.search(words)) and bool(_PROMISING.search(words))
