"""Crawl the replica farm through all its states and print what was found, missed and made up.

python bench/replica.py [--sites a,b] [--shared ../shared]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from replica_farm import FAMILIES, Comparison, Signoff, farm, registry, walk_states

from crawler.families import FAMILIES as OURS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--sites", help="slugs, separated by commas; default: every public site of a family we have")
    parser.add_argument("--keep", type=Path, help="folder for database and archive")
    parser.add_argument("--details", type=int, default=20, help="lines shown of each kind of difference")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with farm(options.shared, folder) as here:
            wanted = set(options.sites.split(",")) if options.sites else None
            sites = [
                s
                for s in here.sites
                if (s["slug"] in wanted if wanted else not s["needs_browser"] and FAMILIES.get(s["cms"], s["cms"]) in OURS)
            ]
            program = Signoff(
                folder, registry(sites, folder / "sources"), environment={"SIGNOFF_WITHDRAWAL_LOOKS": "1", "SIGNOFF_WITHDRAWAL_HOURS": "0"}
            )
            print(f"{len(sites)} sites: {', '.join(s['slug'] for s in sites)}")
            for out in walk_states(here, program, {s["slug"] for s in sites}):
                tell(out, options.details)


def tell(out: Comparison, details: int) -> None:
    print(
        f"T{out.state}: {out.notices} notices, {len(out.missing)} missing, {len(out.invented)} invented; {out.events} events, "
        f"{len(out.missed)} missed, {len(out.false)} false; verdicts {dict(out.verdicts)}; {out.seconds:.1f} s"
    )
    for name in ("missing", "invented", "missed", "false"):
        for line in getattr(out, name)[:details]:
            print(f"    {name}: {line}")


if __name__ == "__main__":
    main()
