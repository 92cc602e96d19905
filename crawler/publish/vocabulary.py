"""What readers see instead of codes, in Chinese and English."""

from __future__ import annotations

from typing import Literal

from crawler.notice.model import ChangeKind, DocType, Stage, State

Lang = Literal["zh", "en"]

KINDS: dict[ChangeKind, tuple[str, str]] = {
    ChangeKind.NEW: ("新增", "new"),
    ChangeKind.REVISED: ("修改", "revised"),
    ChangeKind.WITHDRAWN: ("撤下", "withdrawn"),
    ChangeKind.RESTORED: ("恢复", "restored"),
    ChangeKind.MOVED: ("迁址", "moved"),
    ChangeKind.EXPIRED: ("期满下架", "expired"),
    ChangeKind.REPOST: ("转载", "repost"),
}
TYPES: dict[DocType, tuple[str, str]] = {
    DocType.SIGNOFF_NOTICE: ("整改销号公示", "sign-off notice"),
    DocType.RECTIFICATION_STATUS: ("整改情况", "rectification report"),
    DocType.RECTIFICATION_PLAN: ("整改方案", "rectification plan"),
    DocType.INSPECTION_FEEDBACK: ("督察反馈", "inspection feedback"),
    DocType.OTHER_INSPECTION: ("其他督察", "other inspection"),
    DocType.COMPLAINT_HANDLING: ("信访举报办理", "complaint handling"),
    DocType.NEWS: ("新闻", "news"),
    DocType.UNRELATED: ("无关", "unrelated"),
}
STAGES: dict[Stage, tuple[str, str]] = {
    Stage.SELF_ACCEPTED: ("自行验收", "self-accepted"),
    Stage.ACCEPTED_PENDING: ("已验收待销号", "accepted, sign-off pending"),
    Stage.COMPLETED_PUBLICISED: ("完成并公示", "completed, publicised"),
    Stage.SIGNED_OFF: ("已销号", "signed off"),
    Stage.REOPENED: ("重新整改", "reopened"),
    Stage.UNKNOWN: ("不明", "unknown"),
}
STATES: dict[State, tuple[str, str]] = {
    State.LIVE: ("在线", "live"),
    State.MISSING: ("暂缺", "missing"),
    State.WITHDRAWN: ("已撤下", "withdrawn"),
    State.EXPIRED: ("期满下架", "expired"),
}
LEVELS = {"central": ("中央督察", "central"), "provincial": ("省级督察", "provincial"), "municipal": ("市级督察", "municipal")}
FIELDS = {
    "title": ("标题", "title"),
    "doc_type": ("类别", "type"),
    "stage": ("阶段", "stage"),
    "level": ("层级", "level"),
    "round": ("轮次", "round"),
    "task_numbers": ("任务序号", "task numbers"),
    "task_keys": ("任务编码", "task keys"),
    "place": ("地区", "place"),
    "issuer": ("公示单位", "issuer"),
    "responsible_units": ("责任单位", "responsible units"),
    "publish_date": ("发布日期", "published"),
    "window": ("公示期", "comment window"),
    "publicity_start": ("公示开始", "window opens"),
    "publicity_end": ("公示截止", "window closes"),
    "publicity_days_text": ("公示天数", "window length"),
    "phones": ("电话", "phones"),
    "emails": ("邮箱", "e-mail"),
    "deadline": ("整改时限", "deadline"),
    "acceptance_date": ("验收日期", "accepted on"),
    "completion_as_of": ("截至", "as of"),
    "problem": ("问题", "problem"),
    "goal": ("整改目标", "goal"),
    "measures": ("整改措施", "measures"),
    "completion": ("完成情况", "completion"),
    "acceptance": ("验收意见", "acceptance"),
    "attachments": ("附件", "attachments"),
    "rectification_status": ("整改进度", "rectification status"),
    "text": ("正文", "text"),
    "url": ("网址", "address"),
    "source": ("来源", "source"),
    "state": ("状态", "state"),
    "kind": ("事件", "event"),
    "at": ("时间", "time"),
    "revision": ("版本", "revision"),
    "group": ("同文组", "group"),
}
#: sentences: placeholders are filled with ``str.format``
SAYS = {
    "blind": ("目前无法读取的来源：{names}", "Sources that cannot be read now: {names}"),
    "nothing": ("没有符合条件的记录", "nothing found"),
    "quoted": ("转载文本，仅列要点", "a copied text: facts only"),
    "estimated": ("（推算）", " (computed)"),
    "round": ("第{n}轮", "round {n}"),
    "added": ("新增", "added"),
    "removed": ("删除", "removed"),
    "changed": ("替换", "replaced"),
    "unseen": ("（未改动 {n} 字）", "({n} characters unchanged)"),
    "same": ("两个版本文字相同", "the texts do not differ"),
    "was": ("原地址", "formerly"),
}


def say(pair: tuple[str, str], lang: Lang) -> str:
    return pair[lang == "en"]


def field_name(name: str, lang: Lang) -> str:
    """The name of a field or of a part of one: ``sections.completion`` → 完成情况, ``tasks.序号3.goal`` → 序号3 整改目标."""
    if name in FIELDS:
        return say(FIELDS[name], lang)
    head, _, rest = name.partition(".")
    number, _, part = rest.rpartition(".")
    own = "" if head in ("sections", "tasks", "plan_tasks") else say(FIELDS.get(head, (head, head)), lang)
    return " ".join(filter(None, (own, number, say(FIELDS.get(part, (part, part)), lang))))
