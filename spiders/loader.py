"""Makes each source of the registry a spider of its own name, so that logs, delays and statistics stay per source."""

from __future__ import annotations

import builtins
from typing import Self

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.config import load as load_config
from crawler.config import registry_dir
from crawler.crawl.job import Job
from crawler.registry.registry import Registry, Source, load
from spiders.families import family_of
from spiders.sites import SITES
from spiders.source_spider import SourceSpider


class SourceLoader:
    """Scrapy's spider loader over the registry of the run, else of the configuration."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        job: Job | None = settings.get("SIGNOFF_JOB")
        return cls(job.registry if job else load(registry_dir(load_config())))

    def load(self, spider_name: str) -> type[Spider]:
        return spider_of(self.registry[spider_name])

    def list(self) -> builtins.list[str]:
        return sorted(source.id for source in self.registry.values() if not source.paused)

    def find_by_request(self, request: Request) -> builtins.list[str]:
        return [source.id for source in self.registry.values() if any(request.url.startswith(url) for url in source.list_urls)]


def spider_of(source: Source) -> type[SourceSpider]:
    """The spider class of one source: the shared walk with the family, or the site's own reading, of its lists."""
    reading = SITES.get(source.id) or family_of(source.family)
    # a browser shows one page of a source at a time
    settings = {"CONCURRENT_REQUESTS": 1} if source.browser else {}
    facts = {"name": source.id, "source": source, "family": reading(source.options), "custom_settings": settings, "__module__": __name__}
    return type(source.id, (SourceSpider,), facts)
