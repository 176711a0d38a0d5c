"""The sample ward's authored source keeps the format data/README.md promises, and its own disclaimers."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
COLLECTIONS = {"resolutions", "directives", "regulations", "guidance", "theory", "history", "bulletin"}
KINDS = {
    *("resolution", "directive", "conclusion", "regulation", "decision", "guidance", "plan", "notice"),
    *("report", "charter", "programme", "article", "publication", "law"),
}
STATUSES = {"in_force", "partly_amended", "replaced", "expired"}
RELATIONS = {"replaces", "replaced_by", "amends", "amended_by", "guides", "based_on"}
DUTIES = {"member", "cell_secretary", "cell_deputy", "committee_officer", "publisher", "administrator"}
NEAR_THE_TOP = 700
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SECRECY_MARKING = re.compile(r"(?im)^[\W_]*(độ mật[\W_]+)?(mật|tối mật|tuyệt mật)[\W_]*$")


@dataclass(frozen=True, slots=True)
class Source:
    """One document file: its published id, collection, front matter and Markdown body."""

    id: str
    collection: str
    facts: dict
    body: str

    @property
    def sections(self) -> int:
        return len(re.findall(r"(?m)^#{2,4} \S", self.body))

    @property
    def words(self) -> int:
        return len(self.body.split())


def _publishers() -> dict[str, Path]:
    found = {}
    for file in sorted(DATA.rglob("publisher.toml")):
        publisher = tomllib.loads(file.read_text("utf-8"))
        assert set(publisher) == {"path", "name"}
        found[publisher["path"]] = file.parent
    return found


def _documents() -> list[Source]:
    found = []
    for path, folder in _publishers().items():
        for collection in sorted(COLLECTIONS):
            for file in sorted((folder / collection).glob("*.md")):
                opening, front, body = file.read_text("utf-8").split("+++\n", 2)
                assert opening == "", f"{file} does not start with front matter"
                found.append(Source(f"{path}/{file.stem}", collection, tomllib.loads(front), body))
    return found


PUBLISHERS = _publishers()
DOCUMENTS = _documents()
ASSIGNMENTS = {
    f"{path}/{file.stem}": tomllib.loads(file.read_text("utf-8"))
    for path, folder in PUBLISHERS.items()
    for file in sorted((folder / "assignments").glob("*.toml"))
}
EARLIER = sorted((DATA / "earlier").rglob("*.md"))
WARD = tomllib.loads((DATA / "ward.toml").read_text("utf-8"))
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=[found.id for found in DOCUMENTS])
every_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS.values(), ids=list(ASSIGNMENTS))


def test_every_markdown_file_is_a_document_of_some_collection() -> None:
    files = {file for file in DATA.rglob("*.md") if file != DATA / "README.md"} - set(EARLIER)
    assert len(files) == len(DOCUMENTS)


@pytest.mark.parametrize("file", EARLIER, ids=[file.stem for file in EARLIER])
def test_an_earlier_edition_differs_from_the_present_one_of_an_invented_publisher(file: Path) -> None:
    place = file.relative_to(DATA / "earlier")
    present = DATA / place
    assert place.parts[0] == "hongson"
    assert file.read_text("utf-8").split("+++")[1] == present.read_text("utf-8").split("+++")[1]
    assert file.read_text("utf-8") != present.read_text("utf-8")


def test_publishers_stand_in_the_folder_they_name() -> None:
    assert set(PUBLISHERS) == {"central", "hongson", "hongson/anbinh"}
    assert all(folder == DATA / path for path, folder in PUBLISHERS.items())


def test_ids_are_unique_and_safe_in_addresses() -> None:
    assert max(Counter(found.id for found in DOCUMENTS).values()) == 1
    assert all(SLUG.fullmatch(found.id.rsplit("/", 1)[1]) for found in DOCUMENTS)


def test_there_is_enough_to_read_in_every_collection() -> None:
    assert len(DOCUMENTS) >= 26
    assert {found.collection for found in DOCUMENTS} == COLLECTIONS
    long = [found for found in DOCUMENTS if found.words >= 3000]
    assert len(long) >= 5
    assert all(found.sections >= 20 for found in long)
    assert all(re.search(r"(?m)^\|.*\|$", found.body) for found in long)
    assert all(re.search(r"(?m)^\[\^\w+\]: ", found.body) for found in long)


@every_document
def test_front_matter_holds_what_the_format_asks(document: Source) -> None:
    facts = document.facts
    required = {"kind", "number", "title", "issuer", "issued_on", "status", "topics", "summary", "sources"}
    assert required <= set(facts) <= required | {"relations", "attachments"}
    assert facts["kind"] in KINDS
    assert facts["status"] in STATUSES
    assert isinstance(facts["issued_on"], datetime.date)
    assert 1 <= len(facts["topics"]) <= 4
    assert all(facts[key] for key in ("title", "issuer", "summary", "sources"))


@every_document
def test_relations_name_a_number_and_targets_exist(document: Source) -> None:
    ids = {found.id: found for found in DOCUMENTS}
    for relation in document.facts.get("relations", []):
        assert set(relation) <= {"kind", "number", "issued_on", "target"}
        assert relation["kind"] in RELATIONS
        assert relation["number"]
        if "target" in relation:
            target = ids[relation["target"]].facts
            assert relation["number"] == target["number"]
            assert relation.get("issued_on", target["issued_on"]) == target["issued_on"]


def test_a_replaced_document_and_its_successor_name_each_other() -> None:
    ids = {found.id: found for found in DOCUMENTS}
    replaced = [found for found in DOCUMENTS if found.facts["status"] == "replaced"]
    assert replaced
    for found in replaced:
        successors = [link for link in found.facts["relations"] if link["kind"] == "replaced_by"]
        back = ids[successors[0]["target"]].facts["relations"]
        assert any(link["kind"] == "replaces" and link.get("target") == found.id for link in back)


@every_document
def test_the_reader_is_told_at_once_that_this_does_not_replace_the_original(document: Source) -> None:
    top = document.body[:NEAR_THE_TOP]
    assert re.search(r"không\s+(\w+\s+)?thay", top)
    if not document.id.startswith("central/"):
        assert "mẫu" in top


def test_disclaimers_are_not_one_formula_pasted_everywhere() -> None:
    openings = Counter(found.body.strip().split("\n", 1)[0][:60] for found in DOCUMENTS)
    assert max(openings.values()) == 1


@every_document
def test_headings_start_at_two_and_skip_no_level(document: Source) -> None:
    levels = [len(mark) for mark in re.findall(r"(?m)^(#+) ", document.body)]
    assert levels[0] == 2
    assert set(levels) <= {2, 3, 4}
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert document.sections >= 4
    assert document.words >= 500


@every_document
def test_tables_keep_their_columns_and_footnotes_meet_their_marks(document: Source) -> None:
    for table in re.findall(r"(?m)(?:^\|.*\|\n)+", document.body):
        assert len({row.count("|") for row in table.splitlines()}) == 1
    marks = set(re.findall(r"\[\^(\w+)\](?!:)", document.body))
    notes = set(re.findall(r"(?m)^\[\^(\w+)\]: ", document.body))
    assert marks == notes


def test_no_file_carries_a_secrecy_marking() -> None:
    for file in (file for file in DATA.rglob("*") if file.suffix in {".md", ".toml"}):
        assert not SECRECY_MARKING.search(file.read_text("utf-8")), file


def test_every_picture_and_attachment_goes_with_a_document_and_all_are_small() -> None:
    files = [file for file in DATA.rglob("*") if file.is_file() and file.suffix not in {".md", ".toml"}]
    named = {name for found in DOCUMENTS for name in re.findall(r"(?m)^!\[[^\]]+\]\((\S+)\)$", found.body)}
    named |= {one["file"] for found in DOCUMENTS for one in found.facts.get("attachments", [])}
    assert {file.name for file in files} == named
    assert sum(file.stat().st_size for file in files) < 400_000


@pytest.mark.parametrize("stamp", ["MẬT", "**Tối mật**", "Độ mật: Mật", "TUYỆT MẬT.", "> Mật"])
def test_the_check_for_markings_knows_a_marking(stamp: str) -> None:
    assert SECRECY_MARKING.search(f"Tỉnh uỷ\n{stamp}\nKế hoạch")


@every_assignment
def test_assignments_ask_for_documents_and_units_that_exist(assignment: dict) -> None:
    assert set(assignment["documents"]) <= {found.id for found in DOCUMENTS}
    assert assignment["documents"]
    assert set(assignment["units"]) <= {unit["path"] for unit in WARD["units"]}
    assert assignment["opens_on"] < assignment["due_on"]
    assert assignment["grace_days"] >= 0


@every_assignment
def test_a_reflection_has_a_question_and_the_four_parts_or_neither(assignment: dict) -> None:
    parts = [part["title"].split(".")[0] for part in assignment["parts"]]
    if assignment["question"]:
        assert parts == ["I", "II", "III", "IV"]
        assert len({part["id"] for part in assignment["parts"]}) == 4
        assert all(part["hint"] for part in assignment["parts"])
        assert assignment["min_words"] > 0
    else:
        assert parts == []
        assert assignment["min_words"] == 0


def test_the_assignments_cover_what_a_ward_meets() -> None:
    today = datetime.date(2026, 11, 22)
    given = list(ASSIGNMENTS.values())
    assert len(given) == 5
    assert any(each["due_on"] < today for each in given)
    assert any(each["due_on"] == datetime.date(2026, 11, 30) for each in given)
    assert any(each["due_on"].month == 12 and each["question"] for each in given)
    assert any(not each["question"] for each in given)
    assert any(each["units"] == ["hongson/anbinh/truong-thcs"] for each in given)


def test_every_cell_has_one_secretary_and_one_deputy_and_the_ward_its_three_officers() -> None:
    cells = {unit["path"] for unit in WARD["units"] if unit["kind"] == "cell"}
    assert len(cells) == 3
    duties = Counter((member["unit"], duty) for member in WARD["members"] for duty in member["duties"])
    for cell in cells:
        assert duties[cell, "cell_secretary"] == duties[cell, "cell_deputy"] == 1
        assert 18 <= duties[cell, "member"] <= 24
    for duty in ("committee_officer", "publisher", "administrator"):
        assert sum(count for (_, name), count in duties.items() if name == duty) == 1


def test_members_are_distinct_and_carry_nothing_the_handbook_does_not_need() -> None:
    members = WARD["members"]
    assert 55 <= len(members) <= 70
    assert len({member["account"] for member in members}) == len(members)
    assert len({member["name"] for member in members}) == len(members)
    for member in members:
        assert set(member) == {"account", "name", "unit", "admitted_on", "probationary", "duties"}
        assert re.fullmatch(r"[a-z0-9]+\.[a-z]+", member["account"])
        assert set(member["duties"]) <= DUTIES and member["duties"][0] == "member"
        year_ago = datetime.date(2025, 11, 22)
        assert member["probationary"] == (member["admitted_on"] > year_ago)
