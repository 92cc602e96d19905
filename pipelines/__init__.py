"""From page to stored notice: archive, extract, normalise, dedupe, store."""
