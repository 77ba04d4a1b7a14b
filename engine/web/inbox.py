"""The identity inbox: handles that nobody owns, whose they are, and taking it back.

These pages tell how much came under a handle, from where and since when; never what it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from engine.api import Delivery
from engine.errors import Refused
from engine.lrs.keys import listed
from engine.people import inbox as decisions
from engine.people import policies, suggestions
from engine.people import service as people
from engine.people.inbox import Decider
from engine.sources import (
    account_rules,
    handles,
    inbox_csv,
    linking,
    merging,
    named,
    newcomers,
    previews,
)
from engine.sources.handles import Handle, Wanted
from engine.web import inbox_words as say
from engine.web import words
from engine.web.session import needs

bp = Blueprint("inbox", __name__, url_prefix="/workbench/people")

Page = str | tuple[str, int]
team = needs("ld", "operator")
UPLOADS = "people inbox"
"""In place of a source's name, which never has a space: uploads of filled-in files."""
MAX_FILE = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is shown of the inbox, as the address says it."""

    show: str
    search: str
    origin: int | None
    page: int

    def address(self, page: int) -> str:
        """The same on another page."""
        return url_for("inbox.every", show=self.show, q=self.search, source=self.origin, page=page)


@bp.context_processor
def spoken() -> dict[str, Any]:
    """The words of these pages, and the clock of whoever reads them."""
    return {"say": say, "zone": current_user.who.zone if current_user.is_authenticated else "UTC"}


@bp.get("/inbox")
@team
def every() -> str:
    """What is open, with who it could be."""
    return _inbox()


def _inbox(refusals: list[Refused] | None = None) -> str:
    asked = _asked()
    found, more = _found(asked)
    return render_template(
        "workbench/inbox.html",
        asked=asked,
        found=found,
        more=more,
        suggested=suggestions.suggest([one.key for one in found]),
        origins=handles.origins(),
        refusals=refusals or [],
    )


def _asked() -> Asked:
    given = request.args
    show = given.get("show", "handles")
    return Asked(
        show=show if show in dict(say.SHOWN) else "handles",
        search=given.get("q", "")[: handles.LONGEST_SEARCH].replace("\0", ""),
        origin=_number(given.get("source", "")),
        page=_number(given.get("page", "")) or 1,
    )


def _number(text: str) -> int | None:
    """A number that a database takes, or none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 9 else None


def _found(asked: Asked) -> tuple[list[Handle], bool]:
    aside = asked.show.startswith("ignored")
    if asked.show.endswith("names"):
        return named.page(asked.search, origin=asked.origin, ignored=aside, number=asked.page)
    wanted = Wanted(search=asked.search, origin=asked.origin, ignored=aside)
    return handles.page(wanted, number=asked.page)


@bp.post("/inbox/link")
@team
def link_suggested() -> Page | Answer:
    """Link what was chosen to whom it is suggested, where the reason is enough."""
    chosen = request.form.getlist("handle")
    if not chosen:
        refusal = Refused("Nothing was chosen.", "Tick what you want to link.", where="")
        return _inbox([refusal]), 422
    linked, refusals = linking.link_suggested(chosen, _decider())
    if linked:
        flash(f"{words.counted(linked, 'handle')} linked. Profiles follow at once.")
    return (_inbox(refusals), 422) if refusals else redirect(url_for("inbox.every"))


@bp.post("/inbox/aside")
@team
def put_aside() -> Answer:
    """Put a handle aside."""
    key = request.form.get("handle", "")
    _raised(linking.in_one(lambda: decisions.ignore([key], _decider())))
    flash(f"{say.name_of(key)} is put aside. It stays nobody's, and is listed under Put aside.")
    return redirect(url_for("inbox.every"))


@bp.post("/inbox/again")
@team
def take_up() -> Answer:
    """Take a handle up again."""
    key = request.form.get("handle", "")
    _raised(linking.in_one(lambda: decisions.heed([key], _decider())))
    flash(f"{say.name_of(key)} is open again.")
    return redirect(url_for("inbox.every"))


