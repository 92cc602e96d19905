"""Personal data in texts of notices: mobile numbers and the names of contact persons. Pure; standard library only.

Numbers of offices stay: they are there for objections. What is stored is as published; this is applied to what goes out and
to what can be searched.
"""

from __future__ import annotations

import re
from typing import Any

from crawler.text.widths import half

NUMBER = "［手机号略］"
NAME = "［姓名略］"

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?|0)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LABEL = r"(?:联\s{0,4}系\s{0,4}人|联络人|经办人|承办人|受理人|接待人|接听人)(?:员(?=\s{0,4}[:：\t]))?"
_WITH = r"(?:[及和与、/(（]?\s?(?:联系)?(?:电话|方式)[)）]?)?"
_OFFICE = r"[^\n]{0,6}(?:局|科|室|办|处|站|队|组|部|委|厅|心|府|司|院)(?![\u4e00-\u9fff])"
_NO_NAME = rf"(?!联系|电话|手机|邮箱|传真|地址|监督|举报|邮编|信箱|通讯|通信|单位|姓名|员|民|大代表|士|口|{_OFFICE})"
_ENDS = r"(?=联系|电话|手机|邮箱|传真|地址|监督|举报|办公|座机|[^\u4e00-\u9fff·]|$)"
_PERSON = rf"{_NO_NAME}(?:[\u4e00-\u9fff][ \u3000]{{1,3}}[\u4e00-\u9fff]|[\u4e00-\u9fff·]{{2,6}}?){_ENDS}"
_CONTACT = re.compile(rf"({_LABEL}{_WITH}[\s:：]{{0,6}})({_PERSON}(?:\s?[、,，/]\s?{_PERSON})*)")

#: what names a thing, not a person: digests hold runs of digits, links must stay whole
_KEPT = frozenset({"id", "notice_id", "group", "url", "urls", "sha256", "source", "adcode", "at", "first_seen", "last_seen"})


def has_mobile(text: str) -> bool:
    """Whether a mobile number (1, a digit from 3 to 9, nine more, also in groups or full-width) stands in ``text``."""
    return _MOBILE.search(half(text)) is not None


def without_personal(text: str) -> str:
    """``text`` with marks in place of mobile numbers and of names after 联系人 (contact) and the like.

    >>> without_personal("联系人：王某某，电话：0931-8412345，13900000000")
    '联系人：［姓名略］，电话：0931-8412345，［手机号略］'
    """
    plain = half(text)  # of equal length: places found in it hold in the text
    spans = [(match.start(), match.end(), NUMBER) for match in _MOBILE.finditer(plain)]
    spans += [(match.start(2), match.end(2), NAME) for match in _CONTACT.finditer(plain)]
    pieces, done = [], 0
    for start, end, mark in sorted(spans):
        pieces += [text[done:start], mark]
        done = end
    return "".join([*pieces, text[done:]])


def without_personal_values(value: Any) -> Any:
    """The same for every text inside a JSON value; identifiers, addresses and digests stay. Keys are field names and stay."""
    match value:
        case str():
            return without_personal(value)
        case dict():
            return {key: item if key in _KEPT else without_personal_values(item) for key, item in value.items()}
        case list() | tuple():
            return [without_personal_values(item) for item in value]
        case _:
            return value
