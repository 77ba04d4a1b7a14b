"""Mailing lists: archives of several programs, threads, senders, and what is left out."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from typing import Any

import pytest
from forum_making import asked, kinds, read, recording, sample, zipped
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from engine.api import Activity, Actor, BadReport, Refused, Skipped
from engine.testkit import scratch
from plugins.mail.archives import MONTHS
from plugins.mail.boxes import messages

LIST = "evidence@lists.northmoor.example"
HEADERS = {
    "From": "Ines Roy <ines.roy@northmoor.example>",
    "To": LIST,
    "Date": "Tue, 8 Sep 2026 11:01:00 -0400",
    "Subject": "[Evidence] Which dashboards do you keep?",
    "Message-ID": "<a1@northmoor.example>",
}


def mail(body: str = "We drop ours.", **change: str | None) -> str:
    """One mail of an mbox; a header that is None is left out."""
    headers = HEADERS | {name.replace("_", "-"): text for name, text in change.items()}
    lines = [f"{name}: {text}" for name, text in headers.items() if text is not None]
    return "From x@y.example Tue Sep  8 15:01:00 2026\n" + "\n".join(lines) + f"\n\n{body}\n\n"


def told(*mails: str, **given: Any) -> list[Any]:
    return read("mail", "".join(mails).encode(), **given)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("From ", id="bare"),
        pytest.param("From -", id="-"),
        pytest.param("From ines.roy@northmoor.example", id="an address alone"),
    ],
)
def test_a_mail_may_begin_without_sender_and_date(line: str) -> None:
    first, second = mail(), mail(Message_ID="<b@x.example>", Subject="Where do you keep them?")
    dated = "From x@y.example Tue Sep  8 15:01:00 2026\n"
    assert kinds(told((first + second).replace(dated, f"{line}\n"))) == ["Activity", "Activity"]


def test_words_that_begin_as_a_mail_does_stay_in_it() -> None:
    (one,) = told(mail("We asked.\n\nFrom \nhere on we drop ours."))
    assert one.excerpt == "We asked. From here on we drop ours."


def test_a_first_mail_begins_a_thread() -> None:
    (first,) = told(mail())
    assert (first.verb, first.type) == ("created", "discussion")
    assert first.keys == ("message:a1@northmoor.example",)
    assert first.title == "Which dashboards do you keep?"
    assert first.actor == Actor(name="Ines Roy", email="ines.roy@northmoor.example")
    assert first.at.isoformat() == "2026-09-08T15:01:00+00:00"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"In_Reply_To": "<a1@northmoor.example>"}, id="In-Reply-To"),
        pytest.param({"References": "<a1@northmoor.example>\n <b@x.example>"}, id="References"),
        pytest.param({"Subject": "RE: [Evidence] Which dashboards do you keep?"}, id="Re:"),
        pytest.param({"Subject": "RV: Re[2]: Which dashboards do you keep?"}, id="Spanish"),
        pytest.param({"Subject": "AW: Which dashboards\n do you keep?"}, id="German, folded"),
    ],
)
def test_an_answer_is_part_of_its_thread(change: dict[str, str]) -> None:
    first, answer = told(mail(), mail(**{"Message_ID": "<c@x.example>", **change}))
    assert answer.verb == "replied"
    assert answer.parent.url == first.url


def test_the_same_subject_a_year_later_is_no_answer_to_the_old_thread() -> None:
    later = {"Message_ID": "<c@x.example>", "Date": "Wed, 8 Sep 2027 11:01:00 +0000"}
    first, answer = told(mail(), mail(Subject="Re: Which dashboards do you keep?", **later))
    assert answer.verb == "replied"
    assert answer.parent.url != first.url


def test_equal_subjects_without_re_are_threads_of_their_own() -> None:
    outcomes = told(mail(), mail(Message_ID="<c@x.example>"))
    assert [one.verb for one in outcomes] == ["created", "created"]


@pytest.mark.parametrize(
    ("change", "actor"),
    [
        pytest.param(
            {"From": "bo.lund at harbourton.example (Bo Lund)"},
            Actor(name="Bo Lund", email="bo.lund@harbourton.example"),
            id="Pipermail hides the address",
        ),
        pytest.param(
            {"From": "=?utf-8?q?Bo_Lund=C3=A9n?= <bo@harbourton.example>"},
            Actor(name="Bo Lundén", email="bo@harbourton.example"),
            id="encoded name",
        ),
        pytest.param(
            {"From": f"Bo via Evidence <{LIST}>", "Reply_To": "Bo <bo@harbourton.example>"},
            Actor(name="Bo", email="bo@harbourton.example"),
            id="the list sent in her name, DMARC",
        ),
        pytest.param(
            {"From": f"'Bo' via Evidence <{LIST}>", "Reply_To": LIST},
            Actor(name="Bo", email=None),
            id="nothing but a name is left",
        ),
        pytest.param(
            {"From": "Bo Lund via groups.io <bo=harbourton.example@groups.io>"},
            Actor(name="Bo Lund", email="bo@harbourton.example"),
            id="Groups.io hides the address",
        ),
        pytest.param(
            {"From": "bo@harbourton.example"},
            Actor(name=None, email="bo@harbourton.example"),
            id="no name",
        ),
        pytest.param(
            {"From": "Bo at Northmoor <bo@harbourton.example>"},
            Actor(name="Bo at Northmoor", email="bo@harbourton.example"),
            id="a name that looks hidden",
        ),
        pytest.param(
            {"From": "bo at harbourton.example (Bo Lund (Planning))"},
            Actor(name="Bo Lund (Planning)", email="bo@harbourton.example"),
            id="brackets in the name",
        ),
        pytest.param(
            {"From": "bo at harbourton.example (Bo@H)"},
            Actor(name=None, email="bo@harbourton.example"),
            id="a sign in the name",
        ),
    ],
)
def test_who_wrote_it(change: dict[str, str], actor: Actor) -> None:
    assert told(mail(**change))[0].actor == actor


@pytest.mark.parametrize(
    ("date", "at"),
    [
        pytest.param("Tue, 08 Sep 2026 15:01:00 -0000", "2026-09-08T15:01:00+00:00", id="-0000"),
        pytest.param("8 Sep 2026 11:01:00 EDT", "2026-09-08T15:01:00+00:00", id="name of a zone"),
        pytest.param("no date", "2026-09-08T15:01:00+00:00", id="that of the envelope"),
        pytest.param(None, "2026-09-08T15:01:00+00:00", id="none"),
    ],
)
def test_when_it_was_sent(date: str | None, at: str) -> None:
    assert told(mail(Date=date))[0].at.isoformat() == at


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"To": "ines@northmoor.example"}, id="not sent to the list"),
        pytest.param({"From": "Bo"}, id="no sender"),
        pytest.param({"X_No_Archive": "Yes"}, id="asked not to be archived"),
        pytest.param({"Auto_Submitted": "auto-replied"}, id="out of office"),
        pytest.param({"From": "MAILER-DAEMON@northmoor.example"}, id="bounce"),
        pytest.param({"Subject": "Evidence Digest, Vol 3, Issue 7"}, id="digest"),
    ],
)
def test_what_is_left_out(change: dict[str, str]) -> None:
    assert kinds(told(mail(Message_ID="<b@x.example>"), mail(**change))) == ["Activity", "Skipped"]


def test_an_answer_to_a_digest_is_no_digest() -> None:
    (one,) = told(mail(Subject="[Evidence] Re: Evidence Digest, Vol 3, Issue 7"))
    assert one.verb == "replied"


def test_a_mail_that_is_there_twice_counts_once() -> None:
    assert kinds(told(mail(), mail())) == ["Activity", "Skipped"]


def test_a_mail_without_id_is_known_by_who_when_and_what() -> None:
    first, second = told(mail(Message_ID=None), mail(Message_ID=None, Subject="Another"))
    assert first.keys != second.keys
    assert told(mail(Message_ID=None))[0].keys == first.keys


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("New.\n\nOn 8 Sep 2026, Bo wrote:\n> old", "New.", id="answer above"),
        pytest.param("On 8 Sep 2026, Bo wrote:\n> old\n\nNew.", "New.", id="answer below"),
        pytest.param("On 8 Sep 2026, Bo\n<b@x.example> wrote:\n\n> old\nNew.", "New.", id="broken"),
        pytest.param(
            "On 8 Sep, Bo <b@x.example\n> wrote:\n\n\n> old\nNew.", "New.", id="cut badly"
        ),
        pytest.param("Bo wrote:\n<snip>\n\n> old\n\nNew.", "New.", id="shortened"),
        pytest.param("Bo wrote:\n[...]\n| old\n\nNew.", "New.", id="another mark"),
        pytest.param("Dne 8.9.2026 Bo napsal(a):\n> old\nNew.", "New.", id="Czech"),
        pytest.param("Hi.\nBo wrote:\n> old\nNew.", "Hi. New.", id="in between"),
        pytest.param("See what we asked:\n> old", "See what we asked:", id="one's own colon"),
        pytest.param("New.\n\nOn 8 Sep 2026, Bo wrote:\nold", "New.", id="quoted without marks"),
        pytest.param("> old\n\nNew.\n-- \nIsn't me", "New.", id="signature"),
        pytest.param("if a < b & b > c", "if a < b & b > c", id="angle brackets"),
        pytest.param(">From here on", "From here on", id="escaped by the archive"),
        pytest.param("Le 8 sept. 2026, Bo a écrit :\n> vieux", None, id="nothing of one's own"),
    ],
)
def test_first_own_words(body: str, words: str | None) -> None:
    assert told(mail(body))[0].excerpt == words


def test_a_part_in_html_is_read_where_there_is_no_plain_one() -> None:
    html = "<style>p{}</style><p>We drop <b>ours</b>.</p>"
    assert told(mail(html, Content_Type="text/html; charset=x-odd"))[0].excerpt == "We drop ours."


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(gzip.compress, id="gzip"),
        pytest.param(lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:]), id="twice"),
        pytest.param(lambda body: zipped({"messages.mbox": body}), id="Groups.io"),
        pytest.param(lambda body: zipped({"a/m.mbox.gz": gzip.compress(body)}), id="gzip in ZIP"),
        pytest.param(lambda body: body.replace(b"\n", b"\r\n"), id="Windows line ends"),
    ],
)
def test_archives_are_unpacked(pack: Any) -> None:
    body = sample("mail", "pipermail.txt")
    assert kinds(read("mail", pack(body))) == kinds(read("mail", body))


def test_a_mail_alone_is_read() -> None:
    alone = mail().partition("\n")[2].encode()
    assert kinds(read("mail", alone)) == ["Activity"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Talk,Ended\na,b\n", id="a table"),
        pytest.param(gzip.compress(b"x" * 100)[:-9], id="a gzip that breaks off"),
        pytest.param(zipped({"a.png": b"x"}), id="a ZIP without mails"),
    ],
)
def test_what_is_no_archive_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport):
        read("mail", body)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.mail.boxes.UNPACKED", 1000)
    with pytest.raises(BadReport, match="unpacks to more"):
        list(messages(gzip.compress(b"a" * 100_000)))


@given(st.binary(max_size=400))
def test_odd_headers_never_break_it(odd: bytes) -> None:
    body = mail().encode().replace(b"Subject:", odd + b"\nSubject:")
    assert all(isinstance(one, Activity | Skipped) or one.why for one in read("mail", body))


def test_an_archive_of_another_list_is_refused_with_the_list_it_is_of() -> None:
    with pytest.raises(BadReport, match=f"None of the 1 mails was sent to .*; most went to {LIST}"):
        told(mail(), address="other@lists.northmoor.example")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        pytest.param("=?iso-8859-1?Q?Caf=E9?= =?iso-8859-1?q?_noir?=", "Café noir", id="two words"),
        pytest.param("=?utf-8?B?Q2Fmw4M=?= =?utf-8?B?wqk=?=", "CafÃ©", id="two packed words"),
        pytest.param("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?=", "Café", id="a letter cut in two"),
        pytest.param("=?utf-8?Q?Caf=e9?=", "Café", id="another charset than it says"),
        pytest.param("=?x-odd?Q?Caf=C3=A9?= au lait", "Café au lait", id="no charset"),
        pytest.param("Café", "Café", id="not encoded"),
    ],
)
def test_subjects_are_decoded(written: str, title: str) -> None:
    assert told(mail(Subject=written))[0].title == title


# Asking the archive.


def test_pipermail_is_asked_for_its_months_and_only_once(httpserver: HTTPServer) -> None:
    page = b'<A HREF="2026-September.txt.gz">x</A><a href="2026-August.txt">y</a>'
    httpserver.expect_request("/pipermail/evidence/").respond_with_data(page)
    packed = gzip.compress(mail().encode())
    httpserver.expect_request("/pipermail/evidence/2026-September.txt.gz").respond_with_data(packed)
    httpserver.expect_request("/pipermail/evidence/2026-August.txt").respond_with_data(
        mail(Message_ID="<old@x.example>")
    )
    url = httpserver.url_for("/pipermail/evidence")
    brought = asked("mail", url=url)
    assert [one.name.rpartition("/")[2][:6] for one in brought] == ["2026-A", "2026-S"]
    assert asked("mail", brought[-1].cursor, url=url) == []


def test_hyperkitty_is_asked_month_by_month_and_links_are_its_own(httpserver: HTTPServer) -> None:
    path = f"/hyperkitty/list/{LIST}"
    export = re.compile(rf"{path}/export/{LIST}-\d{{4}}-\d{{2}}.mbox.gz")
    httpserver.expect_request(export).respond_with_data(gzip.compress(mail().encode()))
    url = httpserver.url_for(path)
    brought = asked("mail", url=url)
    assert len(brought) == MONTHS
    (first,) = read("mail", brought[0].body, url=url)
    digest = base64.b32encode(hashlib.sha1(b"a1@northmoor.example").digest()).decode()
    assert first.url == f"{url}/message/{digest}/"


def test_a_month_in_which_nobody_wrote_is_passed_over(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/pipermail/e/").respond_with_data('<a href="2026-May.txt.gz">')
    httpserver.expect_request("/pipermail/e/2026-May.txt.gz").respond_with_data(gzip.compress(b""))
    assert asked("mail", url=httpserver.url_for("/pipermail/e")) == []


def test_a_page_without_months_says_so(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/sign-in/").respond_with_data("<form>")
    with pytest.raises(Refused, match="lists no months"):
        asked("mail", url=httpserver.url_for("/sign-in"))


def test_who_uploads_files_is_not_told_of_a_failure() -> None:
    with pytest.raises(Refused) as refusal:
        asked("mail")
    assert refusal.value.where == "url"


def test_an_upload_and_the_archive_meet_in_one_statement(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/pipermail/e/").respond_with_data('<a href="2026-May.txt.gz">')
    packed = gzip.compress(sample("mail", "pipermail.txt"))
    httpserver.expect_request("/pipermail/e/2026-May.txt.gz").respond_with_data(packed)
    url = httpserver.url_for("/pipermail/e")
    with recording("mail", url=url):
        before = scratch.read(scratch.Delivery(body=sample("mail", "pipermail.txt")))
        (delivery,) = asked("mail", url=url)
        assert scratch.read(delivery).statements == []
        assert len(scratch.standing()) == len(before.statements) == 3
