"""The commands beside the desktop: what each is asked with, and whom it calls."""

import argparse
from pathlib import Path

from handbook.duty_commands import add_commands as add_duty_commands
from handbook.key_commands import add_commands as add_key_commands
from handbook.key_commands import add_passphrase as add_key_passphrase
from handbook.model.library import Collection
from handbook.options import add_account, add_data_dir, add_passphrase, chosen_account, count, folder, port
from handbook.report_commands import KINDS, day, report


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Each sets `run`, which takes the parsed options and returns the exit code, and `usage`."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    command = _command(commands, "demo", _demo, "open the handbook on a sample ward with its own server")
    add_account(command, "who is signed in (default: a member of the first cell)")
    command.add_argument(
        "--tour", type=Path, metavar="DIR", help="do the main job unattended, pictures in DIR"
    )
    command.add_argument(
        "--reading-only", action="store_true", help="with --tour: only the part that needs no server"
    )
    command.add_argument(
        "--first-start",
        action="store_true",
        help="with --tour: what a program that carries this ward's content shows with no network",
    )

    command = _command(commands, "server", _server, "serve accounts, submissions and published content")
    command.add_argument("--host", help="address to listen on (default: HANDBOOK_HOST, else this PC only)")
    command.add_argument(
        "--port", type=port, help="0 takes any free port (default: HANDBOOK_PORT, else 8750)"
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
        commands, "retention", _retention, "erase what the ward's rules keep no longer (on the server's PC)"
    )
    command.add_argument("--dry-run", action="store_true", help="only count what would go, by cell")
    command.add_argument(
        "--compact", action="store_true", help="then write the tables anew; the server waits meanwhile"
    )
    command.add_argument("--database-url", help="as for `handbook server`")

    command = _command(commands, "duties", None, "duties for the commune: who has which, given and ended")
    of_duties = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_duty_commands(lambda name, run, summary: _command(of_duties, name, run, summary))

    command = _command(
        commands, "figures", _figures, "hold kept figures of cells against the submissions (server's PC)"
    )
    command.add_argument("--repair", action="store_true", help="count all anew; also before a first report")
    command.add_argument("--content", type=Path, help="as for `handbook server`")
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
    add_account(command, "default: the profile opened last")
    add_passphrase(command)

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
    add_passphrase(command)

    command = _command(commands, "sync", _sync, "send what is owed and fetch what is new, once")
    command.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="DIR",
        help="no network: take in content from this USB stick or folder instead",
    )
    add_account(command, "default: the profile opened last")
    add_passphrase(command)

    command = _command(commands, "bundle", _bundle, "carry submissions by USB where there is no network")
    command.add_argument(
        "act",
        choices=("write", "carry", "receive"),
        help="seal what waits; bring others' bundles to the server; take in receipts",
    )
    command.add_argument("usb", type=Path, metavar="DIR")
    add_account(command, "default: the profile opened last")
    add_passphrase(command)

    command = _command(
        commands, "export-data", _export_data, "save all that is held of oneself as a .zip, not encrypted"
    )
    command.add_argument("file", type=Path, metavar="FILE")
    add_account(command, "default: the profile opened last")
    add_passphrase(command)

    command = _command(
        commands, "report", _report, "save the report of a cell or a committee, without a window"
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument(
        "--unit",
        "--cell",
        metavar="PATH",
        help="such as hongson/anbinh/kp1 (default: the cell or committee led)",
    )
    command.add_argument("--from", dest="first", type=day, metavar="DAY", help="first due day; 2026-10-01")
    command.add_argument(
        "--to", dest="last", type=day, metavar="DAY", help="last due day (default: this quarter)"
    )
    command.add_argument("--as", dest="kind", choices=KINDS, help="default: by the name of FILE")
    add_account(command, "default: the profile opened last")
    add_passphrase(command)

    command = _command(commands, "search", _search, "search the library from a script")
    command.add_argument("text", metavar="TEXT")
    add_account(command, "default: the profile opened last")
    command.add_argument("--limit", type=count, default=10, help="hits at most (default: 10)")
    command.add_argument("--json", action="store_true", help="one JSON object a hit, one a line")
    add_passphrase(command)

    _command(
        commands, "doctor", _doctor, "say what is wrong with this PC: display, keyring, disk, clock, server"
    )


def _command(
    commands: argparse._SubParsersAction, name: str, run: object, summary: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    add_data_dir(command)
    command.set_defaults(run=run, usage=command.prog)
    return command


# Each command imports what it needs when it runs: none waits for another's.


def _demo(options: argparse.Namespace) -> int:
    if options.tour and options.first_start:
        from handbook.first_start import run_first_start

        return run_first_start(options.tour, folder(options, "demo"))
    if options.tour:
        from handbook.tour import run_tour

        return run_tour(
            options.tour, data_dir=getattr(options, "data_dir", None), reading_only=options.reading_only
        )
    from handbook.demo import run_demo

    return run_demo(folder(options, "demo"), account=chosen_account(options) or "")


def _server(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.server(folder(options, "server"), options)


def _codes(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.codes(folder(options, "server"), options)


def _roster(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.roster(folder(options, "server"), options)


def _retention(options: argparse.Namespace) -> int:
    from handbook.retention_commands import retention

    return retention(folder(options, "server"), options)


def _figures(options: argparse.Namespace) -> int:
    from handbook.figures_commands import figures

    return figures(folder(options, "server"), options)


def _receipt_key(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.receipt_key(folder(options, "server"), options.new)


def _verify_receipt(options: argparse.Namespace) -> int:
    from handbook.receipt_commands import verify_receipt

    return verify_receipt(folder(options), options.file, options.content, options.json)


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

    return commands.activate(folder(options), options.server, options.code, options.passphrase_file)


def _pack(options: argparse.Namespace) -> int:
    from handbook.usb_commands import pack

    return pack(
        folder(options),
        options.out,
        options.content,
        options.unit,
        chosen_account(options),
        options.passphrase_file,
    )


def _sync(options: argparse.Namespace) -> int:
    from handbook import commands, usb_commands

    if options.source:
        return usb_commands.take_in(
            folder(options), options.source, chosen_account(options), options.passphrase_file
        )
    return commands.sync(folder(options), chosen_account(options), options.passphrase_file)


def _bundle(options: argparse.Namespace) -> int:
    from handbook.usb_commands import bundle

    return bundle(folder(options), options.act, options.usb, chosen_account(options), options.passphrase_file)


def _export_data(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.export_data(
        folder(options), options.file, chosen_account(options), options.passphrase_file
    )


def _report(options: argparse.Namespace) -> int:
    return report(
        folder(options),
        options.file,
        account=chosen_account(options),
        passphrase_file=options.passphrase_file,
        unit=options.unit,
        first=options.first,
        last=options.last,
        kind=options.kind,
    )


def _search(options: argparse.Namespace) -> int:
    from handbook import commands

    return commands.search(
        folder(options),
        chosen_account(options),
        options.passphrase_file,
        options.text,
        options.limit,
        options.json,
    )


def _doctor(options: argparse.Namespace) -> int:
    from handbook.doctor import run_doctor

    return run_doctor(folder(options))
