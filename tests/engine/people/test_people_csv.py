"""People from a CSV: what the header may be, what a row does, and what is a problem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine.db import db, transaction
from engine.errors import BadReport
from engine.people import matching, service
from engine.people.matching import Imported
from engine.people.models import Community, Identifier, ManagerOf, Membership, PeopleLog, Person

pytestmark = pytest.mark.both_databases
HEADER = "name,email,identifiers,communities,manager\n"
BO = "Bo Lund,bo@example.org,https://forum.example.org::bo|https://id.example.org/bo,Policy|Data,"
INES = "Ines Roy,ines@example.org,,Policy,"


def take(text: str | bytes) -> Imported:
    with transaction():
        return matching.import_people(text.encode() if isinstance(text, str) else text)


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def everything() -> list[int]:
    return [count(model) for model in (Person, Identifier, Membership, Community, PeopleLog)]


def bo() -> service.Who:
    return service.who(service.get_person("bo@example.org"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HEADER + BO, id="as documented"),
        pytest.param("\ufeff" + HEADER + BO, id="byte order mark"),
        pytest.param((HEADER + BO).replace(",", ";"), id="semicolons, as spreadsheets write"),
        pytest.param((HEADER + BO).replace(",", "\t"), id="tabs"),
        pytest.param((HEADER + BO).encode("utf-16"), id="UTF-16"),
        pytest.param((HEADER + BO).replace("\n", "\r\n"), id="carriage returns"),
        pytest.param(HEADER.upper() + BO, id="headings in capitals"),
        pytest.param(HEADER.strip() + ",,\n" + BO + ",,", id="empty columns at the end"),
        pytest.param(HEADER + "\n,,,,\n" + BO, id="blank rows"),
        pytest.param(HEADER + BO.replace("bo@", " BO@"), id="address in capitals"),
        pytest.param(HEADER + BO.replace("bo@", "mailto:bo@"), id="address with mailto"),
    ],
)
def test_a_row_is_read_however_it_is_written(app: Flask, body: str | bytes) -> None:
    assert take(body) == Imported(created=1)
    assert bo().keys >= {"mailto:bo@example.org", "https://forum.example.org::bo"}
    assert [name for _, name in bo().communities] == ["Data", "Policy"]


def test_columns_stand_in_any_order(app: Flask) -> None:
    take("manager,communities,email,name\n,Policy,bo@example.org,Bo Lund\n")
    assert (bo().name, bo().communities) == ("Bo Lund", (("policy", "Policy"),))


def test_only_the_address_is_needed(app: Flask) -> None:
    take("email\nbo@example.org\n")
    assert bo().name == "bo@example.org"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("name,email,phone\n", id="unknown column"),
        pytest.param("name,identifiers\n", id="no email"),
        pytest.param("email,email\n", id="a column twice"),
        pytest.param("", id="empty file"),
        pytest.param("PK\x03\x04", id="a workbook"),
    ],
)
def test_another_header_refuses_the_file(app: Flask, header: str) -> None:
    with pytest.raises(BadReport):
        take(header + BO)
    assert count(Person) == 0


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("Nobody,nowhere,,,", id="no address"),
        pytest.param("Nobody,a@b@c.example,,,", id="two at signs"),
        pytest.param("Nobody,no@example.org,not an identifier,,", id="bad identifier"),
        pytest.param(
            "Nobody,no@example.org,https://forum.example.org::bo,,", id="another's account"
        ),
        pytest.param("Nobody,no@example.org,mailto:bo@example.org,,", id="another's address"),
        pytest.param("No,body,no@example.org,,,", id="a comma too many"),
        pytest.param("Nobody,no@example.org,,,nobody", id="bad manager"),
    ],
)
def test_a_bad_row_is_a_problem_and_the_rest_go_on(app: Flask, row: str) -> None:
    done = take(f"{HEADER}{BO}\n{row}\n{INES}\n")
    assert [problem["where"] for problem in done.problems] == ["row 3"]
    assert (done.created, done.updated, count(Person)) == (2, 0, 2)


def test_importing_twice_is_importing_once(app: Flask) -> None:
    take(HEADER + BO + "ines@example.org\n" + INES)
    before = everything()
    assert take(HEADER + BO + "ines@example.org\n" + INES) == Imported(updated=2)
    assert everything() == before


def test_a_long_file_is_imported_in_portions(app: Flask) -> None:
    rows = "".join(f"n{n}@example.org,n{n + 1}@example.org\n" for n in range(250))
    units = list[object]()

    @contextmanager
    def unit() -> Iterator[None]:
        with transaction() as session:
            yield units.append(session)

    done = matching.import_people(f"email,manager\n{rows}".encode(), unit=unit)
    assert (done.created, len(done.problems), len(units)) == (250, 1, 6)
    assert (count(Person), count(ManagerOf)) == (250, 249)


def test_a_later_file_renames_and_adds(app: Flask) -> None:
    take(HEADER + BO)
    take("name,email,communities\nBo B. Lund,bo@example.org,Open Data\n")
    assert bo().name == "Bo B. Lund"
    assert [name for _, name in bo().communities] == ["Data", "Open Data", "Policy"]


def test_a_manager_may_stand_further_down(app: Flask) -> None:
    assert take(f"{HEADER}{BO}ines@example.org\n{INES}\n").problems == []
    assert [one.email for one in service.managers_of(bo().id)] == ["ines@example.org"]


@pytest.mark.parametrize(
    "manager",
    [
        pytest.param("gone@example.org", id="nobody"),
        pytest.param("bo@example.org", id="herself"),
    ],
)
def test_a_manager_that_cannot_be_is_a_problem_of_the_row(app: Flask, manager: str) -> None:
    done = take(f"{HEADER}{BO}{manager}\n")
    assert ([p["where"] for p in done.problems], done.created) == (["row 2"], 1)
    assert count(ManagerOf) == 0


@pytest.mark.parametrize(
    ("names", "slugs"),
    [
        pytest.param("Policy|policy |POLICY", ["policy"], id="case and spaces are one"),
        pytest.param("C++|C#", ["c", "c-2"], id="other signs are others"),
        pytest.param("政策|数据", ["community", "community-2"], id="other letters are others"),
        pytest.param("Políticas", ["politicas"], id="accents"),
    ],
)
def test_communities_share_a_slug_only_when_they_are_one(
    app: Flask, names: str, slugs: list[str]
) -> None:
    take(f"email,communities\nbo@example.org,{names}\n")
    take(f"email,communities\nbo@example.org,{names}\n")
    assert sorted(slug for slug, _ in bo().communities) == slugs


def test_a_merged_record_keeps_its_name_to_itself(app: Flask) -> None:
    take(f"{HEADER}{BO}\n{INES}\n")
    with transaction():
        service.merge(service.get_person("ines@example.org"), service.get_person("bo@example.org"))
    assert take(f"{HEADER}{BO}\n").problems == []
    assert service.get_person("bo@example.org").name == "Ines Roy"
