"""How sources are crawled: the walk, the families of content systems, single sites, the registry."""
