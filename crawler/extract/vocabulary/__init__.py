"""Every list of words and every clue, one module a subject; nothing else."""
