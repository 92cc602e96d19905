"""Words that belong to the site and not to the agency: buttons, counters, clocks, footers, lists of other pages.

Every pattern is matched against one line without white space, so that 【 打印 】 and 【打印】 are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_BUTTONS = (
    "打印本页",
    "打印此页",
    "打印此文",
    "打印文章",
    "打印页面",
    "我要打印",
    "打印预览",
    "打印",
    "关闭窗口",
    "关闭本页",
    "关闭页面",
    "关闭此页",
    "关闭",
    "返回顶部",
    "返回首页",
    "返回列表",
    "返回上页",
    "返回上一页",
    "返回上一级",
    "返回",
    "回到顶部",
    "置顶",
    "加入收藏",
    "收藏本页",
    "收藏",
    "设为首页",
    "分享到",
    "分享至",
    "一键分享",
    "分享",
    "微信好友",
    "微信扫一扫",
    "微信",
    "新浪微博",
    "腾讯微博",
    "微博",
    "QQ空间",
    "QQ好友",
    "QQ",
    "朋友圈",
    "豆瓣",
    "人人网",
    "百度贴吧",
    "下载全文",
    "全文下载",
    "下载",
    "字体大小",
    "字体",
    "字号",
    "正文字号",
    "放大",
    "缩小",
    "默认",
    "特大",
    "超大",
    "大",
    "中",
    "小",
    "电脑版",
    "手机版",
    "扫一扫在手机打开当前页面",
    "扫一扫在手机打开当前页",
    "扫一扫在手机上打开当前页面",
    "扫一扫在手机上打开当前页",
    "扫一扫在手机上查看当前页面",
    "扫一扫在手机上查看当前页",
    "扫一扫在手机查看当前页面",
    "扫一扫手机打开当前页",
    "扫码查看手机版",
    "扫描二维码",
    "扫一扫",
    "扫码分享",
    "用手机打开",
    "二维码",
    "纠错",
    "我要纠错",
    "语音播报",
    "朗读",
    "无障碍浏览",
    "无障碍阅读",
    "无障碍",
    "适老化",
    "简体",
    "繁体",
    "保护视力色",
    "视力保护色",
    "繁",
    "简",
    "点击收听",
    "点赞",
    "评论",
    "举报",
    "订阅",
    "转发",
    "复制链接",
    "复制",
    "海报",
    "邮件",
    "RSS",
    "背景色",
    "T",
    "A+",
    "A-",
    "【字体：大中小】",
    "浏览",
)
_BETWEEN_BUTTONS = "[]【】（）()|｜丨/\\·•:：,，、。;；-—_+>＞<＜»«↑↓←→☆★…*&"
_ONLY_BUTTONS = re.compile(
    f"(?:{'|'.join(re.escape(word) for word in sorted(_BUTTONS, key=len, reverse=True))}|[{re.escape(_BETWEEN_BUTTONS)}])+$"
)
_COUNTER = (
    r"(?:(?:文章)?(?:浏览|阅读|点击|访问|查看|点阅|点播|下载|人气|分享)(?:次数|人数|数量|量|率|数|总数)?|人气|"
    r"阅读)[:：]?[\[【（(]?[\d,\-]*[\]】）)]?(?:次|人次|人)?"
)
_LINE = re.compile(
    r"^(?:"
    + _COUNTER
    + r"[。.]?"
    + r"|\d+(?:次)?(?:阅读|浏览|点击)"
    + r"|(?:今天是|当前时间|现在是|北京时间|今日是?)[:：]?.{0,40}"
    + r"|(?:当前)?在线人数.{0,40}|页面(?:执行|生成|加载)时?[间耗].{0,40}|(?:欢迎您?(?:的光临|访问|来到).{0,30})"
    + r"|(?:上|下)(?:一)?(?:篇|条|页|则|章)(?:文章|新闻|信息)?[:：].*|(?:上|下)一(?:篇|条|页|则)|[<＜«]?(?:上一篇|下一篇)[>＞»]?.{0,80}"
    + r"|(?:责任)?编辑[:：].{0,20}|(?:责编|审核人?|初审|复审|终审|校对|网络?编辑|信息员|录入者?)[:：].{0,20}"
    + r"|(?:原文链接|本文链接|文章链接|网址|链接地址)[:：]?(?:https?:)?//.*"
    + r"|您(?:的|当前|现在)?(?:的)?(?:当前)?(?:所在)?(?:的)?位置(?:是)?[:：].*|当前(?:所在)?位置[:：].*|现在(?:的)?位置[:：].*|"
    r"(?:首页[>＞»→/].*)|首页(?:[|｜丨·•][^|｜丨·•。，,；;：:]{2,10}){2,20}"
    + r"|(?:本文)?关键(?:词|字)[:：].{0,60}|标签[:：].{0,60}|TAGS?[:：].{0,60}"
    + r"|更多.{0,12}(?:资讯|信息|新闻|内容).{0,6}请?(?:关注|访问|登录|点击).{0,40}"
    + r"|(?:如果)?您?的浏览器(?:不支持|版本).{0,60}|(?:请)?(?:升级|使用).{0,20}浏览器.{0,40}"
    + r"|[\[【]?(?:附件)?下载次数.{0,20}|已下载\d*次"
    + r"|[^。，；：:]{4,30}[-—]{2,}"
    + r"|\[bookmark:[^\]]{0,40}\]"
    + r")$",
    re.IGNORECASE,
)
#: the characters that what the two patterns match begins and ends with: far cheaper to see than to match them, and rare
_FIRST_OF_BUTTONS = frozenset(word[0] for word in (*_BUTTONS, *_BETWEEN_BUTTONS))
_LAST_OF_BUTTONS = frozenset(word[-1] for word in (*_BUTTONS, *_BETWEEN_BUTTONS))
_FIRST_OF_LINE = frozenset("文浏阅点访查下人分今当现北在页欢上[<＜«责编审初复终校网信录原本链您首关标Tt更如的请升使【附已")
_ATTACHMENT_HEADING = re.compile(r"^(?:相关)?(?:附件|附\s*件|文件)(?:下载|列表|信息)?[:：]?$")
_RELATED = re.compile(
    r"^[【\[■◆▪●·|]?(?:(?:相关|同类|类似|延伸|关联)(?:信息|链接|文章|阅读|报道|新闻|文件|解读|推荐|内容|稿件|资讯|专题|政策|公告|"
    r"公示)|(?:最新|近期|往期|历史)(?:文章|公示|更新|信息|新闻|公告|资讯|发布|推荐|公开|动态|文件|通知)|(?:其他|其它|更多|全部)(?:公示|公告|公开|通知)|最近更新|"
    r"(?:推荐|热点|热门|精彩)(?:内容|阅读|文章|新闻|资讯|推荐|信息|专题)|阅读排行|点击排行|排行榜|大家都在看|猜你(?:喜欢|想看|关注|感兴趣)|"
    r"您可能感兴趣.{0,8}|更多(?:信息|文章|新闻)|同栏目.{0,8}|本栏.{0,4}(?:推荐|热门).{0,6}|"
    r"网友评论|发表评论|我要评论|免责声明|版权(?:与|和|及)?(?:免责)?声明|特别声明|版权声明)[】\]:：>＞»更多MOREmore\s]*$"
)
_FOOTER = re.compile(
    r"ICP[备证]?\d|ICP备|版权所有|Copyright|©|网站标识码|标识码[:：]?(?:\d{10}|bm\d{8})(?!\d)|^政府网站标识码|公网安备|公安备案|^(?:(?:网站)?主办(?:单位|方)?|"
    r"承办(?:单位)?|网站(?:维护|管理|建设)(?:单位)?|技术支持|运行维护|"
    r"Powered\s*by)[:：]|网站地图|网管(?:电话|邮箱)[:：]|您是第\d*位访(?:客|问)|建议使用.{0,20}(?:分辨率|浏览器)|"
    r"未经(?:书面)?(?:授权|许可).{0,8}(?:不得|禁止|严禁)?转载",
    re.IGNORECASE,
)
#: one of these stands in whatever `_FOOTER` matches, or such a line begins with one of the second kind
_FOOTER_MARK = re.compile("C|c|P|p|©|版权所有|标识码|安备|网站地图|建议使用|未经|网管|您是第")
_FOOTER_HEADS = ("网站", "主办", "承办", "技术支持", "运行维护")
_INFO_WORD = re.compile(
    r"(?:信息来源|文章来源|稿件来源|来源|来自|"
    r"(?<!公示)(?<!整改)(?<!验收)(?<!完成)(?<!截止)(?<!举报)(?<!受理)(?<!工作)(?<!征集)(?<!征求)(?<!开始)(?<!结束)(?<!起止)(?<!监督)(?<!反馈)(?<!异议)(?<!整改时)(?:发布(?:时间|日期|机构|单位|者|人)|发表(?:时间|"
    r"日期)|更新(?:时间|日期)|"
    r"公布(?:时间|日期)|发文(?:时间|日期)|生成日期|录入时间|添加时间|创建时间|编辑日期|时间|日期)|作者|供稿(?:单位)?|撰稿|"
    r"浏览(?:次数|量)?|点击(?:数|量|率|次数)?|阅读(?:次数|数|量)?|访问(?:次数|量)|字体|字号|人气)[】\]]?[:：\[【]"
)
#: one of these stands in whatever `_INFO_WORD` matches
_INFO_MARK = re.compile(
    r"(?:来源|来自|时间|日期|布机构|布单位|稿单位|布者|布人|作者|[供撰]稿|次数|浏览|览量|点击|击[数量率]|阅读|读[数量]|问量|字[体号]|"
    r"人气)[】\]]?[:：\[【]"
)
_INFO_HEAD = re.compile(r"(?:信息|文章|稿件)?来源|发布|发表|更新|时间|日期|作者|浏览|点击|阅读|字[体号]")
_DATE = re.compile(r"(?:19|20)\d{2}(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日?)")
_CRUMB = re.compile(r"(?:所在|当前|现在|您的|您现在的)?位置(?:是)?[:：]|^首页[>＞»→/-]|^首页.{1,30}[>＞»→]")
CHROME, RELATED, FOOTER, CRUMB = 1, 2, 4, 8
_FRAME = CRUMB | FOOTER
_LONGEST = 400  # characters of a line that may be the site's own
#: labels of a section of the notice itself, which an info line never has
_NOTICE = re.compile(r"异议|联系电话|监督电话|公示期|公示时间|公示如下|举报电话|。.{5}")
_OWN_LABEL = re.compile(r"公示|整改|督察|异议|联系电话|监督电话|举报|附件|验收")


def squeeze(text: str) -> str:
    """A line without white space and zero-width characters, for these patterns."""
    words = "".join(text.split())
    return words if words.isprintable() else words.replace("\u200b", "").replace("\ufeff", "")


def marks(line: str) -> int:
    """What a squeezed line is of the site's own: `CHROME`, `RELATED`, `FOOTER` and `CRUMB` together; 0 for the agency's words."""
    return _marks(line) if len(line) <= _LONGEST else 0


@lru_cache(maxsize=4096)  # the same lines stand on every page of a site, and each is asked about again and again
def _marks(line: str) -> int:
    size = len(line)
    return (
        (CHROME if not line or _is_chrome(line) else 0)
        | (RELATED if size <= 30 and _RELATED.match(line) else 0)
        | (FOOTER if size <= 300 and _is_footer(line) else 0)
        | (CRUMB if size <= 200 and ("位置" in line or line.startswith("首页")) and _CRUMB.search(line) else 0)
    )


def is_chrome(line: str) -> bool:
    """Whether a squeezed line is a button, counter, clock, breadcrumb, neighbour link or editor's name: never the agency's words."""
    return marks(line) & CHROME != 0


def _is_chrome(line: str) -> bool:
    first, last = line[0], line[-1]
    return (first in _FIRST_OF_BUTTONS and last in _LAST_OF_BUTTONS and _ONLY_BUTTONS.match(line) is not None) or (
        (first in _FIRST_OF_LINE or first.isdecimal() or last in "-—") and _LINE.match(line) is not None
    )


def is_attachment_heading(line: str) -> bool:
    """Whether a squeezed line is nothing but 附件: or 相关附件."""
    return "件" in line and bool(_ATTACHMENT_HEADING.match(line))


def is_related_heading(line: str) -> bool:
    """Whether a squeezed line heads a list of other pages or a disclaimer; what follows it is not the notice."""
    return marks(line) & RELATED != 0


def is_footer(line: str) -> bool:
    """Whether a squeezed line belongs to the site's footer: sponsor, ICP number, copyright, identification code."""
    return marks(line) & FOOTER != 0


