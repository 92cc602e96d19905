"""When a host may be asked: robots.txt, pauses, turns, leases."""
