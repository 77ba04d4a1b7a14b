"""Help, privacy notice and accessibility statement: three pages everybody can read."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from plugins.guide import register_pages

PAGES = {page.name: page for page in register_pages()}


class Tags(HTMLParser):
    """The tags that are open while a text is read, and what was wrong on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.wrong.append(tag)


def parsed(name: str) -> Tags:
    tags = Tags()
    tags.feed(PAGES[name].html)
    return tags


def test_the_foot_of_every_page_leads_to_them() -> None:
    assert sorted(PAGES) == ["accessibility", "help", "privacy"]


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_it(app: Flask, name: str) -> None:
    page = app.test_client().get(f"/{name}")

    assert page.status_code == 200
    assert f"<h1>{PAGES[name].title}</h1>" in page.text


@pytest.mark.parametrize("name", PAGES)
def test_every_tag_is_closed(name: str) -> None:
    tags = parsed(name)

    assert (tags.open, tags.wrong) == ([], [])


@pytest.mark.parametrize("name", PAGES)
def test_links_within_the_page_lead_somewhere(name: str) -> None:
    targets = set(re.findall(r'href="#([^"]+)"', PAGES[name].html))

    assert targets <= set(parsed(name).ids)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_in_it_is_refused_by_our_own_policy(name: str) -> None:
    assert not re.search(r"<script|<style| style=| on\w+=|<img", PAGES[name].html)


@pytest.mark.parametrize(
    "said",
    ["What is kept", "Who can read it", "Your rights", "Who is responsible", "fewer than five"],
)
def test_the_notice_says(said: str) -> None:
    assert said in PAGES["privacy"].html


@pytest.mark.parametrize("said", ["axe", "Chromium", "No audit", "Tell us"])
def test_the_statement_is_honest(said: str) -> None:
    assert said in PAGES["accessibility"].html
