"""``python -m crawler`` is ``signoff``."""

import sys


def main() -> None:
    """Start the program; Ctrl-C while it still loads is no mistake worth a traceback."""
    try:
        from crawler.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
