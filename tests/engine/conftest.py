"""What tests of the engine share: an application with the toy source, and what they count."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import toy
from flask import Flask

from engine.db import db


@pytest.fixture
def toys(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An application with the toy source and one instance of it, t."""
    app = make_app([("toy", toy)])
    with app.app_context():
        toy.add_toy("t")
        yield app
        db.session.remove()
