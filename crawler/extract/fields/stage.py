"""How far a sign-off has come, from the words of its notice. A 公示 alone never means that a task was signed off."""

from __future__ import annotations

import re

from crawler.notice.model import Stage

_SIGNED_TITLE = re.compile(
    r"(?:已|予以|准予|同意)销号(?:的)?(?:公告|通知|通报|决定|批复)|销号(?:情况|结果)?的?(?:公告|通知|通报|决定|批复)$|(?:完成|正式)销号"
)
_SIGNED = re.compile(
    r"(?:批准|同意|决定|经[^。]{0,30})[^。,，拟]{0,12}(?:予以|准予)销号|已(?:经)?[^。,，拟]{0,8}(?:完成(?:整改)?(?:并|和)?销号|"
    r"予以销号|正式销号)|完成整改并销号"
)
_NOT_YET = re.compile(
    r"拟[^。]{0,20}销号|(?:公示|无异议)[^。]{0,20}(?:后|的)[^。]{0,12}销号|(?:申请|提请|报请?|上报)[^。]{0,30}销号|销号(?:的)?公示"
)
_SELF = re.compile(
    r"(?:自我|自主|自行|自查|自检)(?:自)?验(?:收)?|自查自验|自验(?:收)?|(?:自我|自主)验收|(?:自行|自主)(?:组织)?[^。；;,，]{0,6}验收|"
    r"自查[^。；;、,，]{0,12}(?:达到|符合|满足)[^。；;]{0,12}(?:目标|要求|标准|条件)"
)
_OTHERS = re.compile(
    r"(?:(?:省|市|州|地区|盟|自治区|上级|行业)(?:级|市级)?[^。；;|]{0,30}|[\u4e00-\u9fff]{2,4}(?:省|市|州|盟))(?:组织)?(?:[^。；;|]{0,12})验收|"
    r"通过(?!自)[^。,，；;自]{0,16}验收|(?:同意|予以)(?:通过)?(?:验收|销号)|验收(?:合格|通过)|"
    r"(?:省|市|州|盟)级(?:组织)?(?:复核|核查|审核|复验)|(?:省|市|州|盟|地区)[^。；;|,，]{0,12}(?:办|部门|领导小组|局|厅)[^。；;|,，]{0,8}(?:核查|核验|复核|审核)[,，]?[^。；;,，]{0,4}"
    r"(?:认定|确认|认为|同意|通过)|(?:联合|专家组?|验收组|核查组)[^。；;]{0,24}验收|(?:专家|验收|核查)组[^。；;]{0,24}核查|验收(?:结论|意见)(?!\.\w)"
)
_PENDING = re.compile(
    r"拟(?:申请|按[^。]{0,10}|上?报[^。]{0,12}|予以|对[^。]{0,40}|进行|提请|向[^。]{0,12})?[^。,，]{0,6}销号|(?:提请|申请|"
    r"报请?)[^。,，]{0,16}(?:验收)?销号"
)
_ACCEPTED_TITLE = re.compile(r"验收|拟销号|销号的公示")
_DONE = re.compile(
    r"完成(?:情况|整改)|整改(?:任务)?(?:工作)?(?:已|均|全部|基本)?(?:经)?(?:全部|基本)?(?:完成|到位|完毕)|已(?:经)?(?:全部|"
    r"基本)?(?:完成|整改)|整改(?:完成|"
    r"落实)?(?:情况|成效|结果)|办结|已建成|已拆除|销号"
)
_UNFINISHED = re.compile(
    r"基本完成[^。]{0,10}[,，][^。]{0,10}(?:剩余|其余|尚|未|还有)|(?:剩余|其余|余下|尚有|仍有|还有)[^。]{0,24}(?:计划|拟|预计|将[于在]|力争)[^。]{0,20}(?:底|前|完成|旬)|"
    r"(?:尚有|仍有|还有|目前)[^。]{0,24}(?:未完工|未完成|尚未|正在(?:施工|建设|整改|推进))"
)
_REOPENED = re.compile(
    r"(?:撤销|取消|收回)[^。]{0,10}销号|(?:重新|恢复)(?:开展|启动|纳入|列入|进入)?[^。,]{0,8}整改|重新(?:列入|纳入|进入)[^。,]{0,8}(?:台账|清单)|"
    r"(?:重新|恢复)(?:开展|启动)[^。,]{0,60}整改|整改(?:任务)?重新(?:打开|启动)|"
    r"销号后[^。]{0,20}反弹[^。]{0,20}(?:重新|再次)"
)
#: what none of these can be said without
_REOPENING = re.compile("撤销|取消|收回|重新|恢复|反弹")
_RULE = (
    r"(?:管理|工作|实施)?(?:办法|规定|细则|规程|指引|工作要求|要求|有关规定|规范|(?:有关|"
    r"相关)?(?:文件|规定|要求|程序)(?:的)?(?:精神|要求|规定)?)"
)
_GOOD_WORK = r"做好[^。,，]{0,12}销号工作"
#: works and projects are accepted too; that says nothing about the task
_WORKS = ("竣工", "完工", "交工", "工程", "项目", "环保", "环境保护", "复垦", "质量", "设备", "消防")
#: 按照贵州省、黔东南州督察整改销号工作要求: whose rules are followed, and not who accepted
_BASIS = re.compile(r"(?:根据|按照|依据|依照|对照|遵照)[^。；;,，]{2,60}(?:要求|规定|办法|精神|部署|安排|指引)[,，]")
#: every branch begins with a character, so that the search can skip to it
_RULES = re.compile(
    rf"《[^》]{{0,80}}》|验收(?:销号|验收){_RULE}|销号{_RULE}|验收{_RULE}|切实{_GOOD_WORK}|{_GOOD_WORK}|"
    + "|".join(f"{works}(?:环保|环境保护)?验收" for works in _WORKS)
)


