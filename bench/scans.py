"""Scans made of invented notices: clean, noisy, skewed, turned and stamped pages, and what they say.

``python -m bench.scans [FOLDER]`` recognises the twenty of them and prints, for each, the share of characters that are right, in
order; whether the fields are those of the same notice as .docx; confidence, seconds and memory. With a folder the pictures are
left there. Needs the extra ``ocr`` and the Noto CJK fonts (apt-get install fonts-noto-cjk).
"""

from __future__ import annotations

import io
import random
import resource
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from rapidfuzz.distance import Levenshtein

from crawler.extract import read_notice
from crawler.extract.blocks import Document
from crawler.extract.document.formats.limits import MIB, Limits
from crawler.extract.document.read_document import read_document
from crawler.extract.document.sandbox import DocumentReader
from crawler.extract.standalone import page_of

#: A4 at 200 dots an inch
WIDTH, HEIGHT = 1654, 2339
_MARGIN = 180
_FONTS = Path("/usr/share/fonts/opentype/noto")
#: the least share of characters that must be right, in order
WANTED = {"clean": 0.97, "noisy": 0.93, "skewed": 0.93, "turned": 0.93, "stamped": 0.93}

Rows = Sequence[Sequence[str]]


def has_fonts() -> bool:
    return (_FONTS / "NotoSerifCJK-Regular.ttc").exists()


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "NotoSansCJK-Bold.ttc" if bold else "NotoSerifCJK-Regular.ttc"
    return ImageFont.truetype(str(_FONTS / name), size, index=2)  # the third face is the one for simplified characters


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a notice: title, paragraphs, a table, paragraphs below it, and a signature. ``widths``: shares of the columns."""

    title: str
    above: Sequence[str] = ()
    rows: Rows = ()
    widths: Sequence[float] = ()
    below: Sequence[str] = ()
    signed: Sequence[str] = ()

    @property
    def text(self) -> str:
        cells = [cell for row in self.rows for cell in row]
        return "".join([self.title, *self.above, *cells, *self.below, *self.signed])


PROSE = Sheet(
    "关于云岭区砂石料场扬尘污染整改任务完成情况的公示",
    (
        (
            "根据第二轮省级生态环境保护督察反馈意见，云岭区人民政府对照整改方案，组织开展了序号十二整改任务的整改工作。目前该项任务已按要求"
            "完成整改并通过市级验收，现将有关情况公示如下。"
        ),
        "一、整改任务：云岭区部分砂石料场物料露天堆放，未落实围挡、覆盖、喷淋等措施，雨天污水直排白石河。",
        "二、责任单位：云岭区人民政府、青岩市自然资源局",
        "三、整改时限：2024年12月底前",
        "四、整改目标：料场规范整治到位，白石河断面水质稳定达到地表水Ⅲ类标准。",
        (
            "五、整改完成情况：一是拆除违规料场3处，清运物料2.6万吨，覆土复绿31.5亩；二是新建封闭料棚4座，配套雾炮12台，安装在线监测设备"
            "8套；三是建立巡查台账，累计开展联合检查46次，下达整改通知书9份，立案查处2起，罚款18.75万元。"
        ),
        "公示期为2025年3月10日至2025年3月14日，共5个工作日。如对公示内容有异议，请于公示期内书面向青岩市生态环境局反映。",
        "联系电话：0899-2345678　邮箱：duchaban@qingyan.example.cn　地址：青岩市白石路18号",
    ),
    signed=("青岩市生态环境局", "2025年3月10日"),
)
FORM = Sheet(
    "省生态环境保护督察反馈问题整改任务公示表",
    rows=(
        ("整改任务", "序号二十一：松江县城区污水管网建设滞后，老城区雨污合流问题突出，污水处理厂进水浓度长期偏低。"),
        ("责任单位", "松江县人民政府、县住房和城乡建设局"),
        ("整改目标", "完成老城区雨污分流改造，污水处理厂进水化学需氧量浓度提高到每升180毫克以上。"),
        ("整改措施", "（一）新建污水管网23.4公里，改造混接点156处。\n（二）对12个老旧小区实施雨污分流。\n（三）建立管网排查长效机制。"),
        (
            "完成情况",
            "（一）已建成污水管网24.1公里，改造混接点161处。\n（二）12个小区分流工程于2024年9月30日完工。\n（三）2024年四季度进水浓度平均为每升196毫克。",
        ),
    ),
    widths=(0.18, 0.82),
    below=("公示时间：2025年4月7日至4月11日", "联系电话：0877-6543210"),
    signed=("松江县人民政府", "2025年4月7日"),
)
TASKS = Sheet(
    "河口市督察整改任务销号清单",
    rows=(
        ("序号", "整改任务", "责任单位", "整改时限", "完成情况"),
        ("1", "东滩围垦区违规养殖未清退。", "东滩区人民政府", "2023年12月", "清退养殖塘42口，面积1130亩。"),
        ("2", "工业园区危险废物贮存不规范。", "市生态环境局", "2024年6月", "规范贮存间17处，转移危险废物386吨。"),
        ("3", "北山矿区生态修复进展缓慢。", "北山县人民政府", "2024年10月", "修复面积2075亩，栽植乔木6.8万株。"),
        ("4", "港区码头岸电设施使用率低。", "市交通运输局", "2024年12月", "新增岸电桩28套，使用率升至91%。"),
        ("5", "建筑垃圾消纳场未批先建。", "市城市管理局", "2023年9月", "关停2座，补办手续1座。"),
        ("6", "饮用水水源保护区内存在旅游设施。", "南溪区人民政府", "2024年3月", "拆除木屋19栋、栈道640米。"),
        ("7", "畜禽粪污资源化利用不到位。", "市农业农村局", "2024年8月", "综合利用率达到93.5%。"),
        ("8", "燃煤锅炉淘汰不彻底。", "市发展和改革局", "2023年11月", "淘汰每小时35蒸吨以下锅炉57台。"),
    ),
    widths=(0.08, 0.31, 0.2, 0.15, 0.26),
    signed=("河口市督察整改办公室", "2025年1月6日"),
)
WIDE = Sheet(
    "青岩市生态环境保护督察整改验收意见",
    ("验收组通过查阅资料、现场核查、听取汇报等方式，对序号七整改任务进行了验收，形成如下意见。",),
    rows=(
        ("核查事项", "核查结果", "结论"),
        ("白石河入河排污口整治", "共排查排污口64个，封堵21个，规范化建设43个，均设置标识牌。", "通过"),
        ("石桥垃圾填埋场渗滤液处置", "存量渗滤液3.2万立方米已全部处理，新增处理能力每日200立方米。", "通过"),
        ("历史遗留矿山修复", "修复图斑15个，面积870亩，植被覆盖率88%。", "通过"),
    ),
    widths=(0.3, 0.56, 0.14),
    below=("验收组认为，该项整改任务达到验收标准，同意通过验收。建议加强后期管护，防止问题反弹。",),
    signed=("青岩市整改工作验收组", "2024年11月22日"),
)
SHEETS = {"prose": PROSE, "form": FORM, "tasks": TASKS, "opinion": WIDE}


def drawn(sheet: Sheet) -> Image.Image:
    """The sheet as a printed page, dark grey on paper white."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "#fdfdfb")
    pen = ImageDraw.Draw(page)
    y = 200
    for line in _wrapped(sheet.title, _font(54, bold=True), WIDTH - 2 * _MARGIN):
        pen.text(((WIDTH - _font(54, bold=True).getlength(line)) / 2, y), line, "#1a1a1a", _font(54, bold=True))
        y += 84
    y = _paragraphs(pen, sheet.above, y + 30)
    y = _table(pen, sheet, y + 20) if sheet.rows else y
    y = _paragraphs(pen, sheet.below, y + 20)
    for number, line in enumerate(sheet.signed):
        pen.text((WIDTH - _MARGIN - 420, y + 60 + 64 * number), line, "#222222", _font(36))
    return page


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for char in part:
            if line and font.getlength(line + char) > width and char not in "，。、；：）":
                lines.append(line)
                line = ""
            line += char
        lines.append(line)
    return lines


