"""Writes the tables of the current version as SQL: `python tests/client/schemas/write.py`, run from the top.

The SQL of a released version is never written again: test_migrations starts old databases from it.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from handbook.client.migrations import LIBRARY, PERSONAL, bring_up_to_date
from handbook.client.store import Database


def main() -> None:
    for name, schema in (("library", LIBRARY), ("personal", PERSONAL)):
        with tempfile.TemporaryDirectory() as folder:
            database = Database(Path(folder) / "new.db", synchronous="OFF")
            bring_up_to_date(database, schema)
            with database.read() as connection:
                statements = connection.exec_driver_sql(
                    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                    "ORDER BY type DESC, name"
                ).scalars()
                text = "".join(f"{statement};\n" for statement in statements)
            database.close()
        file = Path(__file__).parent / f"{name}-{schema.version}.sql"
        file.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
