"""What runs: processes, sessions, matching, reading again."""