def _paragraphs(pen: ImageDraw.ImageDraw, texts: Sequence[str], y: int) -> int:
    font = _font(36)
    for text in texts:
        for line in _wrapped(f"　　{text}", font, WIDTH - 2 * _MARGIN):
            pen.text((_MARGIN, y), line, "#222222", font)
            y += 62
    return y


def _table(pen: ImageDraw.ImageDraw, sheet: Sheet, y: int) -> int:
    font, step, pad = _font(32), 48, 14
    inner = WIDTH - 2 * _MARGIN
    edges = [_MARGIN + round(inner * sum(sheet.widths[:place])) for place in range(len(sheet.widths) + 1)]
    top = y
    pen.line((edges[0], y, edges[-1], y), "#303030", 3)
    for row in sheet.rows:
        cells = [_wrapped(text, font, edges[place + 1] - edges[place] - 2 * pad) for place, text in enumerate(row)]
        height = step * max(map(len, cells)) + 2 * pad
        for place, lines in enumerate(cells):
            start = y + (height - step * len(lines)) / 2
            for number, line in enumerate(lines):
                pen.text((edges[place] + pad, start + step * number), line, "#222222", font)
        y += height
        pen.line((edges[0], y, edges[-1], y), "#303030", 3)
    for x in edges:
        pen.line((x, top, x, y), "#303030", 3)
    return y


