"""`handbook figures` on the server: says whether what it keeps is right, and counts anew what is not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from handbook.server import tables
from handbook.server.assignments import Published
from handbook.server.counts import counts_below
from handbook.server.database import open_database
from handbook.server.keys import load_keys
from handbook.server.run import load_ward_into
from handbook.server.settings import Settings, settings_from
from tests.server.harness import COMMUNE, NOW, WARD
from tests.server.published import assignment, publish_assignments
from tests.test_roster_command import run


@pytest.fixture
def server(tmp_path: Path) -> Settings:
    """A ward with an assignment, whose figures an officer has asked for."""
    settings = settings_from({}, tmp_path / "server")
    load_keys(settings.data_dir)
    load_ward_into(settings, WARD)
    publish_assignments(tmp_path, settings.content_dir, NOW, hoc_nghi_quyet=assignment())
    database = open_database(settings.database_url)
    counts_below(database, Published(settings.content_dir), COMMUNE, datetime.now(UTC))
    database.close()
    return settings


def test_wrong_figures_are_named_and_counted_anew(server: Settings) -> None:
    code, said, _ = run("figures", "--data-dir", server.data_dir)
    assert (code, said) == (0, "Số liệu đang giữ khớp với các bài đã nhận.\n")
    database = open_database(server.database_url)
    with database.write() as connection:
        connection.execute(update(tables.cell_figures).values(accepted=5))
    code, said, _ = run("figures", "--data-dir", server.data_dir)
    assert (code, said.count("đang giữ:"), "2 dòng không khớp" in said) == (1, 2, True)
    code, said, _ = run("figures", "--repair", "--data-dir", server.data_dir)
    assert (code, said) == (0, "Đã đếm lại 2 dòng số liệu.\n")
    with database.read() as connection:
        assert connection.scalars(select(tables.cell_figures.c.accepted)).all() == [0, 0]
    database.close()
    assert run("figures", "--data-dir", server.data_dir)[0] == 0


def test_a_mistyped_folder_is_said_and_not_made(tmp_path: Path) -> None:
    code, _, err = run("figures", "--data-dir", tmp_path / "nham")
    assert (code, "chưa có dữ liệu máy chủ" in err) == (1, True)
    assert not (tmp_path / "nham").exists()
