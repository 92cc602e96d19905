"""Pages that are built by script: Chromium, its proxy, its answers."""
