"""One class per CMS family. `family_of` gives the class for the name in the registry."""

from __future__ import annotations

from crawler.errors import UsageError
from spiders.families.base import Family, ListResponse
from spiders.families.columns import Columns
from spiders.families.dede import Dede
from spiders.families.epoint import Epoint
from spiders.families.gkmlpt import Gkmlpt
from spiders.families.jeecms import Jeecms
from spiders.families.jpaas import Jpaas
from spiders.families.jpage import Jpage
from spiders.families.longxun import Longxun
from spiders.families.oldasp import OldAsp
from spiders.families.querylist import QueryList
from spiders.families.script import Script
from spiders.families.showlist import Showlist
from spiders.families.static import Static
from spiders.families.trs import Trs
from spiders.families.ucap import Ucap
from spiders.families.vsb import Vsb
from spiders.families.zwgk import Zwgk

_ALL: tuple[type[Family], ...] = (
    Static, Trs, Columns, Zwgk, OldAsp, Dede, Jpage, Jpaas, Gkmlpt, Ucap, Longxun, Vsb, Showlist, Jeecms, Epoint, QueryList, Script,
)  # fmt: skip
CLASSES: dict[str, type[Family]] = {cls.name: cls for cls in _ALL}


def family_of(name: str) -> type[Family]:
    """The class of a family. Raises `UsageError` for a name that is none."""
    try:
        return CLASSES[name]
    except KeyError:
        raise UsageError(f"unknown family {name!r}; families: {', '.join(sorted(CLASSES))}") from None


__all__ = ["CLASSES", "Family", "ListResponse", "family_of"]
