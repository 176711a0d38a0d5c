"""Which program runs: the desktop, the server, or a command. The one file that knows them all."""

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import Any

from handbook import __version__
from handbook.errors import Expected

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
    return build_parser().parse_args(arguments) if more else options


def _desktop_parser(**settings: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handbook", **settings)
    parser.add_argument("--version", action="version", version=f"handbook {__version__}")
    _data_dir(parser)
    _account(parser, "open this member's profile (default: the one opened last)")
    parser.set_defaults(run=_desktop, usage="handbook")
    return parser


def build_parser() -> argparse.ArgumentParser:
    from handbook.key_commands import add_commands as add_key_commands
    from handbook.key_commands import add_passphrase as add_key_passphrase
    from handbook.model.library import Collection

    parser = _desktop_parser(
        description="Sổ tay đảng viên điện tử. Without a command it opens the desktop.",
        epilog="Each command explains itself: handbook COMMAND --help",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    command = _command(commands, "demo", _demo, "open the handbook on a sample ward with its own server")
    _account(command, "who is signed in (default: a member of the first cell)")
    command.add_argument(
        "--tour", type=Path, metavar="DIR", help="do the main job unattended, pictures in DIR"
    )
    command.add_argument(
        "--reading-only", action="store_true", help="with --tour: only the part that needs no server"
    )

    command = _command(commands, "server", _server, "serve accounts, submissions and published content")
    command.add_argument("--host", help="address to listen on (default: HANDBOOK_HOST, else this PC only)")
    command.add_argument(
        "--port", type=_port, help="0 takes any free port (default: HANDBOOK_PORT, else 8080)"
    )
    command.add_argument(
        "--content",
        type=Path,
        help="folder of published content (default: HANDBOOK_CONTENT_DIR, else DATA_DIR/content)",
    )
    command.add_argument("--ward", type=Path, help="load units and members from this ward.toml first")
    command.add_argument("--database-url", help="default: HANDBOOK_DATABASE_URL, else SQLite below DATA_DIR")
    command.add_argument("--with-parent", action="store_true", help="stop when standard input ends")

    command = _command(commands, "codes", _codes, "make activation codes for members (on the server's PC)")
    command.add_argument("accounts", nargs="+", metavar="ACCOUNT")
    command.add_argument("--database-url", help="as for `handbook server`")

    command = _command(
        commands, "roster", _roster, "compare a list of members (.xlsx, .csv) with the server's"
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("--apply", action="store_true", help="write what is printed (default: print only)")
    command.add_argument("--complete", action="store_true", help="cells in the list have no other members")
    command.add_argument("--template", action="store_true", help="make FILE an empty list to fill in")
    command.add_argument("--database-url", help="as for `handbook server`")

    command = _command(
        commands, "receipt-key", _receipt_key, "print the server's public receipt key, for publishing"
    )
    command.add_argument("--new", action="store_true", help="make it, for a server that never ran yet")

    command = _command(
        commands, "verify-receipt", _verify_receipt, "say whether a saved receipt is genuine; offline"
    )
    command.epilog = "Exit code: 0 genuine, 3 altered text, 4 altered receipt, 5 unknown key, 1 no receipt."
    command.add_argument("file", type=Path, metavar="FILE", help="as saved by the desktop: NAME.hbreceipt")
    command.add_argument(
        "--content",
        type=Path,
        metavar="DIR",
        help="believe the keys published in this content folder (default: those this PC has synced)",
    )
    command.add_argument("--json", action="store_true", help="one JSON object")

    command = _command(commands, "keys", None, "make, list, replace and revoke the publishing keys")
    of_keys = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_key_commands(lambda name, run, summary: _command(of_keys, name, run, summary))

    command = _command(commands, "publish", _publish, "check, pack and sign a folder of authored content")
    command.add_argument("source", type=Path, metavar="FOLDER", help="such as data/")
    command.add_argument("--content", type=Path, required=True, help="folder that the web server hands out")
    command.add_argument("--keys", type=Path, required=True, help="folder of publishing keys")
    command.add_argument(
        "--receipt-key",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="also publish this server's receipt key, as `handbook receipt-key` prints it",
    )
    add_key_passphrase(command)

    command = _command(
        commands, "recall", _recall, "mark a faulty document; the next publishing takes it back"
    )
    command.add_argument("document", metavar="ID", help="such as hongson/anbinh/ban-tin-so-5")
    command.add_argument("source", type=Path, metavar="FOLDER", help="of authored content, such as data/")
    command.add_argument("--reason", required=True, help="one sentence that readers see")
    command.add_argument("--replaced-by", default="", metavar="ID", help="what to read instead")

    command = _command(
        commands, "seal", _seal, "daily on the server: make signed content visible, refresh it"
    )
    command.add_argument("--content", type=Path, required=True, help="folder that the web server hands out")
    command.add_argument(
        "--keys", type=Path, required=True, help="folder with the keys snapshot and timestamp"
    )

    command = _command(commands, "pack", _pack, "write published content to a USB stick or folder")
    command.add_argument(
        "out", type=Path, metavar="OUT", help="made when missing; written whole or not at all"
    )
    command.add_argument(
        "--content",
        type=Path,
        metavar="DIR",
        help="a publisher's content folder (default: the server of a profile of this PC)",
    )
    command.add_argument(
        "--unit",
        action="append",
        default=[],
        metavar="PATH",
        help="with --content: only what this commune reads, such as hongson/anbinh; may be repeated",
    )
    _account(command, "default: the profile opened last")
    _passphrase(command)

    command = _command(
        commands, "import", _import, "turn a folder of plain-text laws into authored documents"
    )
    command.add_argument("source", type=Path, metavar="FOLDER")
    command.add_argument("target", type=Path, metavar="PUBLISHER_FOLDER", help="such as my-content/central")
    command.add_argument(
        "--collection",
        choices=[str(each) for each in Collection],
        metavar="NAME",
        help=f"{', '.join(Collection)} (default: by the kind of each document)",
    )

    command = _command(commands, "activate", _activate, "use an activation code on this PC")
    command.add_argument("server", metavar="URL")
    command.add_argument("code")
    _passphrase(command)

    command = _command(commands, "sync", _sync, "send what is owed and fetch what is new, once")
    command.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="DIR",
        help="no network: take in content from this USB stick or folder instead",
    )
    _account(command, "default: the profile opened last")
    _passphrase(command)

    command = _command(commands, "bundle", _bundle, "carry submissions by USB where there is no network")
    command.add_argument(
        "act",
        choices=("write", "carry", "receive"),
        help="seal what waits; bring others' bundles to the server; take in receipts",
    )
    command.add_argument("usb", type=Path, metavar="DIR")
    _account(command, "default: the profile opened last")
    _passphrase(command)

    command = _command(
        commands, "export-data", _export_data, "save all that is held of oneself as a .zip, not encrypted"
    )
    command.add_argument("file", type=Path, metavar="FILE")
    _account(command, "default: the profile opened last")
    _passphrase(command)

    command = _command(commands, "search", _search, "search the library from a script")
    command.add_argument("text", metavar="TEXT")
    _account(command, "default: the profile opened last")
    command.add_argument("--limit", type=_count, default=10, help="hits at most (default: 10)")
    command.add_argument("--json", action="store_true", help="one JSON object a hit, one a line")
    _passphrase(command)

    _command(
        commands, "doctor", _doctor, "say what is wrong with this PC: display, keyring, disk, clock, server"
    )
    return parser


def _command(
    commands: argparse._SubParsersAction, name: str, run: object, summary: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    _data_dir(command)
    command.set_defaults(run=run, usage=command.prog)
    return command


# SUPPRESS: these may stand before or after the command; the later default must not undo the former.


def _account(parser: argparse.ArgumentParser, summary: str) -> None:
    parser.add_argument("--account", default=argparse.SUPPRESS, help=summary)


def _data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where everything is kept (default: this person's application data folder)",
    )


def _passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="first line is the password; else HANDBOOK_PASSPHRASE, the keyring, or a question",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _chosen_account(options: argparse.Namespace) -> str | None:
    return getattr(options, "account", None)


def _folder(options: argparse.Namespace, name: str = "") -> Path:
    """The data dir asked for, or the usual one; `name` keeps the sample ward and the server apart from it."""
    if hasattr(options, "data_dir"):
        return options.data_dir.expanduser().resolve()
    return _usual_folder() / (name or "desktop")


def _usual_folder() -> Path:
    """This person's application data, as `platformdirs` names it; it is asked only where the environment
    leaves the question open, because the first paint waits for no package."""
    named = {"win32": os.environ.get("LOCALAPPDATA"), "linux": os.environ.get("XDG_DATA_HOME")}
    if folder := named.get(sys.platform):
        return Path(folder) / "handbook"
    if sys.platform == "linux":
        return Path.home() / ".local" / "share" / "handbook"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "handbook"
    import platformdirs

    return Path(platformdirs.user_data_dir("handbook", appauthor=False))


# Each command imports what it needs when it runs: the desktop's first paint waits for nothing else.


def _desktop(options: argparse.Namespace) -> int:
    # Next to nothing that a start makes is garbage; looking for it would take a tenth of the time. Later
    # the desktop collects by itself (handbook/desktop/collecting.py).
    gc.disable()
    from handbook.desktop.start import run_desktop

    return run_desktop(_folder(options), account=_chosen_account(options))


def _demo(options: argparse.Namespace) -> int:
    if options.tour:
        from handbook.tour import run_tour

        return run_tour(
            options.tour, data_dir=getattr(options, "data_dir", None), reading_only=options.reading_only
        )
    from handbook.demo import run_demo

    return run_demo(_folder(options, "demo"), account=_chosen_account(options) or "")


def _server(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.server(_folder(options, "server"), options)


def _codes(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.codes(_folder(options, "server"), options)


def _roster(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.roster(_folder(options, "server"), options)


def _receipt_key(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.receipt_key(_folder(options, "server"), options.new)


def _verify_receipt(options: argparse.Namespace) -> int:
    from handbook.receipt_commands import verify_receipt

    return verify_receipt(_folder(options), options.file, options.content, options.json)


def _publish(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.publish(options)


def _recall(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.recall(options.source, options.document, options.reason, options.replaced_by)


def _seal(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.seal(options.content, options.keys)


def _import(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.import_texts(options.source, options.target, options.collection)


def _activate(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.activate(_folder(options), options.server, options.code, options.passphrase_file)


def _pack(options: argparse.Namespace) -> int:
    from handbook.usb_commands import pack

    return pack(
        _folder(options),
        options.out,
        options.content,
        options.unit,
        _chosen_account(options),
        options.passphrase_file,
    )


def _sync(options: argparse.Namespace) -> int:
    from handbook import commands, usb_commands

    if options.source:
        return usb_commands.take_in(
            _folder(options), options.source, _chosen_account(options), options.passphrase_file
        )
    return commands.sync(_folder(options), _chosen_account(options), options.passphrase_file)


def _bundle(options: argparse.Namespace) -> int:
    from handbook.usb_commands import bundle

    return bundle(
        _folder(options), options.act, options.usb, _chosen_account(options), options.passphrase_file
    )


def _export_data(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.export_data(
        _folder(options), options.file, _chosen_account(options), options.passphrase_file
    )


def _search(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.search(
        _folder(options),
        _chosen_account(options),
        options.passphrase_file,
        options.text,
        options.limit,
        options.json,
    )


def _doctor(options: argparse.Namespace) -> int:
    from handbook.doctor import run_doctor

    return run_doctor(_folder(options))


if __name__ == "__main__":
    sys.exit(main())
