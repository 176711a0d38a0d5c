"""`python -m benchmarks NAME`: measures, prints a table, and writes the same as JSON where asked."""

import argparse
import sys
from pathlib import Path

from benchmarks import (
    anchors,
    cell,
    clients,
    counts,
    library,
    packs,
    peers,
    questions,
    ranking,
    reader,
    report,
    search,
    server_load,
    start,
    sync,
    writing,
)


def main() -> int:
    """Runs the benchmark named on the command line; the exit code is not about its numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    benchmarks = parser.add_subparsers(title="benchmarks", metavar="NAME", required=True)

    command = benchmarks.add_parser("start", help="window painted and tasks shown, against a bare Qt window")
    command.add_argument("--runs", type=int, default=5, help="of each program, one after the other")
    command.add_argument(
        "--documents", type=int, default=0, help="add this many to the sample ward's library"
    )
    command.add_argument(
        "--program",
        type=Path,
        metavar="DIR",
        help="a built handbook, such as dist/handbook (default: the source)",
    )
    command.set_defaults(
        measure=lambda options: start.measure(
            runs=options.runs, extra_documents=options.documents, program=options.program
        )
    )

    command = benchmarks.add_parser("search", help="latency, tones and size while the library grows")
    command.add_argument("--sections", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    command.add_argument("--texts", type=Path, help="folder of .txt files to take the words from")
    command.set_defaults(measure=lambda options: search.measure(options.sections, options.texts))

    command = benchmarks.add_parser("library", help="filter, order, scroll and search many documents")
    command.add_argument("--documents", type=int, default=10_000)
    command.set_defaults(measure=lambda options: library.measure(documents=options.documents))

    command = benchmarks.add_parser("ranking", help="labelled questions: MRR@10, recall@20, latency")
    command.add_argument("folder", type=Path, metavar="DIR", help="articles.jsonl and questions.jsonl")
    command.set_defaults(measure=lambda options: ranking.measure(options.folder))

    command = benchmarks.add_parser("peers", help="search beside Kiwix's engine on the same documents")
    command.add_argument("folder", type=Path, metavar="DIR", help="docs.jsonl and queries.json")
    command.add_argument(
        "--kiwix-python", type=Path, default=Path(sys.executable), help="a Python that has libzim"
    )
    command.add_argument("--rounds", type=int, default=5)
    command.set_defaults(
        measure=lambda options: peers.measure(options.folder, options.kiwix_python, options.rounds)
    )

    command = benchmarks.add_parser("questions", help="make labelled questions out of a folder of laws")
    command.add_argument("texts", type=Path, metavar="TEXTS_DIR", help="folder of .txt files")
    command.add_argument("folder", type=Path, metavar="DIR", help="gets tune/ and report/, for `ranking`")
    command.set_defaults(measure=lambda options: questions.write(options.texts, options.folder))

    command = benchmarks.add_parser("anchors", help="notes found again after their document was amended")
    command.add_argument("--texts", type=Path, help="folder of .txt laws")
    command.set_defaults(measure=lambda options: anchors.measure(options.texts))

    command = benchmarks.add_parser("reader", help="click to painted text of a long law, longest standstill")
    command.add_argument("--runs", type=int, default=5)
    command.add_argument("--texts", type=Path, help="folder of .txt laws; the longest is read")
    command.set_defaults(measure=lambda options: reader.measure(runs=options.runs, texts=options.texts))

    command = benchmarks.add_parser(
        "writing", help="CPU time of a keystroke in a reflection, and of saving it"
    )
    command.add_argument("--words", type=int, nargs="+", default=list(writing.PART_WORDS))
    command.set_defaults(measure=lambda options: writing.measure(options.words))

    command = benchmarks.add_parser("cell", help="a secretary's page over 200 members and 50 assignments")
    command.add_argument("--members", type=int, default=200)
    command.add_argument("--assignments", type=int, default=50)
    command.set_defaults(measure=lambda options: cell.measure(options.members, options.assignments))

    command = benchmarks.add_parser("counts", help="figures of all cells of a ward in one request")
    command.add_argument("--cells", type=int, default=89)
    command.add_argument("--members", type=int, default=28, help="of each cell")
    command.add_argument("--assignments", type=int, default=50)
    command.add_argument(
        "--submissions", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="then, in a province"
    )
    command.set_defaults(
        measure=lambda options: counts.measure(
            options.cells, options.members, options.assignments, options.submissions
        )
    )

    command = benchmarks.add_parser("submissions", help="reflections accepted a second, and how soon")
    command.add_argument("--database", choices=server_load.DATABASES, nargs="+", default=["postgresql"])
    command.add_argument("--seconds", type=float, default=10)
    command.add_argument("--connections", type=int, default=64)
    command.set_defaults(
        measure=lambda options: server_load.measure(options.database, options.seconds, options.connections)
    )

    command = benchmarks.add_parser("packs", help="first sync and readers' bytes over many publishings")
    command.add_argument("--documents", type=int, default=5_000)
    command.add_argument("--publishings", type=int, default=500)
    command.set_defaults(measure=lambda options: packs.measure(options.documents, options.publishings))

    command = benchmarks.add_parser(
        "sync", help="first, empty and small sync over a slow line, beside others"
    )
    command.add_argument("--documents", type=int, default=5_000)
    command.add_argument("--runs", type=int, default=3, help="of the first sync and its floor, in turns")
    command.add_argument("--texts", type=Path, help="folder of .txt files to take the words from")
    command.add_argument(
        "--anki-python", type=Path, default=Path(sys.executable), help="a Python that has anki"
    )
    command.set_defaults(
        measure=lambda options: sync.measure(
            options.documents, options.runs, options.texts, options.anki_python
        )
    )

    command = benchmarks.add_parser("clients", help="a thousand PCs at the server within a minute")
    command.add_argument("--clients", type=int, default=1_000)
    command.add_argument("--seconds", type=float, default=60, help="within which they arrive")
    command.add_argument("--documents", type=int, default=300, help="of the library")
    command.add_argument("--texts", type=Path, help="folder of .txt files to take the words from")
    command.set_defaults(
        measure=lambda options: clients.measure(
            options.clients, options.seconds, options.documents, options.texts
        )
    )

    for command in benchmarks.choices.values():
        command.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    options = parser.parse_args()
    rows = options.measure(options)
    print(report.table(rows))
    if options.json:
        report.write_json(options.json, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
