"""Check one table of the registry, key by key, noting every mistake with its file, line and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crawler import urls
from crawler.errors import AddressError
from crawler.registry import hours
from crawler.registry.families import FAMILIES, FamilySpec, Option, OptionValue
from crawler.registry.model import PROVINCES, SCHEDULES, Expect, Source
from crawler.registry.toml_lines import Table

_ID = re.compile(r"[a-z]+(?:_[a-z0-9]+)*")


def list_identity(url: str) -> str:
    """What two spellings of a list address share. The part after ``#`` counts: gkmlpt names its categories there."""
    return f"{urls.identity(url)}#{url.partition('#')[2]}"


class Reader:
    """Turns one table into a `Source`, noting every mistake instead of stopping at the first."""

    _types: Mapping[str, tuple[type, ...]] = MappingProxyType(
        {
            "id": (str,), "name": (str,), "region": (str,), "family": (str,), "list_urls": (list,), "schedule": (str,), "expect": (dict,),
            "verified": (date,), "options": (dict,), "paused": (str,), "paused_on": (date,), "browser": (bool,), "delay": (int, float),
            "cluster": (str,), "reposts": (bool,), "tls": (str,), "tls_reason": (str,), "night": (str,),
        }
    )  # fmt: skip
    _needed = ("id", "name", "region", "family", "expect")

    def __init__(self, table: Table, path: Path) -> None:
        self.values, self.lines, self.path = table.values, table.lines, path
        self.mistakes: list[str] = []

    def wrong(self, key: str, what: str) -> None:
        self.mistakes.append(f"{self.path.name}:{self.lines.of(key)}: {key}: {what}")

    def source(self) -> Source | None:
        """The source, or None with `mistakes`."""
        good = self._typed()
        self._id_and_region(good)
        spec = self._family(good)
        options = self._options(good.get("options", {}), spec)
        expect = self._expect(good.get("expect"))
        lists = self._lists(good)
        self._rest(good)
        if self.mistakes or expect is None or spec is None:
            return None
        plain = {key: value for key, value in good.items() if key not in ("expect", "options", "list_urls")}
        return Source(**plain, expect=expect, options=options, list_urls=lists, file=self.path.name, line=self.lines.start)

    def _typed(self) -> dict[str, Any]:
        """The values whose key and type are right."""
        good: dict[str, Any] = {}
        for key, value in self.values.items():
            if key not in self._types:
                self.wrong(key, "unknown key" + _nearest(key, self._types))
            elif not _is_a(value, self._types[key]):
                self.wrong(key, f"{_kind_of(value)} where {_WORDS[self._types[key][0]]} belongs")
            elif value in ("", []) and key != "list_urls":
                self.wrong(key, "is empty")
            else:
                good[key] = value
        for key in self._needed:
            if key not in self.values:
                self.wrong(key, "is missing" + ("; example: expect = { quiet_days = 120, since = 2022-01-01 }" if key == "expect" else ""))
        return good

    def _id_and_region(self, good: Mapping[str, Any]) -> None:
        source_id, region = good.get("id"), good.get("region")
        if source_id is not None and not _ID.fullmatch(source_id):
            self.wrong("id", f"{source_id!r} is not lower-case pinyin with _ between the parts, as gansu_lanzhou")
        if region is None:
            return
        if fault := _region_fault(region):
            self.wrong("region", f"{region!r} {fault}")
            return
        pinyin = PROVINCES[region[:2]][1]
        if source_id is not None and source_id != pinyin and not source_id.startswith(pinyin + "_"):
            self.wrong("id", f"{source_id!r} does not begin with {pinyin}, the province of region {region}")
        if self.path.stem != pinyin:
            self.wrong("region", f"{region} belongs into {pinyin}.toml")

    def _family(self, good: Mapping[str, Any]) -> FamilySpec | None:
        name = good.get("family")
        if name is not None and name not in FAMILIES:
            self.wrong("family", f"unknown family {name!r}" + _nearest(name, FAMILIES))
        elif name is not None and FAMILIES[name].browser and not good.get("browser"):
            self.wrong("family", f"{name} needs browser = true")
        return FAMILIES.get(name) if name is not None else None

    def _options(self, given: Mapping[str, Any], spec: FamilySpec | None) -> Mapping[str, OptionValue]:
        if spec is None:
            return MappingProxyType({})
        for name, value in given.items():
            option = spec.option(name)
            if option is None:
                self.wrong(f"options.{name}", f"family {spec.name} has no such option" + _nearest(name, [o.name for o in spec.options]))
            else:
                self._option(option, value)
        return spec.filled(given)

    def _option(self, option: Option, value: object) -> None:
        key = f"options.{option.name}"
        if not _is_a(value, (option.type,)):
            self.wrong(key, f"{_kind_of(value)} where {_WORDS[option.type]} belongs")
        elif option.choices and value not in option.choices:
            self.wrong(key, f"{value!r} is not one of {', '.join(option.choices)}")
        elif option.css and (fault := _css_fault(str(value))):
            self.wrong(key, f"{value!r} is no CSS selector: {fault}")
        elif option.name == "numbering" and "{n}" not in str(value):
            self.wrong(key, 'needs {n} where the number stands, as "list_{n}.html"')
        elif option.name == "size" and not 1 <= int(str(value)) <= 1000:
            self.wrong(key, "lies outside 1 to 1000")

    def _expect(self, given: Mapping[str, Any] | None) -> Expect | None:
        if given is None:
            return None
        for name in given:
            if name not in ("quiet_days", "since"):
                self.wrong(f"expect.{name}", "unknown key" + _nearest(name, ("quiet_days", "since")))
        days, since = given.get("quiet_days"), given.get("since")
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3660:
            self.wrong("expect.quiet_days", "a whole number of days from 1 to 3660 belongs here")
            days = None
        if not _is_a(since, (date,)):
            self.wrong("expect.since", "a date belongs here, as 2022-05-01")
            since = None
        return Expect(days, since) if days is not None and since is not None else None

    def _lists(self, good: Mapping[str, Any]) -> tuple[str, ...]:
        found: dict[str, str] = {}
        for url in good.get("list_urls", []):
            try:
                key = list_identity(url) if isinstance(url, str) else None
            except AddressError as error:
                self.wrong("list_urls", str(error))
                continue
            if key is None:
                self.wrong("list_urls", f"{_kind_of(url)} where an address belongs")
            elif key in found:
                self.wrong("list_urls", f"{url} stands here twice")
            else:
                found[key] = url
        if not found and "paused" not in good and "list_urls" not in self.mistakes_keys():
            self.wrong("list_urls", "is missing; only a paused source may have none")
        return tuple(found.values())

    def mistakes_keys(self) -> set[str]:
        """The keys that already have a mistake."""
        return {mistake.split(": ", 2)[1] for mistake in self.mistakes}

    def _rest(self, good: Mapping[str, Any]) -> None:
        for one, other in (("paused", "paused_on"), ("paused_on", "paused")):
            if one in good and other not in self.values:
                self.wrong(other, f"is missing; {one} needs it")
        for key, allowed in (("schedule", SCHEDULES), ("tls", ("verify", "unverified"))):
            if key in good and good[key] not in allowed:
                self.wrong(key, f"{good[key]!r} is not one of {', '.join(allowed)}" + _nearest(good[key], allowed))
        if good.get("tls") == "unverified" and "tls_reason" not in self.values:
            self.wrong("tls_reason", "is missing; an unverified certificate needs its reason")
        if "tls_reason" in good and good.get("tls", "verify") == "verify":
            self.wrong("tls_reason", 'stands alone; it belongs to tls = "unverified"')
        if "delay" in good and not 0 < good["delay"] <= 600:
            self.wrong("delay", "lies outside 0 to 600 seconds")
        if "night" in good and (fault := hours.fault(good["night"])):
            self.wrong("night", fault)


