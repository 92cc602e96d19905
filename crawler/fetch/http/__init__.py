"""Requests and answers: handler, address guard, limits, decoding, scheduler."""
