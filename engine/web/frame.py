"""What every page has around it: navigation by role, the name, and how a refusal looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from engine import __version__
from engine.errors import Refused
from engine.pipeline import host

LEARNER = (
    ("My learning", "learner.learning"),
    ("My competencies", "learner.competencies"),
    ("Reviews", "learner.reviews.asked"),
    ("My results", "badges.mine"),
    ("My data", "learner.data"),
)
WORKBENCH = (
    ("Sources", "workbench.sources"),
    ("Plugins", "catalogue.every"),
    ("Not aligned", "workbench.unaligned"),
    ("People", "inbox.every"),
    ("Frameworks", "frameworks.every"),
    ("Rules", "rulesets.every"),
    ("Disputes", "disputes.every"),
    ("Validator", "validator.ask"),
)
APPROVALS = ("Approvals", "approvals.queue")


def context() -> dict[str, Any]:
    """The variables of the layout."""
    who = current_user.who if current_user.is_authenticated else None
    return {
        "version": __version__,
        "nav": _links(LEARNER) if who else [],
        "team_nav": _links(_of_the_team(who.roles)) if who else [],
        "who": {"name": who.name, "url": url_for("learner.data")} if who else None,
        "sign_out_url": url_for("session.sign_out") if who else None,
        "data_url": url_for("learner.data") if who else None,
        "pages": list(host().pages.values()),
    }


def _of_the_team(roles: frozenset[str]) -> list[tuple[str, str]]:
    """The pages for those who look after others' learning."""
    items = list(WORKBENCH) if roles & {"ld", "operator"} else []
    return [*items, APPROVALS] if roles & {"ld", "expert"} else items


def _links(items: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    here = request.path
    found = [(title, url_for(endpoint)) for title, endpoint in items]
    return [
        {"title": title, "url": url, "current": here == url or here.startswith(url + "/")}
        for title, url in found
    ]


def refused(error: Refused) -> tuple[str, int]:
    """A refusal as a page: what happened and how to mend it."""
    page = render_template(
        "error.html", status=error.status, why=error.why, mend=error.mend, where=error.where
    )
    return page, error.status


def failed(error: HTTPException) -> tuple[str, int]:
    """What Flask itself refuses."""
    status = error.code or 500
    return render_template("error.html", status=status), status
