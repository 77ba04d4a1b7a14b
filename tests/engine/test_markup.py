"""Words out of the HTML of strangers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reading import excerpt, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("a<script>alert(1)</script>b", "ab", id="script"),
        pytest.param("a<SCRIPT src=//x.example>b", "a", id="script without end"),
        pytest.param("<scr<script>x</script>ipt>a", "xipt>a", id="script in pieces"),
        pytest.param("a<style>p{}</style>b", "ab", id="style"),
        pytest.param("a<!-- no -->b<!--> no <!---->c", "ab no c", id="comments"),
        pytest.param("a<svg><title>x</title><script>y</script></svg>b", "ab", id="drawing"),
        pytest.param("a<iframe>x</iframe><noscript>y</noscript>", "a", id="frames"),
        pytest.param('<img src=x onerror="alert(1)" alt="pic">a', "a", id="event"),
        pytest.param("&lt;b&gt; &amp;amp; &eacute;&nbsp;x", "<b> &amp; é x", id="entities"),
        pytest.param("<p>a\n b<p>c<br>d", "a b\nc\nd", id="lines"),
        pytest.param("<ul><li>a<li>b</ul>", "a\nb", id="list"),
        pytest.param("<table><tr><td>a<td>b</table>", "a b", id="cells"),
        pytest.param("in<b>vis</b>ible", "invisible", id="inside a word"),
        pytest.param("if a < b and b > c", "if a < b and b > c", id="signs"),
        pytest.param("a\u202egpj.exe\u202c b\u2066c\u2069", "agpj.exe bc", id="direction"),
        pytest.param("a\u200bb\ufeffc\u00add\u2060e", "abcde", id="width zero"),
        pytest.param("a&#8238;b&#x200b;c&zwnj;d", "abc\u200cd", id="written as entities"),
        pytest.param("a\U000e0049\U000e0067b", "ab", id="tag characters"),
        pytest.param("a\0b\x1bc\ud800d", "abcd", id="controls and half characters"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="a joiner that is spelling"),
    ],
)
def test_plain(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 40_000 + "x", id="deep"),
        pytest.param("<q>" * 30_000 + "x" + "</q>" * 30_000, id="deep and closed"),
        pytest.param("<b><i>" * 30_000, id="formatting"),
        pytest.param("<a href='" * 20_000, id="attributes without end"),
        pytest.param("<" * 300_000, id="signs"),
    ],
)
def test_hostile_html_ends(html: str) -> None:
    assert len(plain(html)) <= 200_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("<p>One.</p><p>Two.</p>", "One. Two.", id="one line"),
        pytest.param("<blockquote>theirs</blockquote>mine", "mine", id="quotation"),
        pytest.param('[quote="bo"]theirs[/quote]mine', "mine", id="quotation of a forum"),
        pytest.param("> theirs\nmine > all", "mine > all", id="quotation in plain text"),
        pytest.param("<pre>x = 1</pre>Use <code>SUM</code>", "Use SUM", id="code"),
        pytest.param("<aside>a preview</aside>mine", "mine", id="preview"),
    ],
)
def test_excerpt(html: str, text: str) -> None:
    assert excerpt(html) == text


def test_an_excerpt_is_cut_between_words() -> None:
    assert excerpt("<p>" + "word " * 100, 12) == "word word…"


def test_an_excerpt_of_one_endless_word() -> None:
    assert excerpt("w" * 500, 12) == "w" * 11 + "…"


@settings(max_examples=100, deadline=None)
@given(st.text(), st.integers(1, 50))
def test_an_excerpt_is_never_longer(text: str, most: int) -> None:
    assert len(excerpt(text, most)) <= most
