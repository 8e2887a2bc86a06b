"""A stand-in library: one JSON file, a few routes, and the same surface as any connector's sandbox."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

TOKEN = "library-card-of-the-librarian"
FEATURES = ("returns",)
MEMBERS = {7: "ada@example.org", 8: "bob@example.org"}
SHELVES = {"A": {"B-1": "Momo", "B-2": "Matilda", "B-3": "Krabat"}, "B/2": {"B-9": "Ronia"}}
MARKS = [
    {"id": "gift", "name": "Is a gift", "kind": "switch"},
    {"id": "state", "name": "State", "kind": "one_of", "choices": [{"word": "ok", "name": "As new"}]},
    {"id": "note", "name": "Note", "kind": "words"},
]


class Unplayable(ValueError):
    """A script of faults; this library has none."""

    option = "faults"
    problems = ("rule 1: it never rains here", "rule 2: nor does it snow")


def site(
    directory: Path, *, seed: int | None = None, without: Collection[str] = (), faults: Path | None = None
) -> Library:
    """Open the library kept in a directory. An unknown feature raises ValueError, and so does any fault."""
    if faults is not None:
        raise Unplayable
    if unknown := sorted(set(without) - set(FEATURES)):
        raise ValueError(f"no such feature: {', '.join(unknown)}")
    return Library(Path(directory), seed, without)


class Library:
    """Loans by book code, and what was announced about them."""

    base_url = "https://library.invalid/api"
    headers: ClassVar = {"Authorization": f"Card {TOKEN}"}
    credentials: ClassVar = {"client_id": "card", "client_secret": TOKEN, "username": "librarian", "password": "quiet"}

    def __init__(self, directory: Path, seed: int | None, without: Collection[str]) -> None:
        self.file = directory / "library.json"
        directory.mkdir(parents=True, exist_ok=True)
        if not self.file.exists():
            self.reset(seed)
        routes = [
            Route("/loans", self.loans),
            Route("/members", self.members),
            Route("/marks", self.marks),
            Route("/shelves", self.shelves),
            Route("/shelves/{shelf:path}/books", self.books),
            Route("/books/{code:path}/loans", self.lend, methods=["POST"]),
        ]
        if "returns" not in without:
            routes.append(Route("/returns", self.give_back, methods=["POST"]))
        self.app = Starlette(routes=[Mount("/api", routes=routes), *routes])

    def reset(self, seed: int | None = None) -> None:
        self.write({"seed": seed or 1, "loans": {}, "deliveries": []})

    def deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read()["deliveries"]
        return found

    def close(self) -> None:
        """Nothing is held open."""

    def read(self) -> dict[str, Any]:
        world: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return world

    def write(self, world: dict[str, Any]) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(world), encoding="utf-8")
        fresh.replace(self.file)

    async def loans(self, request: Request) -> JSONResponse:
        if refusal := _stranger(request):
            return refusal
        wanted = {int(text) for text in request.query_params.getlist("member")}
        rows = [loan for loan in self.read()["loans"].values() if not wanted or loan["member"]["id"] in wanted]
        page, size = (int(request.query_params.get(name, default)) for name, default in (("page", 1), ("per_page", 2)))
        shown = rows[(page - 1) * size : page * size]
        paging = {"more": page * size < len(rows), "total": len(rows)}
        return JSONResponse({"result": {"loans": shown, "paging": paging, "sorting": {"by": "loan_id"}}})

    async def members(self, request: Request) -> JSONResponse:
        if refusal := _stranger(request):
            return refusal
        email = request.query_params.get("email")
        found = [(key, known) for key, known in MEMBERS.items() if email in (None, known)]
        return JSONResponse(
            {"result": [{"id": key, "email": known, "name": known[:3].title()} for key, known in found]}
        )

    async def marks(self, request: Request) -> JSONResponse:
        return _stranger(request) or JSONResponse({"result": MARKS})

    async def shelves(self, request: Request) -> JSONResponse:
        rows = [{"id": shelf, "name": f"Shelf {shelf}"} for shelf in SHELVES]
        return _stranger(request) or JSONResponse({"result": rows})

    async def books(self, request: Request) -> JSONResponse:
        if refusal := _stranger(request):
            return refusal
        if (shelf := request.path_params["shelf"]) not in SHELVES:
            return _problem(404, "There is no such shelf.")
        page, wanted = int(request.query_params.get("page", 1)), request.query_params.get("q", "").lower()
        rows = [{"code": code, "name": name} for code, name in SHELVES[shelf].items() if wanted in name.lower()]
        return JSONResponse({"result": {"books": rows[2 * page - 2 : 2 * page], "more": 2 * page < len(rows)}})

    async def lend(self, request: Request) -> JSONResponse:
        if refusal := _stranger(request):
            return refusal
        world, code, asked = self.read(), request.path_params["code"], await request.json()
        if asked["member"] not in MEMBERS:
            return _problem(404, "There is no such member.")
        if code in world["loans"]:
            return JSONResponse({"result": {"loan": None, "reason": "The book is lent."}})
        loan = {"loan_id": len(world["loans"]) + 1, "member": {"id": asked["member"]}, "book_code": code}
        loan |= {
            "book_name": "Momo",
            "due_at": asked.get("due", "-"),
            "fine": 0,
            "renewed": 0,
            "notes": [],
            "extra": {},
        }
        world["loans"][code] = loan
        _announce(world, "loan.made", {"book_code": code, "member_id": asked["member"]})
        self.write(world)
        return JSONResponse({"result": {"loan": loan | {"member_id": asked["member"]}}}, 201)

    async def give_back(self, request: Request) -> JSONResponse:
        if refusal := _stranger(request):
            return refusal
        world, asked = self.read(), await request.json()
        if asked["book"] not in world["loans"]:
            return _problem(404, "This book is not lent.")
        del world["loans"][asked["book"]]
        if asked.get("notify"):
            _announce(world, "loan.ended", {"book_code": asked["book"]})
        self.write(world)
        return JSONResponse({"result": {"book": asked["book"]}})


def _stranger(request: Request) -> JSONResponse | None:
    known = request.headers.get("authorization") == f"Card {TOKEN}"
    return None if known else _problem(401, "Show your card.")


def _announce(world: dict[str, Any], event: str, facts: dict[str, Any]) -> None:
    payload = {"at": "01.02.2026 10:00", **facts}
    world["deliveries"].append({"number": len(world["deliveries"]) + 1, "event": event, "payload": payload})


def _problem(status: int, text: str) -> JSONResponse:
    return JSONResponse({"problem": {"text": text}}, status)