@bp.get("/inbox/handle")
@team
def handle() -> str:
    """One handle: what there is of it, who it could be, and whose it is to be."""
    given = {name: request.args.get(name, "") for name in ("email", "name", "create")}
    return _handle(request.args.get("key", ""), given, {})


@bp.post("/inbox/handle")
@team
def decide() -> Page | Answer:
    """Show what linking a handle would change, or link it."""
    given = {name: request.form.get(name, "") for name in ("email", "name", "create")}
    key, create = request.form.get("key", ""), given["create"] == "1"
    found: list[linking.Linked] = []
    wanted = (key, given["email"], _decider())
    if request.form.get("step") != "link":
        refusal = linking.tried(lambda: linking.check(*wanted, create=create, name=given["name"]))
        return (_handle(key, given, _wrong(refusal)), 422) if refusal else _sure(key, given)
    refusal = linking.tried(
        lambda: found.append(linking.link(*wanted, create=create, name=given["name"]))
    )
    if refusal:
        return _handle(key, given, _wrong(refusal)), 422
    flash(_linked(key, found[0]))
    return redirect(url_for("inbox.every"))


def _linked(key: str, done: linking.Linked) -> str:
    read = f" {words.counted(done.read, 'row')} that waited were read." if done.read else ""
    new = " A person was created." if done.created else ""
    return f"{say.name_of(key)} is {done.email} now.{new}{read} The history can take it back."


