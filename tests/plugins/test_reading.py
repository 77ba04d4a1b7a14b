"""Reading lists: formats, what counts as reading, and Zotero asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from sheet_making import done, read, table
from webinar_making import live, parts, send, site
from werkzeug import Request, Response

from engine.api import BadReport, Failed, Gone, Skipped, Unanswered, ValidationError
from engine.sources import doors
from plugins.reading import Reading, ReadingSettings

ME = {"email": "bo@example.org"}
POCKET = "title,url,time_added,tags,status\nOn budgets,https://blog.example/a,1788879660,a|b,{}\n"
ROW = {"name": "Bo Lund", "email": "bo@example.org", "title": "Open Town", "done": "2026-09-17",
       "stars": "4"}  # fmt: skip
HEADINGS = {
    "en": ("Reader", "Email", "Title", "Date read", "Rating"),
    "fr": ("Lectrice", "Courriel", "Titre", "Lu le", "Note"),
    "es": ("Lector", "Correo electrónico", "Libro", "Fecha de lectura", "Valoración"),
    "de": ("Leser", "E-Mail", "Titel", "Gelesen am", "Bewertung"),
}


def said(body: bytes | str, **given: Any) -> list[Any]:
    return read(Reading(), body, given or ME)


def deeds(body: bytes | str, **given: Any) -> list[str]:
    return [verb for _, verb in done(said(body, **given))]


# --- lists


@given(language=st.sampled_from(sorted(HEADINGS)), order=st.permutations(sorted(ROW)))
def test_a_list_says_the_same_in_each_language_and_order(language: str, order: list[str]) -> None:
    headings = dict(zip(ROW, HEADINGS[language], strict=True))
    first, rated = said(table([ROW], headings, order), timezone="UTC")
    assert (first.actor.name, first.title, first.verb, rated.result["score"]["raw"]) == (
        "Bo Lund", "Open Town", "read", 4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "verbs"),
    [
        pytest.param(POCKET.format("archive"), ["read"], id="Pocket, read"),
        pytest.param(POCKET.format("unread"), [], id="Pocket, saved for later"),
        pytest.param(
            "URL,Title,Selection,Folder,Timestamp\nhttps://a.example/1,A,,Archive,1788879660",
            ["read"], id="Instapaper, archived",
        ),
        pytest.param(
            "URL,Title,Selection,Folder,Timestamp\nhttps://a.example/1,A,,Policy,1788879660",
            ["bookmarked"], id="Instapaper, in a folder",
        ),
        pytest.param(
            "id,title,note,excerpt,url,folder,tags,created\n"
            "1,A,,,https://a.example/1,P,,2026-09-11T07:20:00Z", ["bookmarked"], id="Raindrop",
        ),
        pytest.param(
            "Book Id,Title,My Rating,Date Read,Date Added,Exclusive Shelf\n"
            "1,A,5,,2026/09/01,read", ["read", "rated"], id="Goodreads, read and rated",
        ),
        pytest.param(
            "Book Id,Title,My Rating,Date Read,Date Added,Exclusive Shelf\n"
            "1,A,0,,2026/09/01,to-read", [], id="Goodreads, to read",
        ),
        pytest.param(
            "title,shelf,added,finished\nA,read,2026-09-01,2026-09-11\nB,to-read,2026-09-01,\n",
            ["read"], id="shelves, with the day of finishing",
        ),
        pytest.param(
            "Book Id\tTitle\tDate Read\n7\tA\t[2026-09-11]\n", ["read"], id="a date in brackets"
        ),
    ],
)  # fmt: skip
def test_what_counts_as_reading(body: str, verbs: list[str]) -> None:
    assert deeds(body) == verbs


def test_what_is_on_a_list_to_read_is_skipped_with_the_reason() -> None:
    [one] = said(POCKET.format("unread"))
    assert isinstance(one, Skipped)
    assert "not reading" in one.why


def test_a_list_that_names_nobody_needs_the_reader() -> None:
    with pytest.raises(BadReport) as refused:
        said(POCKET.format("archive"), timezone="UTC")
    assert refused.value.where == "email"


def test_an_older_list_of_instapaper_has_no_times() -> None:
    body = "URL,Title,Selection,Folder\nhttps://a.example/1,A,,Archive"
    [one] = said(body, email="bo@example.org", undated="2026-09-01")
    assert (one.title, f"{one.at:%Y-%m-%d}") == ("A", "2026-09-01")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('[{"href": "https://a.example/1", "time": "x"}]', id="a list"),
        pytest.param('{"items": [{"href": "https://a.example/1"}]}', id="items in an object"),
    ],
)
def test_json_of_other_programs_is_refused_as_a_whole(body: str) -> None:
    with pytest.raises(BadReport, match="its items have href") as refused:
        said(body)
    assert "HTML" in refused.value.mend


def bookmarks(attributes: str, folder: str = "Policy") -> str:
    return (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<H1>Bookmarks</H1><DL><p>"
        f"<DT><H3>{folder}</H3><DL><p><DT><A {attributes}>A &amp; B</A></DL><p></DL>"
    )


def test_a_bookmark_has_the_names_of_its_folders_as_tags() -> None:
    [one] = said(bookmarks('HREF="https://a.example/?x=1&amp;y=2" ADD_DATE="1788879660"'))
    assert (one.url, one.title, one.tags) == ("https://a.example/?x=1&y=2", "A & B", ("Policy",))


@pytest.mark.parametrize(
    ("attributes", "folder", "kind"),
    [
        pytest.param('HREF="https://a.example" ADD_DATE="1788879660" PRIVATE="1"', "P", Skipped,
                     id="private"),
        pytest.param('HREF="https://a.example" ADD_DATE="1788879660"', "Reading List", Skipped,
                     id="to read"),
        pytest.param('HREF="javascript:alert(1)" ADD_DATE="1788879660"', "P", Skipped,
                     id="a script"),
        pytest.param('HREF="place:sort=8&amp;maxResults=10"', "P", Skipped, id="a search"),
        pytest.param('HREF="?aB3d_9" ADD_DATE="1788879660"', "P", Skipped, id="a note"),
        pytest.param('HREF="https://a.example" ADD_DATE="yesterday"', "P", Failed, id="no date"),
    ],
)  # fmt: skip
def test_bookmarks_that_are_no_reading(attributes: str, folder: str, kind: type) -> None:
    [one] = said(bookmarks(attributes, folder))
    assert isinstance(one, kind)


def test_an_address_with_a_space_is_read_as_browsers_do() -> None:
    [one] = said(bookmarks('HREF="https://a.example/control flow.md" ADD_DATE="1788879660"', "P"))
    assert one.url == "https://a.example/control%20flow.md"


def test_pockets_old_export_knows_what_was_read() -> None:
    link = '<li><a href="https://a.example/{0}" time_added="1788879660" tags="x">{0}</a></li>'
    body = (
        "<!DOCTYPE html><html><head><title>Pocket Export</title></head><body>"
        f"<h1>Unread</h1><ul>{link.format('later')}</ul>"
        f"<h1>Read Archive</h1><ul>{link.format('old')}</ul></body></html>"
    )
    assert [getattr(one, "title", None) for one in said(body)] == [None, "old"]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<a " * 100_000, id="tags that never end"),
        pytest.param("<dl>" * 100_000, id="folders without end"),
        pytest.param("<!--" * 100_000, id="comments that never end"),
    ],
)
def test_a_page_of_bookmarks_without_a_link_is_refused(page: str) -> None:
    with pytest.raises(BadReport, match="no entries"):
        said(f"<!DOCTYPE NETSCAPE-Bookmark-file-1>{page}")


# --- references


@pytest.mark.parametrize(
    ("written", "title"),
    [
        pytest.param(r"{The {Open} Caf{\'e}}", "The Open Café", id="an accent in braces"),
        pytest.param(r'"Stra{\ss}e \& M{\"u}he"', "Straße & Mühe", id="quotes, and German letters"),
        pytest.param('"One" # { and two}', "One and two", id="joined parts"),
        pytest.param(r"{Ma\~nana}", "Mañana", id="an accent without braces"),
        pytest.param(r"{On \mkbibemph{Open} Towns}", "On Open Towns", id="a command round a word"),
        pytest.param(r"{H\textsubscript{2}O}", "H2O", id="a number set low"),
        pytest.param("{Part~II}", "Part II", id="an unbreakable space"),
        pytest.param(r"{\TeX{} by heart}", "TeX by heart", id="a command that is a word"),
        pytest.param(r"{The \rho of lists}", "The rho of lists", id="a command, not an accent"),
        pytest.param(r"{Dvo\v{r}{\'a}k, \c cedille}", "Dvořák, çedille", id="accents by letter"),
        pytest.param(r"{Under $<$ 10 \$}", "Under < 10 $", id="mathematics and money"),
    ],
)
def test_a_bibtex_title_is_read_as_text(written: str, title: str) -> None:
    [one] = said(f"@article{{key1,\n title = {written},\n urldate = {{2026-09-08}}\n}}")
    assert one.title == title


def test_a_bibtex_entry_that_never_closes_fails_and_the_rest_go_on() -> None:
    broken = "@book{a, title = {Never closed\n"
    whole = "@book{b, title = {B}, urldate = {2026-09-08}}\n"
    assert [type(one).__name__ for one in said(whole + broken)] == ["Activity", "Failed"]


def test_a_thousand_bibtex_entries_that_never_close_fail_one_by_one() -> None:
    found = said("@book{a, title = {Never closed\n" * 1000)
    assert (len(found), {type(one) for one in found}) == (1000, {Failed})


def test_jabrefs_mark_says_what_was_read() -> None:
    assert deeds("@book{a, title={A}, urldate={2026-09-08}, readstatus={read}}") == ["read"]


def test_a_reference_without_a_day_waits_for_one() -> None:
    body = "TY  - BOOK\nTI  - A\nPY  - 2019\nER  - \n"
    assert [type(said(body)[0]), deeds(body, **ME, undated="2026-09-01")] == [
        Failed, ["bookmarked"],
    ]  # fmt: skip


RIS = "TY  - JOUR\nTI  - Open Town\nUR  - https://a.example/1\nER  - \n"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        pytest.param("Northmoor library\nRecords: 1\n\n1.\n" + RIS, "Open Town", id="lines before"),
        pytest.param(
            RIS.replace("Town", "Town:\n      a guide"), "Open Town: a guide", id="indented"
        ),
        pytest.param(
            RIS.replace("Town", "Town:\na guide"), "Open Town: a guide", id="not indented"
        ),
        pytest.param(RIS.replace("TI", "ST"), "Open Town", id="a short title alone"),
        pytest.param(RIS.replace("\n", "\r"), "Open Town", id="carriage returns"),
    ],
)
def test_ris_is_read_as_programs_write_it(body: str, title: str) -> None:
    (entry,) = said(body, **ME, undated="2026-09-01")
    assert (entry.title, entry.url) == (title, "https://a.example/1")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        pytest.param("https://a.example/x--y/~bo", "https://a.example/x--y/~bo", id="plain"),
        pytest.param(r"https://a.example/a\_b\%20c", "https://a.example/a_b%20c", id="escaped"),
        pytest.param(
            r"https://a.example/{\textasciitilde}bo", "https://a.example/~bo", id="tilde as command"
        ),
    ],
)
def test_an_address_in_bibtex_is_no_prose(written: str, url: str) -> None:
    (entry,) = said(f"@misc{{a, title = {{T}}, url = {{{written}}}}}", **ME, undated="2026-09-01")
    assert entry.url == url


def test_what_bibtex_entries_share_is_no_entry() -> None:
    body = "@xdata{x, year = {2026}}\n@set{s, entryset = {a,b}}\n@book{a, title = {T}}\n"
    assert [one.title for one in said(body, **ME, undated="2026-09-01")] == ["T"]


def test_bibtex_with_carriage_returns_alone() -> None:
    body = "% written on an old machine\r@book{a,\r title = {T}\r}\r"
    assert [one.title for one in said(body, **ME, undated="2026-09-01")] == ["T"]


def test_an_ris_entry_without_its_end_fails_with_its_line() -> None:
    [one] = said("TY  - BOOK\nTI  - A\n")
    assert (one.row, one.why) == (1, "The entry has no end (ER).")


# --- Zotero


def item(key: str, **data: Any) -> dict[str, Any]:
    known = {"key": key, "itemType": "webpage", "title": key, "url": f"https://a.example/{key}",
             "dateAdded": "2026-09-08T10:00:00Z", "tags": []}  # fmt: skip
    return {
        "key": key,
        "version": 1,
        "meta": {"createdByUser": {"id": 9, "username": "bo", "name": "Bo"}},
        "data": known | data,
    }


def test_who_added_an_item_to_a_group_is_known_by_the_number_of_the_account() -> None:
    [one] = said(json.dumps([item("AAAA2222")]), library="groups/77")
    assert (one.actor.account.home_page, one.actor.account.name) == ("https://www.zotero.org", "9")


def test_the_tag_says_that_an_item_was_read_and_is_no_topic() -> None:
    tags = [{"tag": "Read"}, {"tag": "budget"}, {"tag": "Web", "type": 1}]
    kept, was_read = said(json.dumps([item("AAAA2222", tags=tags)]), library="groups/77")
    assert (was_read.verb, kept.tags) == ("read", ("budget",))


def test_what_lies_in_the_bin_is_gone() -> None:
    found = said(json.dumps([item("AAAA2222", deleted=1)]), library="groups/77")
    assert [one.key for one in found] == ["kept:zotero:AAAA2222", "read:zotero:AAAA2222"]


def test_notes_and_files_are_nothing() -> None:
    body = json.dumps([item("AAAA2222", itemType="note"), item("BBBB2222", itemType="attachment")])
    assert said(body, library="groups/77") == []


@pytest.mark.parametrize(
    "library",
    [
        pytest.param("77", id="a number alone"),
        pytest.param("groups/x", id="no number"),
        pytest.param("users/0", id="nobody's number"),
        pytest.param("groups/1/2", id="too much"),
    ],
)
def test_a_library_is_named_by_kind_and_number(library: str) -> None:
    with pytest.raises(ValidationError):
        ReadingSettings().load({"library": library})


class Zotero:
    """A library at zotero.org as its interface documents it."""

    def __init__(self, server: HTTPServer) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, int] = {}
        self.version = 0
        self.trouble: list[Response] = []
        self.asked: list[Request] = []
        server.expect_request("/groups/77/items/top").respond_with_handler(self._items)
        server.expect_request("/groups/77/deleted").respond_with_handler(self._deleted)

    def put(self, *keys: str, **data: Any) -> None:
        self.version += 1
        for key in keys:
            self.items[key] = item(key, **data) | {"version": self.version}

    def delete(self, key: str) -> None:
        self.version += 1
        self.deleted[key] = self.version
        del self.items[key]

    def _items(self, request: Request) -> Response:
        self.asked.append(request)
        if self.trouble and self.trouble[0].status_code == 200:
            self.trouble.pop(0)
        elif self.trouble:
            return self.trouble.pop(0)
        if request.headers.get("If-Modified-Since-Version") == str(self.version):
            return Response(status=304)
        since, start = int(request.args["since"]), int(request.args["start"])
        found = [one for one in self.items.values() if one["version"] > since]
        page = found[start : start + int(request.args["limit"])]
        return self._answer(page, {"Total-Results": str(len(found))})

    def _deleted(self, request: Request) -> Response:
        since = int(request.args["since"])
        keys = [key for key, version in self.deleted.items() if version > since]
        return self._answer({"collections": [], "items": keys, "searches": [], "tags": []}, {})

    def _answer(self, body: Any, headers: dict[str, str]) -> Response:
        told = headers | {"Last-Modified-Version": str(self.version)}
        return Response(json.dumps(body), headers=told, mimetype="application/json")


@pytest.fixture
def zotero(httpserver: HTTPServer) -> Zotero:
    return Zotero(httpserver)


@pytest.fixture
def library(
    instance_dir: Path, database_url: str, httpserver: HTTPServer, zotero: Zotero
) -> Iterator[Flask]:
    """An application with a group's library, whose interface is this machine."""
    given = {"library": "groups/77", "api_key": "k3y", "api": httpserver.url_for("").rstrip("/")}
    with site(instance_dir, database_url, "reading", **given) as app:
        yield app


