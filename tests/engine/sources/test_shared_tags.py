"""What is part of an item shares its tags: a reply counts where its topic counts."""

from __future__ import annotations

import pytest
from looking import ended, run, says, standing
from toy import did, file

from engine.sources import runs, undo
from xapi.vocabulary import Extension

pytestmark = pytest.mark.usefixtures("toys")

TOPIC = did("topic", tags=["data-literacy"])
REPLY = did("reply", email="ines@example.org", within="topic", tags=["own"])


def tags(key: str) -> list[str]:
    found = says(key) or {}
    return list(found["context"]["extensions"][Extension.TAGS])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([[TOPIC, REPLY]], id="topic first"),
        pytest.param([[REPLY, TOPIC]], id="reply first"),
        pytest.param([[TOPIC], [REPLY]], id="two runs"),
        pytest.param([[REPLY], [TOPIC]], id="the topic comes later"),
    ],
)
def test_a_reply_has_its_topics_tags_and_its_own(files: list[list[dict[str, object]]]) -> None:
    for said in files:
        run(*said)
    assert tags("reply") == ["data-literacy", "own"]


def test_in_one_file_nothing_is_corrected() -> None:
    assert len(run(REPLY, TOPIC).statements) == 2


def test_a_topic_that_is_tagged_anew_tells_its_replies() -> None:
    run(TOPIC, REPLY)
    run(did("topic", tags=["writing"]))
    assert tags("reply") == ["own", "writing"]


def test_undoing_the_tags_takes_them_back() -> None:
    run(TOPIC, REPLY)
    before = standing()
    later = run(did("topic", tags=["writing"]))
    undo.undo(later.run or 0)
    assert standing() == before


def test_a_first_post_that_knows_no_tags_leaves_them() -> None:
    run(TOPIC)
    assert ended(run(did("topic", "post", within="topic"))) == {"known": 1}
    assert tags("topic") == ["data-literacy"]


def test_reading_again_stores_nothing() -> None:
    run(REPLY)
    run(TOPIC)
    assert run(REPLY).statements == []
    assert run(TOPIC).statements == []


def test_a_preview_tells_of_the_replies_too() -> None:
    run(REPLY)
    report: runs.Report = runs.preview("t", file(TOPIC))
    assert len(report.statements) == 3
