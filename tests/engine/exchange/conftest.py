"""What tests of the exchange share: another record store, and an application that may reach it."""

from __future__ import annotations

import pytest
from exchange_making import Elsewhere
from flask import Flask
from lrs_making import an_authority
from pytest_httpserver import HTTPServer

from engine.config import settings
from engine.lrs.store import Authority


@pytest.fixture
def elsewhere(httpserver: HTTPServer) -> Elsewhere:
    """Another record store."""
    return Elsewhere(server=httpserver)


@pytest.fixture
def us(app: Flask) -> Authority:
    """An origin of our own; the application may reach other stores on this machine."""
    object.__setattr__(settings(), "allow_private_fetch", True)
    return an_authority()
