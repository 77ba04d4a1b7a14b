"""CASE packages and frameworks for tests: small ones by hand, any by Hypothesis."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hypothesis import strategies as st
from jsonschema import FormatChecker
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from engine.api import FrameworkFile
from plugins.case import read
from plugins.case.writing import write

DATA = Path(__file__).parents[1] / "data" / "frameworks"
BASE = "https://case.example"
NOW = "2026-01-02T03:04:05Z"
Object = dict[str, Any]


def uuid(name: str) -> str:
    """The identifier that tests give a thing: no export would make this one."""
    return str(uuid5(NAMESPACE_URL, f"test {name}"))


def node(name: str) -> Object:
    return {"title": name, "identifier": uuid(name), "uri": f"{BASE}/{name}"}


def item(name: str, **members: Any) -> Object:
    told = {"identifier": uuid(name), "uri": f"{BASE}/{name}", "lastChangeDateTime": NOW}
    return told | {"fullStatement": f"Can do {name}"} | members


def tie(origin: str, kind: str, destination: str, **members: Any) -> Object:
    """An association between things made by `item`, `doc` and `node`."""
    name = f"{origin} {kind} {destination}"
    ends = {"originNodeURI": node(origin), "destinationNodeURI": node(destination)}
    told = {"identifier": uuid(name), "uri": f"{BASE}/{uuid(name)}", "lastChangeDateTime": NOW}
    return told | ends | {"associationType": kind} | members


def doc(name: str = "doc", **members: Any) -> Object:
    told = {"identifier": uuid(name), "uri": f"{BASE}/{name}", "lastChangeDateTime": NOW}
    return told | {"creator": "A town", "title": "Our framework", "language": "en"} | members


def package(*parts: Object, **more: Any) -> Object:
    """A package of items and associations, as they come."""
    return {
        "CFDocument": doc(),
        "CFItems": [one for one in parts if "fullStatement" in one],
        "CFAssociations": [one for one in parts if "associationType" in one],
    } | more


def criterion(name: str | None, *levels: Object) -> Object:
    told = {"identifier": uuid(f"criterion {name}"), "uri": f"{BASE}/criterion/{name}"}
    whose = {"CFItemURI": node(name)} if name else {}
    return told | whose | {"lastChangeDateTime": NOW, "CFRubricCriterionLevels": list(levels)}


def level(quality: str, **members: Any) -> Object:
    name = f"{quality} {members}"
    told = {"identifier": uuid(name), "uri": f"{BASE}/{uuid(name)}", "lastChangeDateTime": NOW}
    return told | {"quality": quality} | members


def rubric(*criteria: Object) -> Object:
    told = {"identifier": uuid("rubric"), "uri": f"{BASE}/rubric", "lastChangeDateTime": NOW}
    return told | {"title": "A rubric", "CFRubricCriteria": list(criteria)}


def of(*values: Any) -> Object:
    """The framework in JSON files with these values."""
    files = [
        FrameworkFile(name=f"{number}.json", body=json.dumps(value).encode())
        for number, value in enumerate(values, start=1)
    ]
    return read(files, {})


def by_name(document: Object) -> dict[str, Object]:
    """The competencies by the last part of their uri."""
    return {one["uri"].rpartition("/")[2]: one for one in document["competencies"]}


def written(document: Object) -> Object:
    """The exported package."""
    exported: Object = json.loads(write(document))
    return exported


def again(document: Object) -> Object:
    """The framework as it comes back from an export, without remarks."""
    return plain(of(written(document)))


def plain(document: Object) -> Object:
    """A framework as it is kept: what JSON makes of it, without remarks on its reading."""
    kept: Object = json.loads(json.dumps(document))
    return {name: value for name, value in kept.items() if name != "remarks"}


def faults(exported: Object) -> list[str]:
    """What the official schema has against a package."""
    return [f"{list(error.path)}: {error.message}" for error in _schema().iter_errors(exported)]


@cache
def _schema() -> Validator:
    schema = json.loads((DATA / "case-v1p1-cfpackage.schema.json").read_text(encoding="utf-8"))
    return validator_for(schema)(schema, format_checker=FormatChecker())


CHARACTERS = st.characters(codec="utf-8")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
    lambda text: bool(text.strip())
)
TONGUES = st.sampled_from(["en", "fr", "es", "en-GB", "zh-Hans", "EN", ""]) | TEXTS
LABELS = TEXTS | st.dictionaries(TONGUES, TEXTS, min_size=1, max_size=3)
URIS = st.sampled_from(
    [f"urn:uuid:{uuid('a')}", "x", "x#fr", f"urn:uuid:{uuid5(NAMESPACE_URL, 'x')}"]
    + [f"{BASE}/{name}" for name in ("doc", "a", "b", uuid("a"), uuid("b"))]
)
DATES = st.sampled_from(["1999-12-31", "2999-01-01", NOW, "2017-05-25T18:05:33", "soon"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=5) | DATES | URIS | st.sampled_from([uuid("a"), uuid("b")]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "identifier", "uri", "title", "language", "fullStatement", "statusEndDate", "creator",
            "associations", "translations", "rubrics", "items", "definitions", "document",
            "extensions", "CFItemTypes", "CFItemTypeURI", "CFRubricCriteria", "sequenceNumber",
            "https://w3id.org/byway/ext/framework", "fr", "custom", "subject", "sourcedId",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
KINDS = st.sampled_from(
    ["isChildOf", "isPartOf", "exactMatchOf", "isTranslationOf", "hasSkillLevel", "precedes", "own"]
)
KEPT_ASSOCIATIONS = st.lists(
    st.fixed_dictionaries(
        {"associationType": KINDS, "destinationNodeURI": URIS},
        optional={
            "originNodeURI": URIS,
            "sequenceNumber": st.integers(),
            "identifier": ANY,
            "notes": ANY,
        },
    ),
    max_size=3,
)
CASES = ANY | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("identifier", "language", "statusEndDate", "translations"), ANY)
    | {"associations": KEPT_ASSOCIATIONS, "extensions": ANY, "document": ANY, "rubrics": ANY},
)
EXTRAS = st.dictionaries(st.sampled_from(["moodle", "esco"]), ANY, max_size=1) | (
    st.builds(lambda case: {"case": case}, CASES)
)


@st.composite
def frameworks(draw: st.DrawFn) -> Object:
    """Any framework in Byway's own form, valid as the engine has it."""
    levels = draw(st.lists(st.builds(lambda label: {"label": label}, LABELS), max_size=3))
    uris = draw(st.lists(URIS, min_size=1, max_size=5, unique=True))
    listed = [draw(_competencies(uri, uris[:n], len(levels))) for n, uri in enumerate(uris)]
    head = draw(
        st.fixed_dictionaries(
            {"uri": URIS, "title": LABELS},
            optional={
                "language": TONGUES,
                "description": LABELS,
                "publisher": TEXTS,
                "version": st.just(1),
                "changed_at": DATES,
                "extra": EXTRAS,
            },
        )
    )
    return head | {"levels": levels, "competencies": draw(st.permutations(listed))}


