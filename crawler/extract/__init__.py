"""Bytes to a notice. Needs no network and no database."""
