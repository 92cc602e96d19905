"""Strings in, strings out: widths, numerals, dates, clauses, personal data. Knows nothing of notices."""