def keys_of(number: int) -> list[str]:
    return [f"AAAA{one:04}" for one in range(number)]


def test_a_poll_reads_every_page(library: Flask, zotero: Zotero) -> None:
    zotero.put(*keys_of(130))
    doors.poll("reading")
    assert (len(live()), len(zotero.asked)) == (130, 2)


def test_a_poll_says_who_asks_and_which_version_it_speaks(library: Flask, zotero: Zotero) -> None:
    zotero.put("AAAA0000")
    doors.poll("reading")
    [request] = zotero.asked
    assert (request.headers["Zotero-API-Key"], request.headers["Zotero-API-Version"]) == (
        "k3y", "3",
    )  # fmt: skip


def test_a_second_poll_brings_what_changed_alone(library: Flask, zotero: Zotero) -> None:
    zotero.put("AAAA0000", "AAAA0001")
    doors.poll("reading")
    zotero.put("AAAA0001", title="Another title", url="https://a.example/other")
    assert doors.poll("reading").counts["corrected"] == 1


def test_nothing_new_is_no_run(library: Flask, zotero: Zotero) -> None:
    zotero.put("AAAA0000")
    doors.poll("reading")
    assert doors.poll("reading").run is None


def test_what_was_deleted_there_is_taken_off_the_record(library: Flask, zotero: Zotero) -> None:
    zotero.put("AAAA0000", "AAAA0001")
    doors.poll("reading")
    zotero.delete("AAAA0000")
    doors.poll("reading")
    assert [one["object"]["id"] for one in live()] == ["https://a.example/AAAA0001"]