def _handle(key: str, given: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template(
        "workbench/inbox_handle.html", one=linking.look_at(key), given=given, wrong=wrong
    )


def _sure(key: str, given: dict[str, str]) -> str:
    person = people.find_person(given["email"])
    return render_template(
        "workbench/inbox_sure.html",
        one=linking.look_at(key),
        given=given,
        person=person,
        known=len(people.keys_of(person.id)) if person else 0,
    )


def _wrong(refusal: Refused) -> dict[str, str]:
    """A refusal at the field it is about; one about the handle itself is the whole page's."""
    if refusal.where == "handle":
        raise refusal
    field = refusal.where if refusal.where in ("email", "name", "other") else "email"
    return {field: f"{refusal.why} {refusal.mend}".strip()}


@bp.get("/inbox.csv")
@team
def download() -> Response:
    """The open handles, to be filled in by somebody who knows."""
    body = "\ufeff" + "".join(inbox_csv.written())
    headers = {"content-disposition": 'attachment; filename="open-handles.csv"'}
    return Response(body, mimetype="text/csv", headers=headers)


@bp.get("/inbox/file")
@team
def file() -> str:
    """The way out and in by CSV."""
    return render_template("workbench/inbox_file.html", wrong={})


@bp.post("/inbox/file")
@team
def preview_file() -> Page:
    """Show what a filled-in file would do; nothing is changed."""
    upload = request.files.get("file")
    body = upload.read(MAX_FILE + 1) if upload else b""
    told: list[inbox_csv.Told] = []
    refusal = linking.tried(lambda: told.extend(inbox_csv.preview(_whole(body), _decider())))
    if refusal:
        wrong = {"file": str(refusal)}
        return render_template("workbench/inbox_file.html", wrong=wrong), 422
    name = (upload.filename or "") if upload else ""
    kept = previews.keep(Delivery(body=body, name=name), source=UPLOADS, by=_uid())
    return render_template("workbench/inbox_told.html", told=told, token=kept.token, done=False)


def _whole(body: bytes) -> bytes:
    if not body:
        raise Refused("No file was chosen, or the file is empty.", "Choose the filled-in file.")
    if len(body) > MAX_FILE:
        raise Refused("The file has more than 5 MB.", "Split it.")
    return body


@bp.post("/inbox/file/take")
@team
def take_file() -> str:
    """Take a previewed file for good."""
    token = request.form.get("token", "")
    upload = previews.find(token, source=UPLOADS, by=_uid())
    told = inbox_csv.take(upload.delivery.body, _decider())
    previews.discard(token, source=UPLOADS, by=_uid())
    return render_template("workbench/inbox_told.html", told=told, token="", done=True)


@bp.get("/merge")
@team
def merge() -> str:
    """Two people who are one."""
    return render_template("workbench/inbox_merge.html", given={}, wrong={}, moves=None)


@bp.post("/merge")
@team
def merge_both() -> Page | Answer:
    """Show what a merge would move, or merge."""
    given = {name: request.form.get(name, "") for name in ("email", "other")}
    found: list[merging.Moves] = []
    refusal = linking.tried(lambda: found.append(merging.look_at(**given, decider=_decider())))
    if refusal is None and request.form.get("step") == "merge":
        refusal = linking.in_one(lambda: merging.merge(**given, decider=_decider()))
        if refusal is None:
            flash(f"{found[0].other} is {found[0].email} now. The history can take it back.")
            return redirect(url_for("inbox.history"))
    wrong = _wrong(refusal) if refusal else {}
    moves = found[0] if found and not wrong else None
    page = render_template("workbench/inbox_merge.html", given=given, wrong=wrong, moves=moves)
    return (page, 422) if wrong else page


@bp.get("/history")
@team
def history() -> str:
    """Who decided what about people, newest first, and taking it back."""
    before = _number(request.args.get("before", ""))
    found = decisions.history(before=before, limit=decisions.HISTORY + 1)
    shown = found[: decisions.HISTORY]
    older = shown[-1].id if len(found) > len(shown) else None
    return render_template("workbench/inbox_history.html", found=shown, older=older)


@bp.post("/history/<int:entry>/back")
@team
def take_back(entry: int) -> Answer:
    """Take a decision back."""
    _raised(linking.in_one(lambda: decisions.take_back(entry, _decider())))
    flash("Taken back. Profiles follow at once.")
    return redirect(url_for("inbox.history"))


@bp.get("/policies")
@team
def rules() -> str:
    """What happens by itself: trusted domains, and account rules of keys and sources."""
    return _rules("", {})


@bp.post("/policies/trust")
@team
def trust() -> Page | Answer:
    """Trust a domain; its open addresses become people at once."""
    domain = request.form.get("domain", "")
    by = current_user.who.email
    refusal = linking.in_one(lambda: policies.trust(domain, by=by))
    if refusal:
        return _rules(domain, {"domain": str(refusal).removeprefix("domain: ")}), 422
    created = newcomers.create_people()
    flash(f"The domain is trusted. {words.counted(created, 'person', 'people')} created.")
    return redirect(url_for("inbox.rules"))


@bp.post("/policies/distrust")
@team
def distrust() -> Answer:
    """Trust a domain no more."""
    domain, by = request.form.get("domain", ""), current_user.who.email
    _raised(linking.in_one(lambda: policies.distrust(domain, by=by)))
    flash("The domain is trusted no more. The people it made stay.")
    return redirect(url_for("inbox.rules"))


@bp.post("/policies/follow")
@team
def follow() -> Answer:
    """Link a source's accounts by the address that its own reports give; the worker does it."""
    name = request.form.get("source", "")
    _raised(linking.in_one(lambda: account_rules.follow(name)))
    flash("Its accounts are linked from now on, within a few seconds.")
    return redirect(url_for("inbox.rules"))


@bp.post("/policies/follow-no-more")
@team
def follow_no_more() -> Answer:
    """Link a source's accounts by itself no more."""
    name = request.form.get("source", "")
    _raised(linking.in_one(lambda: account_rules.follow_no_more(name)))
    flash("No account of it is linked by itself any more. Those that are linked stay so.")
    return redirect(url_for("inbox.rules"))


def _rules(domain: str, wrong: dict[str, str]) -> str:
    return render_template(
        "workbench/inbox_policies.html",
        trusted=policies.trusted(),
        keys=[key for key in listed() if key.account_rule],
        sources=account_rules.every(),
        domain=domain,
        wrong=wrong,
    )


def _raised(refusal: Refused | None) -> None:
    """What no field is to blame for is a page of its own."""
    if refusal:
        raise refusal


def _decider() -> Decider:
    who = current_user.who
    return Decider(name=who.email, person_id=who.id, roles=who.roles)


def _uid() -> str:
    return str(current_user.who.uid)
