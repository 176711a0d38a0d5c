"""Which program runs: the desktop, the server, or a command. The one file that knows them all."""

import argparse
import gc
import os
import sys
from typing import Any

from handbook import __version__
from handbook.errors import Expected
from handbook.options import add_account, add_data_dir, chosen_account, folder

EXIT_EXPECTED = 1  # something a person can mend; said in words on stderr
EXIT_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    _speak_utf8()
    options = _options(sys.argv[1:] if arguments is None else arguments)
    try:
        code = options.run(options)
        if sys.stdout:
            sys.stdout.flush()
        return code
    except Expected as error:
        advice = error.advice or f"Xem cách dùng: {options.usage} --help"
        print(f"{error.message}\n{advice}", file=sys.stderr)
        return EXIT_EXPECTED
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough; what is left must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_EXPECTED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _speak_utf8() -> None:
    """Windows gives a redirected stream an encoding without the Vietnamese letters."""
    for stream in (sys.stdout, sys.stderr):
        if stream:  # a desktop program started by its icon has none
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _options(arguments: list[str]) -> argparse.Namespace:
    """What was asked for. The desktop does not wait for the parsers of all the commands."""
    try:
        options, more = _desktop_parser(add_help=False, exit_on_error=False).parse_known_args(arguments)
    except argparse.ArgumentError:
        more = True  # said in full below
    return options if not more else _whole_parser().parse_args(arguments)


def _desktop_parser(**settings: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handbook", **settings)
    parser.add_argument("--version", action="version", version=f"handbook {__version__}")
    add_data_dir(parser)
    add_account(parser, "open this member's profile (default: the one opened last)")
    parser.set_defaults(run=_desktop, usage="handbook")
    return parser


def _whole_parser() -> argparse.ArgumentParser:
    from handbook.command_line import add_commands

    parser = _desktop_parser(
        description="Sổ tay đảng viên điện tử. Without a command it opens the desktop.",
        epilog="Each command explains itself: handbook COMMAND --help",
    )
    add_commands(parser)
    return parser


def _desktop(options: argparse.Namespace) -> int:
    # Next to nothing that a start makes is garbage; looking for it would take a tenth of the time. Later
    # the desktop collects by itself (handbook/desktop/collecting.py).
    gc.disable()
    from handbook.desktop.start import run_desktop

    return run_desktop(folder(options), account=chosen_account(options))


if __name__ == "__main__":
    sys.exit(main())