def noisy(page: Image.Image, dice: random.Random) -> Image.Image:
    """As an old copier leaves it: soft, speckled, unevenly lit, saved with loss."""
    soft = page.convert("L").filter(ImageFilter.GaussianBlur(0.9 + 0.3 * dice.random()))
    grain = Image.effect_noise(page.size, 48).point(lambda value: value - 128 + 127)
    soft = ImageChops.add(soft, grain, scale=1, offset=-127)
    shade = Image.linear_gradient("L").resize(page.size).point(lambda value: 195 + value * 60 // 255)
    soft = ImageChops.multiply(soft, shade)
    pen = ImageDraw.Draw(soft)
    for _ in range(2500):
        x, y = dice.randrange(page.width), dice.randrange(page.height)
        pen.rectangle((x, y, x + dice.randrange(3), y + dice.randrange(3)), dice.choice((20, 60, 245)))
    stream = io.BytesIO()
    soft.save(stream, "JPEG", quality=45)
    return Image.open(stream).convert("RGB")


def skewed(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="#f4f4f0")


def stamped(page: Image.Image, dice: random.Random, words: str) -> Image.Image:
    """With a red seal over the signature and another across the text."""
    made = page
    for x, y in ((WIDTH - 640, dice.randrange(1500, 1800)), (dice.randrange(300, 900), dice.randrange(600, 1100))):
        seal = Image.new("RGB", page.size, "white")
        pen = ImageDraw.Draw(seal)
        pen.ellipse((x, y, x + 400, y + 400), outline="#e03030", width=10)
        pen.regular_polygon((x + 200, y + 200, 60), 5, fill="#e03030")
        pen.text((x + 60, y + 290), words[:8], "#e03030", _font(34, bold=True))
        made = ImageChops.multiply(made, seal)
    return made


def variants(sheet: Sheet, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """The five states of a sheet: kind and picture. The seal's own words count for none of the truth."""
    dice = random.Random(seed)
    page = drawn(sheet)
    yield "clean", page
    yield "noisy", noisy(page, dice)
    yield "skewed", noisy(skewed(page, (-3.2, 1.4, -0.7, 2.6)[seed % 4]), dice)
    yield "turned", page.rotate((90, 180, 270, 90)[seed % 4], expand=True)
    yield "stamped", stamped(page, dice, "整改办公室专用章")


def scans() -> Iterator[tuple[str, str, Sheet, Image.Image]]:
    """All twenty: name of the sheet, kind of scan, the sheet, the picture."""
    for seed, (name, sheet) in enumerate(SHEETS.items()):
        for kind, picture in variants(sheet, seed):
            yield name, kind, sheet, picture


def as_png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def as_jpg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def as_pdf(pictures: Sequence[Image.Image]) -> bytes:
    """A PDF of nothing but these pictures, as scanners write it."""
    stream = io.BytesIO()
    pictures[0].save(stream, "PDF", resolution=200, save_all=True, append_images=list(pictures[1:]))
    return stream.getvalue()


def as_docx(sheet: Sheet) -> bytes:
    """The same notice as it was before it was printed."""
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document = docx.Document()
    document.add_paragraph(sheet.title).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in sheet.above:
        document.add_paragraph(text)
    if sheet.rows:
        table = document.add_table(rows=0, cols=len(sheet.rows[0]))
        for row in sheet.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                first, *others = text.split("\n")
                cell.text = first
                for line in others:
                    cell.add_paragraph(line)
    for text in sheet.below:
        document.add_paragraph(text)
    for text in sheet.signed:
        document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def right(read: str, truth: str) -> float:
    """Share of the truth's characters that are right and in order; what is read beyond it counts against it."""
    wanted = plain(truth)
    return 1 - Levenshtein.distance(plain(read), wanted) / len(wanted)


#: fields whose agreement is looked at
_FIELDS = ("responsible_units", "task_numbers", "publicity_start", "publicity_end", "phones", "deadline", "tasks", "sections")


def fields_of(document: Document) -> dict[str, Any]:
    """Fields of a document on its own, without spaces: these a scan does not show."""
    notice = read_notice.read(page_of(document)).as_json()
    return {name: _bare(notice[name]) for name in _FIELDS}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return plain(value) if isinstance(value, str) else value


def agreement(found: dict[str, Any], wanted: dict[str, Any]) -> tuple[int, int]:
    """How many leaves of the wanted fields the found ones have too, within two characters in a hundred; and how many there are."""
    there, all_of = _leaves(found), _leaves(wanted)
    same = sum(Levenshtein.normalized_similarity(there.get(key, ""), text) >= 0.98 for key, text in all_of.items())
    return same, len(all_of)


def _leaves(value: Any, key: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        return {name: text for part, item in value.items() for name, text in _leaves(item, f"{key}.{part}").items()}
    if isinstance(value, list):
        return {name: text for part, item in enumerate(value) for name, text in _leaves(item, f"{key}.{part}").items()}
    return {key: str(value)} if value is not None else {}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    shares: dict[str, list[float]] = defaultdict(list)
    print(f"{'sheet':8} {'scan':8} {'right':>6} {'fields':>7} {'sure':>5} {'seconds':>7}")
    with DocumentReader(Limits(seconds=300), workers=1, ocr=True) as documents:
        for name, kind, sheet, picture in scans():
            data = as_png(picture)
            if folder:
                folder.mkdir(exist_ok=True)
                (folder / f"{name}-{kind}.png").write_bytes(data)
            begun = time.monotonic()
            document = documents.read_now(data, f"{name}-{kind}.png")
            taken = time.monotonic() - begun
            share = right(document.text, sheet.text)
            shares[kind].append(share)
            same, of = agreement(fields_of(document), fields_of(read_document(as_docx(sheet))))
            print(f"{name:8} {kind:8} {share:6.3f} {same:3}/{of:<3} {_sure(document):>5} {taken:7.2f}  {document.status}", flush=True)
    for kind, found in shares.items():
        print(f"{kind:8} least {min(found):.3f}  mean {sum(found) / len(found):.3f}  wanted {WANTED[kind]:.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 // MIB
    print(f"peak memory of the reader: {peak} MiB")


def _sure(document: Document) -> str:
    return "/".join(f"{value:.3f}" for value in document.confidence.values()) or "-"


if __name__ == "__main__":
    main()
