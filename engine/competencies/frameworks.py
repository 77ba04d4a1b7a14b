"""Competency frameworks: keeping versions of them, and the words there are for a ruleset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from engine.competencies.framework_changes import merged
from engine.competencies.framework_documents import Competency, Framework, Level, read, said
from engine.competencies.models import FrameworkRow
from engine.db import db
from engine.errors import BadReport
from engine.moments import now_us

LONGEST_TITLE = 300


def keep(document: Any) -> FrameworkRow:
    """Keep a framework in Byway's own form; the same one again changes nothing.

    What a former version had and this one lacks stays as retired: evidence may speak of it.

    :raises BadReport: it lacks what a framework needs; nothing is changed.
    """
    framework = read(document)
    former = newest(framework.uri)
    body = _as_json(merged(former.document if former else None, document))
    sha256 = hashlib.sha256(body).hexdigest()
    if former is not None and former.sha256 == sha256:
        return former
    row = FrameworkRow(
        uri=framework.uri,
        title=said(framework.title, "en")[:LONGEST_TITLE],
        sha256=sha256,
        document=json.loads(body),
        imported_at=now_us(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def newest(uri: str) -> FrameworkRow | None:
    """The row of a framework's newest version."""
    query = select(FrameworkRow).where(FrameworkRow.uri == uri)
    return db.session.scalars(query.order_by(FrameworkRow.id.desc())).first()


def find(uri: str) -> Framework | None:
    """The newest version of a framework."""
    query = select(FrameworkRow.id, FrameworkRow.sha256).where(FrameworkRow.uri == uri)
    found = db.session.execute(query.order_by(FrameworkRow.id.desc())).first()
    return _kept(found.id, found.sha256) if found else None


def every() -> list[FrameworkRow]:
    """The newest version of each framework, the latest import first."""
    last = select(func.max(FrameworkRow.id)).group_by(FrameworkRow.uri)
    query = select(FrameworkRow).where(FrameworkRow.id.in_(last))
    return list(db.session.scalars(query.order_by(FrameworkRow.id.desc())))


def in_force(ruleset: Mapping[str, Any]) -> Framework:
    """The framework a ruleset names, with what it takes from others; bare ids where none knows.

    Its levels are the ruleset's where the framework has no scale.
    """
    uri, scale = str(ruleset.get("framework", "")), ruleset["scale"]["levels"]
    named = find(uri) or Framework(uri=uri, title={"en": uri}, levels=(), competencies={})
    lacking = [one for one in ruleset["competencies"] if one not in named.competencies]
    found = dict(named.competencies)
    for other in _others(uri) if lacking else ():
        known = ((one, other.competencies.get(one)) for one in lacking)
        found |= {one: competency for one, competency in known if competency is not None}
    for one in lacking:
        found.setdefault(one, Competency(id=one, label={"en": one}, description={}))
    return replace(
        named,
        levels=named.levels
        or tuple(Level(number=n, label={"en": name}) for n, name in enumerate(scale, 1)),
        competencies=found,
    )


def _others(uri: str) -> Iterator[Framework]:
    """Every other framework, the earliest import first."""
    last = select(func.max(FrameworkRow.id)).where(FrameworkRow.uri != uri)
    query = select(FrameworkRow.id, FrameworkRow.sha256).where(
        FrameworkRow.id.in_(last.group_by(FrameworkRow.uri))
    )
    for row in db.session.execute(query.order_by(FrameworkRow.id)).all():
        yield _kept(row.id, row.sha256)


@lru_cache(maxsize=16)
def _kept(row_id: int, _sha256: str) -> Framework:
    """A version, read once per process; versions never change."""
    return read(db.session.get_one(FrameworkRow, row_id).document)


def _as_json(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadReport(
            f"This cannot be kept as a framework: JSON cannot hold it ({error}).",
            "Use texts, numbers, lists and mappings.",
        ) from error