@st.composite
def _competencies(draw: st.DrawFn, uri: str, parents: list[str], highest: int) -> Object:
    numbers = st.integers(1, highest).map(str) if highest else st.nothing()
    told: Object = {"uri": uri, "label": draw(LABELS)} | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "code": TEXTS,
                "kind": TEXTS,
                "description": LABELS,
                "levels": st.dictionaries(numbers, LABELS, max_size=highest),
                "parents": st.lists(st.sampled_from(parents), unique=True)
                if parents
                else st.just([]),
                "exact": st.lists(URIS, max_size=2),
                "status": st.sampled_from(["current", "retired"]),
                "half_life": st.just("365d"),
                "extra": EXTRAS,
            },
        )
    )
    case = told.get("extra", {}).get("case")
    has_end = isinstance(case, dict) and "statusEndDate" in case
    # What has ended is retired, whatever a framework leaves unsaid.
    return {"status": "current"} | told if has_end else told


@st.composite
def packages(draw: st.DrawFn) -> Object:
    """Any package, more or less: what a careless or a hostile program writes."""
    names = st.sampled_from("abcd")
    members = st.dictionaries(
        st.sampled_from(
            [
                "identifier", "uri", "language", "statusEndDate", "abbreviatedStatement", "subject",
                "CFItemTypeURI", "extensions", "humanCodingScheme", "custom", "lastChangeDateTime",
            ]
        ),
        ANY,
        max_size=2,
    )  # fmt: skip
    tongues = st.sampled_from(["en", "fr", "en-GB", None])
    items = st.builds(lambda n, t, more: item(n, language=t) | more, names, tongues, members)
    kinds = KINDS | st.sampled_from(["isChildOf", "is translation of", "hasSkillLevel"])
    numbers = st.integers(0, 3) | ANY
    ties = st.builds(
        lambda a, kind, b, number, more: tie(a, kind, b, sequenceNumber=number) | more,
        names | st.just("doc"),
        kinds,
        names | st.sampled_from(["doc", "elsewhere"]),
        numbers,
        st.just({}) | members,
    )
    levels = st.builds(
        lambda q, more: level(q) | more, st.sampled_from("LH"), st.just({}) | members
    )
    rubrics = st.builds(
        lambda n, ls: rubric(criterion(n, *ls)), names | st.none(), st.lists(levels, max_size=3)
    )
    parts = [*draw(st.lists(items, min_size=1, max_size=5)), *draw(st.lists(ties, max_size=6))]
    more = draw(st.fixed_dictionaries({}, optional={"CFDefinitions": ANY, "extensions": ANY}))
    head = doc() | draw(st.just({}) | members)
    return package(*parts, CFDocument=head, CFRubrics=draw(st.lists(rubrics, max_size=2))) | more
