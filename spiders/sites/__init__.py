"""Sites that fit no family: a subclass of one, under 40 lines, its reason in the docstring. `SITES` names it by the source's id.

Three sites alike become a family, two with one quirk an option; so this is the last resort, and it is empty as long as it can be.
"""

from __future__ import annotations

from spiders.families.base import Family

SITES: dict[str, type[Family]] = {}
