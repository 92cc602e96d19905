"""Decisions, pure: what to look at, what a look means, how a crawl went, how often a source speaks."""