def stage_of(title: str, text: str) -> Stage:
    """The stage a sign-off notice states (folded title and text). Names of rules and plans are not statements about the task."""
    told = _BASIS.sub("", _RULES.sub("", text))
    named = _RULES.sub("", title)
    if _is_reopened(named) or _is_reopened(told[:600]):
        return Stage.REOPENED
    if _SIGNED_TITLE.search(named) or ("公示" not in named and _SIGNED.search(told) and not _NOT_YET.search(named + told)):
        return Stage.SIGNED_OFF
    others, own = _accepted_by_others(told), _SELF.search(named + told)
    if own and _SELF.search(named):
        told = told.replace("同意销号", "")  # the executor's own opinion
        others = _accepted_by_others(told)
    if _PENDING.search(named + told) or (others and not (own and not _by_rank(told))):
        return Stage.ACCEPTED_PENDING
    if own:
        return Stage.SELF_ACCEPTED
    if _ACCEPTED_TITLE.search(named):
        return Stage.ACCEPTED_PENDING
    if _UNFINISHED.search(told):
        return Stage.UNKNOWN
    return Stage.COMPLETED_PUBLICISED if _DONE.search(named + told) else Stage.UNKNOWN


def _is_reopened(text: str) -> bool:
    return _REOPENING.search(text) is not None and _REOPENED.search(text) is not None


def _accepted_by_others(told: str) -> bool:
    return bool(_OTHERS.search(_SELF.sub("", told)))


_RANK = re.compile(
    r"(?:省|市|州|盟|地|自治区)级?[^。；;,，|]{0,24}验收|(?:省|市|州|盟)级(?:组织)?(?:复核|核查|审核|复验)|同意销号|"
    r"通过[^。,，；;自]{0,12}(?:市|省|州|上级)[^。,，；;]{0,8}验收"
)


def _by_rank(told: str) -> bool:
    """Whether a body above the executing one accepted: then self-acceptance was only a step before."""
    return bool(_RANK.search(_SELF.sub("", told)))
