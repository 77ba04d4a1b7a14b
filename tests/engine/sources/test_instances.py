"""Source instances: their settings, their secrets, and the system they speak to."""

from __future__ import annotations

from typing import Any

import pytest
from looking import change, count_statements, ended, item, live_statements, minutes, run, voided
from toy import add_toy, did, gone

from engine.db import db, reading, transaction
from engine.errors import Conflict, NotFound, Refused
from engine.sources import instances, undo

SECRET = "correct horse battery staple"


def settings(name: str = "t") -> dict[str, Any]:
    db.session.rollback()
    return instances.settings_of(instances.get(name))


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"hours": "soon"}, "hours: Not a valid integer.", id="not a number"),
        pytest.param({"color": "red"}, "color: Unknown field.", id="not a setting"),
        pytest.param(
            {"hours": "soon", "color": "red"},
            "color: Unknown field.; hours: Not a valid integer.",
            id="each by itself",
        ),
    ],
)
def test_settings_are_refused_field_by_field(given: dict[str, str], why: str) -> None:
    with pytest.raises(Refused) as refusal:
        add_toy("other", **given)
    assert refusal.value.why == f"The settings of Toy do not fit. {why}"
    assert refusal.value.mend == "Settings are: title, tags, account, hours, secret, url."
    assert [one.name for one in instances.every()] == ["t"]


@pytest.mark.usefixtures("app")
def test_a_setting_that_is_needed_is_asked_for_in_the_plugins_words() -> None:
    with pytest.raises(Refused, match="Zoom's reports name no time zone"), transaction():
        instances.add("zoom", "z", {}, basis="notice")


@pytest.mark.usefixtures("toys")
def test_a_secret_is_not_in_the_database_in_the_clear() -> None:
    add_toy("s", secret=SECRET)
    with reading() as connection:
        kept = [connection.execute(table.select()).all() for table in db.metadata.sorted_tables]
    assert "'s', 'toy'" in repr(kept)
    assert SECRET not in repr(kept)
    assert settings("s")["secret"] == SECRET


@pytest.mark.usefixtures("toys")
def test_a_change_keeps_what_it_does_not_name_and_counts() -> None:
    add_toy("s", secret=SECRET, tags="policy")
    change("s", hours=3)
    assert instances.get("s").generation == 2
    assert settings("s") == {
        "title": "",
        "tags": ["policy"],
        "account": "",
        "hours": 3,
        "secret": SECRET,
        "url": "",
    }


@pytest.mark.usefixtures("toys")
def test_a_change_that_does_not_fit_changes_nothing() -> None:
    with pytest.raises(Refused):
        change(hours="soon")
    assert (settings()["hours"], instances.get("t").generation) == (0, 1)


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("name", ["", "T", "a b", "../x", "-a", "x" * 60])
def test_a_name_that_cannot_be_an_address_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="cannot name a source"):
        add_toy(name)


@pytest.mark.usefixtures("toys")
def test_a_name_is_given_once() -> None:
    with pytest.raises(Conflict):
        add_toy("t")


@pytest.mark.usefixtures("toys")
def test_a_plugin_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NotFound, match="toy"), transaction():
        instances.add("telegraph", "x", {}, basis="notice")


@pytest.mark.usefixtures("toys")
def test_two_instances_of_one_system_meet_in_one_statement() -> None:
    add_toy("same")
    run(did("a", minutes=30))
    assert ended(run(did("a", minutes=45), name="same")) == {"corrected": 1}
    assert live_statements() == 1


@pytest.mark.usefixtures("toys")
def test_two_systems_do_not_meet() -> None:
    add_toy("other", account="elsewhere")
    run(did("a"))
    assert ended(run(did("a"), name="other")) == {"new": 1}
    assert live_statements() == 2


@pytest.mark.usefixtures("toys")
def test_what_another_instance_deletes_is_voided_in_the_items_own_name() -> None:
    add_toy("same")
    run(did("a"))
    sid = item("a").sid
    report = run(gone("a"), name="same")
    assert voided(str(sid))
    assert report.statements[0]["actor"] == instances.origin_of(instances.get("t")).authority


@pytest.mark.usefixtures("toys")
def test_undo_of_one_instance_leaves_what_the_other_said() -> None:
    add_toy("same")
    first = run(did("a", minutes=30))
    run(did("a", minutes=45), name="same")
    undo.undo(first.run or 0)
    assert minutes("a") == "PT45M"
    assert count_statements() == 3
