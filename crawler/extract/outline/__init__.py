"""Blocks to labels, sections and tasks."""
