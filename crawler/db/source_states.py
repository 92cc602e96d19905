"""What the database knows of the sources as such: which of them cannot be read now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, select

from crawler.db.engine import explained
from crawler.db.models import Source
from crawler.notice import regions
from crawler.notice.model import Verdict


def blind(engine: Engine, codes: Sequence[str] = (), ids: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the sources of a selection whose last crawl did not end ``ok``."""
    with explained(engine), engine.connect() as connection:
        rows = connection.execute(select(Source.id, Source.name, Source.region).where(Source.last_verdict != Verdict.OK).order_by(Source.id)).all()
    chosen = (row for row in rows if not (codes or ids) or row.id in ids or any(regions.covers(code, row.region) for code in codes))
    return tuple(row.name for row in chosen)