def _is_footer(line: str) -> bool:
    return (line.startswith(_FOOTER_HEADS) or _FOOTER_MARK.search(line) is not None) and _FOOTER.search(line) is not None


def is_crumb(line: str) -> bool:
    """Whether a squeezed line is a breadcrumb (当前位置)."""
    return marks(line) & CRUMB != 0


def is_frame(line: str) -> bool:
    """Whether a squeezed line is a breadcrumb or belongs to the site's footer."""
    return marks(line) & _FRAME != 0


def is_info(line: str) -> bool:
    """Whether a squeezed line is a publish line: 来源, 发布时间, counters, font sizes, or a bare date with a name."""
    return len(line) <= 200 and (":" in line or "：" in line or "[" in line or "【" in line) and _is_info(line)


@lru_cache(maxsize=2048)
def _is_info(line: str) -> bool:
    labels = _INFO_WORD.findall(line) if _INFO_MARK.search(line) else ()
    if not labels:
        return False
    if len(labels) >= 2 and len(line) <= 160 and not _NOTICE.search(line):
        return True
    if _OWN_LABEL.search(line.split("来源", 1)[0]) and not line.startswith(("来源", "发布", "时间", "日期", "信息来源")):
        return False
    if len(line) <= 80 and _DATE.search(line):
        return True
    return len(line) <= 60 and _INFO_HEAD.match(line) is not None
