"""The look in numbers: both lists of tokens agree, and every text can be read on every ground."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CSS = (ROOT / "engine/web/static/byway.css").read_text()
TOKEN = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#\w+),\s*(#\w+)\)")
FALLBACK = re.compile(r"@supports not .*?\{.*?\{(.*?)\}", re.DOTALL)

THEMES = {
    "light": {name: light for name, light, _ in TOKEN.findall(CSS)},
    "dark": {name: dark for name, _, dark in TOKEN.findall(CSS)},
}
TEXTS = ("ink", "ink-soft", "accent", "accent-deep", "warn", "stop")
GROUNDS = ("paper", "sunk", "accent-wash", "warn-wash", "stop-wash")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: str, one: str, other: str) -> float:
    low, high = sorted(luminance(THEMES[theme][name]) for name in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_every_colour_token_is_read() -> None:
    assert len(THEMES["light"]) == 18


def test_older_browsers_get_the_light_list() -> None:
    fallback = FALLBACK.search(CSS)

    assert fallback is not None
    assert dict(re.findall(r"--([a-z0-9-]+):\s*(#\w+)", fallback[1])) == THEMES["light"]


@pytest.mark.parametrize("theme", THEMES)
def test_chosen_theme_overrules_the_system(theme: str) -> None:
    assert re.search(rf'\[data-bs-theme="{theme}"\]\s*{{ color-scheme: {theme}; }}', CSS)


@pytest.mark.parametrize(("theme", "text", "ground"), [*product(THEMES, TEXTS, GROUNDS)])
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    assert contrast(theme, text, ground) >= 4.5


@pytest.mark.parametrize(("theme", "button"), [*product(THEMES, ("accent", "accent-deep"))])
def test_button_can_be_read(theme: str, button: str) -> None:
    assert contrast(theme, "on-accent", button) >= 4.5


@pytest.mark.parametrize(
    ("theme", "edge", "ground"),
    [*product(THEMES, ("rule-strong", "ink", "stop", "accent"), ("paper", "sunk"))],
)
def test_edge_of_a_control_can_be_seen(theme: str, edge: str, ground: str) -> None:
    assert contrast(theme, edge, ground) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("step", "ratio"),
    [
        pytest.param("heat-1", 1.4, id="one activity"),
        pytest.param("heat-2", 3.0, id="two or three"),
        pytest.param("heat-3", 7.0, id="four or more"),
    ],
)
def test_heat_rises_from_the_empty_day(theme: str, step: str, ratio: float) -> None:
    assert contrast(theme, step, "heat-0") >= ratio


def test_every_token_used_is_defined() -> None:
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", CSS))

    assert used <= set(re.findall(r"--([a-z0-9-]+):", CSS))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_template_holds_no_inline_style_or_script(template: Path) -> None:
    assert re.findall(r"<style|<script|\sstyle=|\son\w+=|javascript:", template.read_text()) == []