def _region_fault(region: str) -> str | None:
    """What is wrong with a region code; None when nothing is."""
    from crawler.gazetteer import regions  # here, not above: the gazetteer is large

    known = regions.table()
    if region in known or region == "000000" or (region[:2] == "66" and re.fullmatch(r"\d{6}", region)):
        return None
    near = difflib.get_close_matches(region, known, n=1, cutoff=0.6) if region.isdecimal() else []
    return "is no GB/T 2260 code" + (f"; nearest: {near[0]} {known[near[0]].name}" if near else ", as 620100")


_WORDS: Mapping[type, str] = MappingProxyType(
    {
        str: "a text", int: "a whole number", float: "a number", bool: "true or false",
        date: "a date, as 2026-11-20", list: "a list", dict: "a table",
    }
)  # fmt: skip


def _is_a(value: object, types: tuple[type, ...]) -> bool:
    """Whether a TOML value is of a type; true is no number here, and an instant no date."""
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, types) and not isinstance(value, datetime)


def _kind_of(value: object) -> str:
    if isinstance(value, datetime):
        return "an instant"
    return next((words.partition(",")[0] for kind, words in _WORDS.items() if type(value) is kind), type(value).__name__)


def _nearest(name: str, known: Iterable[str]) -> str:
    """``; nearest: x`` for a name that is almost one of ``known``; else what there is, where that is short."""
    choices = sorted(known)
    near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f"; nearest: {near[0]}" if near else f"; there is: {', '.join(choices)}" if 0 < len(choices) <= 20 else ""


def _css_fault(selector: str) -> str | None:
    from cssselect import GenericTranslator, SelectorError  # only where a registry has selectors

    try:
        GenericTranslator().css_to_xpath(selector)
    except SelectorError as error:
        return str(error)
    return None
