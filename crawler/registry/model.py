"""What a source of the registry is: data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from crawler.registry.families import OptionValue

SCHEDULES = ("hourly", "daily", "weekly", "monthly")

_CODES = """
00 全国 quanguo,11 北京 beijing,12 天津 tianjin,13 河北 hebei,14 山西 shanxi,15 内蒙古 neimenggu,
21 辽宁 liaoning,22 吉林 jilin,23 黑龙江 heilongjiang,
31 上海 shanghai,32 江苏 jiangsu,33 浙江 zhejiang,34 安徽 anhui,35 福建 fujian,36 江西 jiangxi,37 山东 shandong,
41 河南 henan,42 湖北 hubei,43 湖南 hunan,44 广东 guangdong,45 广西 guangxi,46 海南 hainan,
50 重庆 chongqing,51 四川 sichuan,52 贵州 guizhou,53 云南 yunnan,54 西藏 xizang,
61 陕西 shaanxi,62 甘肃 gansu,63 青海 qinghai,64 宁夏 ningxia,65 新疆 xinjiang,66 兵团 bingtuan,
71 台湾 taiwan,81 香港 xianggang,82 澳门 aomen
"""

#: GB/T 2260 province codes: the Chinese name, and the pinyin with which ids begin and files are named. 陕西 is shaanxi;
#: 66 (兵团, outside the standard) is how government site codes number the Xinjiang Corps; 00 is the whole country.
PROVINCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {code: (name, pinyin) for code, name, pinyin in (entry.split() for entry in _CODES.replace("\n", "").split(","))}
)


@dataclass(frozen=True, slots=True)
class Expect:
    """What silence means.

    ``quiet_days``: so many calendar days without a notice are a finding; ``since``: notices are expected from then on.
    """

    quiet_days: int
    since: date


@dataclass(frozen=True, slots=True)
class Source:
    """One agency's lists on one site. ``options`` are complete: those left out hold the family's default.

    ``paused``: why it is not crawled, with ``paused_on``. ``cluster``: sources of one cluster share the courtesy of a host.
    ``reposts``: it only repeats others. ``delay``: seconds between requests where the default is too fast.
    ``night``: the only hours it may be asked, China's time, as ``22:00-06:00``.
    """

    id: str
    name: str
    region: str
    family: str
    list_urls: tuple[str, ...]
    expect: Expect
    schedule: str = "daily"
    verified: date | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    paused: str | None = None
    paused_on: date | None = None
    browser: bool = False
    delay: float | None = None
    cluster: str | None = None
    reposts: bool = False
    tls: Literal["verify", "unverified"] = "verify"
    tls_reason: str | None = None
    night: str | None = None
    file: str = ""
    line: int = 0
