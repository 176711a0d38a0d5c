"""`handbook figures`: whether the figures that the server keeps of its cells are those of the submissions."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from handbook.commands import folder_problems, require_server, server_settings
from handbook.model.vietnamese import number_text

SHOWN = 20


def figures(folder: Path, options: argparse.Namespace) -> int:
    """Compare kept figures with the submissions, or count all anew with --repair. 1 when some are wrong."""
    from handbook.server.assignments import Published
    from handbook.server.counts import assignments_given, counts_below, top_units
    from handbook.server.database import open_database
    from handbook.server.figures import differing, forget

    require_server(folder)
    now = datetime.now(UTC)
    with folder_problems():
        settings = server_settings(folder, options, content_dir=options.content)
        published = Published(settings.content_dir)
        database = open_database(settings.database_url)
        try:
            if options.repair:
                forget(database)
                told = [counts_below(database, published, unit, now) for unit in top_units(database)]
                print(f"Đã đếm lại {number_text(sum(len(each.cells) for each in told))} dòng số liệu.")
                return 0
            wrong = list(differing(database, assignments_given(database, published)))
        finally:
            database.close()
    for (cell, assignment), kept, counted in wrong[:SHOWN]:
        print(f"{cell}  {assignment}\n  đang giữ: {kept}\n  đếm được: {counted}")
    if not wrong:
        print("Số liệu đang giữ khớp với các bài đã nhận.")
        return 0
    print(f"{number_text(len(wrong))} dòng không khớp. Để đếm lại tất cả: handbook figures --repair")
    return 1
