"""Bytes of a page to a tree; body, head, chrome and links of it."""
