"""Files to blocks, in a process of their own."""