def test_a_poll_that_was_asked_to_wait_goes_on_at_the_next_page(
    library: Flask, zotero: Zotero
) -> None:
    zotero.put(*keys_of(250))
    zotero.trouble = [
        Response(), Response(), Response("", status=429, headers={"Retry-After": "7"})
    ]  # fmt: skip
    with pytest.raises(Unanswered) as waits:
        doors.poll("reading")
    doors.poll("reading")
    assert (waits.value.seconds, len(live())) == (7, 250)


def test_a_library_that_changes_between_pages_is_asked_anew(library: Flask, zotero: Zotero) -> None:
    zotero.put(*keys_of(150))
    zotero.trouble = [Response(), Response("", status=503)]
    with pytest.raises(Unanswered):
        doors.poll("reading")
    zotero.put("BBBB0000")
    doors.poll("reading")
    assert len(live()) == 151


def test_a_key_that_was_withdrawn_is_told(library: Flask, zotero: Zotero) -> None:
    zotero.trouble = [Response("Invalid key", status=403)]
    with pytest.raises(Unanswered) as refused:
        doors.poll("reading")
    assert refused.value.kind == "forbidden"


def test_an_export_and_the_interface_meet(library: Flask, zotero: Zotero) -> None:
    zotero.put("AAAA0000", tags=[{"tag": "budget"}])
    doors.poll("reading")
    saved = json.dumps([zotero.items["AAAA0000"]]).encode()
    send("reading", saved, "items.json")
    assert parts(live()) == [("9", "bookmarked", "")]


def test_a_personal_library_as_table_and_from_the_interface_is_one() -> None:
    head = "Key,Item Type,Title,Url,Date Added,Manual Tags\n"
    [row] = said(f"{head}AAAA0000,webpage,T,https://a.example/1,2026-09-08 10:00:00,a; b", **ME)
    data = item("AAAA0000", title="T", url="https://a.example/1", tags=[{"tag": "a"}, {"tag": "b"}])
    [asked] = said(json.dumps([data | {"meta": {}}]), **ME)
    assert (row.keys, row.at, row.url, row.tags, row.actor) == (
        asked.keys, asked.at, asked.url, asked.tags, asked.actor,
    )  # fmt: skip


def test_deletions_alone_are_a_file_too() -> None:
    found = said('{"collections": [], "items": ["AAAA0000"]}')
    assert all(isinstance(one, Gone) for one in found)
