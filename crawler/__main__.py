"""``python -m crawler`` is ``signoff``."""

import gc
import sys


def main() -> None:
    """Start the program; Ctrl-C while it still loads is no mistake worth a traceback."""
    gc.disable()  # what is imported stays until the end: to look through it over and over for garbage took a tenth of the start
    try:
        from crawler.cli import application, run

        program = application(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    gc.freeze()
    gc.enable()
    try:
        sys.exit(run(sys.argv[1:], program))
    finally:
        gc.freeze()  # the interpreter's last search for garbage took longer than all else at its end


if __name__ == "__main__":
    main()
