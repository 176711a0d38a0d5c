"""Who may take which way in, by a table written down apart from the program."""

import pytest
from fastapi import FastAPI

from handbook.model.people import Action
from handbook.protocol.api import CodeRequest
from handbook.server import app, routes, tables
from handbook.server.access import PUBLIC, UndeclaredAccess, needs, require_declared
from handbook.server.routes import Route
from handbook.server.settings import Settings
from tests.server.harness import CELL, COMMUNE, OTHER_CELL, RunningServer, reflection, review

EVERYBODY = {"an", "bithu", "pho", "canbo", "xuatban", "quantri", "hoa", "bithu2", "xa"}
OF_CELL = EVERYBODY - {"hoa", "bithu2", "xa"}
NOBODY: set[str] = set()

# What is asked, and who may. `canbo` is the commune's officer, `xuatban` its publisher, `quantri` its
# administrator; all three are plain members of CELL besides. `xa` belongs to another commune.
GETS = [
    ("/v1/me", {}, EVERYBODY),
    ("/v1/feed", {"unit": CELL}, OF_CELL),
    ("/v1/feed", {"unit": OTHER_CELL}, {"hoa", "bithu2"}),
    ("/v1/feed", {"unit": COMMUNE}, NOBODY),
    ("/v1/feed", {"unit": "tinh"}, NOBODY),
    ("/v1/feed", {"unit": f"{CELL}x"}, NOBODY),
    (f"/v1/cells/{CELL}/completion", {"assignment": "tinh/phuong/x"}, {"bithu", "pho", "canbo"}),
    (f"/v1/cells/{OTHER_CELL}/completion", {"assignment": "tinh/phuong/x"}, {"bithu2", "canbo"}),
    ("/v1/cells/tinh/xa/ba/completion", {"assignment": "tinh/phuong/x"}, NOBODY),
    ("/v1/counts", {"below": CELL}, {"bithu", "pho", "canbo"}),
    ("/v1/counts", {"below": OTHER_CELL}, {"bithu2", "canbo"}),
    ("/v1/counts", {"below": COMMUNE}, {"canbo"}),
    ("/v1/counts", {"below": "tinh"}, NOBODY),
    ("/v1/counts", {"below": "tinh/xa/ba"}, NOBODY),
    ("/v1/units", {"below": CELL}, OF_CELL),
    ("/v1/units", {"below": OTHER_CELL}, {"hoa", "bithu2", "canbo", "xuatban", "quantri"}),
    ("/v1/units", {"below": COMMUNE}, {"canbo", "xuatban", "quantri"}),
    ("/v1/units", {"below": "tinh"}, NOBODY),
]
CODES_FOR = [("an", {"bithu", "quantri"}), ("hoa", {"bithu2", "quantri"}), ("xa", NOBODY)]


def is_let_in(status: int) -> bool:
    """Past the access check: served, or told that there is no such thing."""
    assert status in (200, 201, 403, 404)
    return status != 403


@pytest.mark.parametrize(("path", "parameters", "allowed"), GETS)
def test_each_reading_route_lets_in_whom_the_table_says(
    server: RunningServer, path: str, parameters: dict[str, str], allowed: set[str]
) -> None:
    let_in = {a for a in EVERYBODY if is_let_in(server.as_(a).get(path, **parameters).status_code)}
    assert let_in == allowed


@pytest.mark.parametrize(("account", "allowed"), CODES_FOR)
def test_codes_are_issued_by_whom_the_table_says(
    server: RunningServer, account: str, allowed: set[str]
) -> None:
    request = CodeRequest(accounts=(account,))
    let_in = {a for a in EVERYBODY if is_let_in(server.as_(a).post("/v1/codes", request).status_code)}
    assert let_in == allowed


def test_submissions_are_taken_from_members_of_the_unit_only(server: RunningServer) -> None:
    let_in = {a for a in EVERYBODY if is_let_in(server.as_(a).put(reflection()).status_code)}
    assert let_in == OF_CELL


def test_reviews_are_taken_from_secretary_and_deputy_only(server: RunningServer) -> None:
    submission = reflection()
    server.as_("an").hand_in(submission)
    units = {"hoa": OTHER_CELL, "bithu2": OTHER_CELL, "xa": "tinh/xa/ba"}
    let_in = {
        account
        for account in EVERYBODY
        if is_let_in(
            server.as_(account).put(review(submission, "opened", unit=units.get(account, CELL))).status_code
        )
    }
    # In another commune there is no such reflection: who reviews nowhere is not even told that.
    assert let_in == {"bithu", "pho"}


PUBLIC_WAYS = ["/v1/hello", "/health", "/metrics", "/openapi.json", "/content/khong-co"]


def test_without_a_token_only_the_public_ways_are_open(server: RunningServer) -> None:
    for path in PUBLIC_WAYS:
        assert server.anybody().get(path).status_code in (200, 404)
    for path, parameters, _ in GETS:
        assert server.anybody().get(path, **parameters).status_code == 401
    assert server.anybody().post("/v1/codes", CodeRequest(accounts=("an",))).status_code == 401
    assert server.anybody().post("/v1/sign-out").status_code == 401
    assert server.anybody().put(reflection()).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "bearer \xff"])
def test_a_senseless_token_is_no_token(server: RunningServer, header: str) -> None:
    client = server.anybody()
    client.http.headers["Authorization"] = header.encode("latin-1")
    for answer in (client.get("/v1/me"), client.put(reflection())):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_of_a_token_may_be_written_in_any_case(server: RunningServer) -> None:
    client = server.as_("an")
    client.http.headers["Authorization"] = f"bEARER {client.token}"
    assert client.get("/v1/me").status_code == 200


def test_a_member_without_any_duty_is_let_in_nowhere(server: RunningServer) -> None:
    an = server.as_("an")
    with server.house.database.write() as connection:
        connection.execute(tables.duties.delete().where(tables.duties.c.account == "an"))
    assert an.get("/v1/me").status_code == 403
    assert an.put(reflection()).status_code == 403


def test_a_route_that_does_not_say_who_may_take_it_stops_the_server_from_starting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    undeclared = Route(
        method="GET", path="/v1/secret", summary="?", access=None, handle=lambda call: {"secret": 1}
    )
    monkeypatch.setattr(app, "ROUTES", (*routes.ROUTES, undeclared))
    with pytest.raises(UndeclaredAccess, match="/v1/secret"):
        app.create_app(settings)


def test_a_route_or_mount_added_past_the_table_is_found_too() -> None:
    outside = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    def declared() -> None: ...

    def undeclared() -> None: ...

    declared.access = needs(Action.READ_OWN)
    outside.add_api_route("/declared", declared)
    require_declared(outside.routes)
    outside.add_api_route("/undeclared", undeclared)
    outside.mount("/mounted", FastAPI())
    with pytest.raises(UndeclaredAccess, match=r"/undeclared, /mounted$"):
        require_declared(outside.routes)


def test_only_these_routes_are_public() -> None:
    public = {route.path for route in routes.ROUTES if route.access == PUBLIC}
    assert public == {"/v1/hello", "/v1/activate", "/v1/sign-in", "/health", "/metrics"}
