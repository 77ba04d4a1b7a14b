"""Signing in by a one-time link, and out; who is signed in, and what pages she may open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, Flask, Request, redirect, render_template, url_for
from flask import Response as Answer
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response

from engine.db import transaction
from engine.errors import Forbidden, Unauthorized
from engine.people import signin
from engine.people.service import Who, find_by_uid, who

bp = Blueprint("session", __name__)
login = LoginManager()


class Sessions(SecureCookieSessionInterface):
    """Sessions for who has one or begins one; a client with a key has none, which costs nothing."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The visitor's session, an empty one for who brings no cookie."""
        if self.get_cookie_name(app) in request.environ.get("HTTP_COOKIE", ""):
            return super().open_session(app, request)
        return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Answer) -> None:
        """Keep what is in it; one that is empty and was, is nothing to keep."""
        if session or session.modified:
            super().save_session(app, session, response)


P = ParamSpec("P")
R = TypeVar("R")


class Visitor(UserMixin):  # type: ignore[misc]
    """Whoever is signed in."""

    def __init__(self, who: Who) -> None:
        self.who = who

    def get_id(self) -> str:
        """The person's own id, which no other person ever gets."""
        return self.who.uid


def load(uid: str) -> Visitor | None:
    """The person a session belongs to, as she is now."""
    person = find_by_uid(uid)
    return Visitor(who(person)) if person else None


def turn_away() -> None:
    """A page that needs somebody, and nobody is signed in."""
    raise Unauthorized(
        "This page needs you to sign in.",
        "Ask your Byway team for a sign-in link; it works once.",
    )


login.user_loader(load)
login.unauthorized_handler(turn_away)


def needs(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a view to signed-in people with one of these roles only; without roles to everybody."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                turn_away()
            if roles and not current_user.who.roles & set(roles):
                raise Forbidden("This page is for your L&D team.", "Ask an operator for the role.")
            return view(*args, **kwargs)

        return guarded

    return decorate


@bp.get("/sign-in/<token>")
def ask(token: str) -> str:
    """Ask before a link is used up, since mail scanners follow links."""
    return render_template("sign_in.html", name=signin.peek(token).name)


@bp.post("/sign-in/<token>")
def sign_in(token: str) -> Response:
    """Use the link up and go to the first page."""
    with transaction():
        person = signin.use(token)
        visitor = Visitor(who(person))
    login_user(visitor)
    return redirect(url_for("learner.learning"))


@bp.post("/sign-out")
def sign_out() -> Response:
    """Leave."""
    logout_user()
    return redirect(url_for("pages.home"))
