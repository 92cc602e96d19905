"""Scrapy's settings. Sizes and times stand in `crawler.config`; here is what is on, what is off, and in which order."""

from __future__ import annotations

from typing import Any

from crawler.fetch.courtesy import agent

BOT_NAME = "signoff"
USER_AGENT = agent.name("https://signoff.example/about")  # requests carry the contact of the settings: crawler.fetch.http.limits

# ------------------------------------------------------------------------------------------------------------------ sources
SPIDER_LOADER_CLASS = "spiders.loader.SourceLoader"  # the registry; every source is a spider of its own name
SPIDER_MODULES: list[str] = []

# -------------------------------------------------------------------------------------------------- from the request to the network
# Scrapy's own lists are emptied, here and below, not switched off one by one: each name in them is imported before it is left out,
# with an HTTP client, a web server and a list of the world's domains behind them.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "crawler.fetch.http.guard.Guard": 50,  # refuse
    "crawler.fetch.browser.chromium.Permit": 55,  # refuse, where a browser is wanted and there is none
    "crawler.fetch.archive.replay.Replay": 60,  # have it already
    "crawler.fetch.courtesy.robots.Robots": 100,  # may we
    "crawler.fetch.http.limits.Limits": 350,  # how long, how large, who asks
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    "crawler.fetch.http.limits.Decode": 590,
    "crawler.fetch.http.limits.Redirect": 600,
    "crawler.fetch.archive.middleware.Keep": 980,  # keep what the network said, before anybody reads it
    "crawler.fetch.courtesy.middleware.Courtesy": 990,  # wait for the host's next moment
}
DOWNLOAD_HANDLERS: dict[str, str | None] = {
    "http": "crawler.fetch.http.handler.Handler",
    "https": "crawler.fetch.http.handler.Handler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.fetch.http.guard.Resolver"
DOWNLOAD_VERIFY_CERTIFICATES = True  # single sources are exempt: tls = "unverified"

# ------------------------------------------------------------------------------------------------------------ from page to notice
ITEM_PIPELINES = {
    "pipelines.archive.Archive": 100,  # tie the item to its captures, kept by crawler.fetch.archive.middleware before any callback ran
    "pipelines.extract.Extract": 200,  # bytes → fields with evidence
    "pipelines.normalise.Normalise": 300,  # one spelling
    "pipelines.dedupe.Dedupe": 400,  # one notice, however many sites carry it
    "pipelines.store.Store": 500,  # new, repost, revised, moved, restored
}
# none: spiders judge every status themselves and mark their first requests, crawler.urls judges every address
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES: dict[str, int] = {}

# --------------------------------------------------------------------------------------------------------------- how much at a time
CONCURRENT_REQUESTS = 16  # waiting ones count: of one host one request is under way
CONCURRENT_REQUESTS_PER_DOMAIN = 16
CONCURRENT_ITEMS = 2  # so many tasks are started for every response, 100 by default; most bring one item
DOWNLOAD_DELAY = 0  # crawler.fetch.courtesy.middleware waits
DOWNLOAD_MAXSIZE = 32 * 2**20
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 60
REDIRECT_MAX_TIMES = 10
RETRY_TIMES = 2  # the pause before each grows with every failure: crawler.fetch.courtesy.host_turns
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the attempt is in the table fetch, the source's verdict says the rest
SCHEDULER = "crawler.fetch.http.scheduler.Scheduler"  # pages wait in the spider, not as requests
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"

# -------------------------------------------------------------------------------------------------------------------------- off
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # the default opens a port that executes Python
COOKIES_ENABLED = False
REFERER_ENABLED = False
HTTPCACHE_ENABLED = False
HTTPPROXY_ENABLED = False  # a proxy from the environment would go round the guard
METAREFRESH_ENABLED = False
ROBOTSTXT_OBEY = False  # Scrapy's own; crawler.fetch.courtesy.robots obeys, and enforces Crawl-delay
MEMUSAGE_ENABLED = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # parses the callback's source again for every response
STATS_DUMP = False
STATS_CLASS = "crawler.crawl.scrapy_patches.Stats"
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS: dict[str, Any] = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,  # only does what a setting asks for
    "crawler.crawl.session.Session": 100,  # claims the source, makes the plan, gives the verdict
}

# ------------------------------------------------------------------------------------------------------------------------- ground
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
LOG_INSTALL_ROOT_HANDLER = True
LOG_LEVEL = "WARNING"
LOG_FORMATTER = "crawler.crawl.log_lines.Lines"  # lines without the items
LOG_SHORT_NAMES = True
LOG_VERSIONS: list[str] = []
