"""A ruleset's text changed rule by rule, and where its places stand.

A change keeps comments, order and anchors as far as it can. Whatever way is taken, the text is
compiled again and must come to the config that was meant, else the next plainer way is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from engine.competencies.config import canonical_json, compile_ruleset, well_shaped
from engine.competencies.yaml_reading import UNREADABLE
from engine.errors import Refused
from engine.web.rulesets_yaml import (
    PARTS,
    Config,
    Dumper,
    Rule,
    compiled,
    dumped,
    means,
    on_one_line,
    rule_of,
    written,
)

LONG = 400_000
"""Characters of a text beyond which a change writes it anew, because that is quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where something stands in a text: characters from `start` up to `end`, and its column."""

    start: int
    end: int
    column: int


_Edit = tuple[Span, str]
"""What stands somewhere, and what comes in its place."""


# ---- Changing ----------------------------------------------------------------


def with_rule(text: str, at: int, rule: Rule) -> str:
    """The text with another rule in place of one; behind the last one it is added.

    :raises Refused: the rule cannot be compiled.
    """
    config = compiled(text)
    meant = _with(config, at, rule)
    return _first(_ways(text, at, rule, config), meant)


def without_rule(text: str, at: int) -> str:
    """The text without a rule."""
    config = compiled(text)
    rules = config["rules"]
    meant = {**config, "rules": [*rules[:at], *rules[at + 1 :]]}
    return _first(_cuts(text, at), meant)


def chunk(text: str, at: int) -> str:
    """A rule as it stands in the text, without the dash and as far left as it goes."""
    span = _rule_span(text, at)
    lines = (" " * span.column + text[span.start : span.end]).splitlines()
    return "\n".join(line[span.column :] if not line[: span.column].strip() else line
                     for line in lines)  # fmt: skip


def with_chunk(text: str, at: int, typed: str) -> str:
    """The text with what somebody typed in place of a rule; it may be wrong in any way."""
    span = _rule_span(text, at)
    lines = typed.replace("\r\n", "\n").strip("\n").splitlines() or ["{}"]
    pad = " " * span.column
    put = "\n".join([lines[0], *(pad + line if line.strip() else "" for line in lines[1:])])
    return text[: span.start] + put + text[span.end :]


def _with(config: Config, at: int, rule: Rule) -> dict[str, Any]:
    """The config that is meant: the rule compiled beside the others, which stay as they are."""
    with well_shaped("The rule"):
        made = compile_ruleset({"rules": [rule]})["rules"][0]
    rules = config.get("rules") or []
    return {**config, "rules": [*rules[:at], made, *rules[at + 1 :]]}


def _first(ways: Iterator[str], meant: Config) -> str:
    return next((way for way in ways if means(way, meant)), "") or written(meant)


def _ways(text: str, at: int, rule: Rule, config: Config) -> Iterator[str]:
    """The text with the rule in it, the way that keeps most of it first."""
    rules = config.get("rules") or []
    if len(text) > LONG:
        return
    if at >= len(rules):
        yield from _attempts(lambda: _added(text, rule))
        return
    former = rule_of(rules[at])
    yield from _attempts(lambda: _spliced(text, at, former, rule))
    yield from _attempts(lambda: _spliced(_unshared(text, at), at, former, rule))
    yield from _attempts(lambda: _replaced(_unshared(text, at), at, rule))


def _cuts(text: str, at: int) -> Iterator[str]:
    if len(text) > LONG:
        return
    yield from _attempts(lambda: _cut(text, at))
    yield from _attempts(lambda: _cut(_unshared(text, at), at))


def _attempts(way: Callable[[], str]) -> Iterator[str]:
    """What a way comes to, unless the text is not made for it."""
    try:
        yield way()
    except (LookupError, Refused, *UNREADABLE):
        return


def _spliced(text: str, at: int, former: Rule, rule: Rule) -> str:
    """Only the values that are others are written anew, in place."""
    edits: list[_Edit] = []
    node, span = _rule_node(text, at), _rule_span(text, at)
    if former["id"] != rule["id"]:
        edits.append(_edit(text, _member(node, "id"), span, rule["id"]))
    for part in PARTS:
        if canonical_json(former[part]) != canonical_json(rule[part]):
            edits += _part_edits(text, node, span, part, former[part], rule[part])
    for place, put in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: place.start] + put + text[place.end :]
    return text


def _part_edits(
    text: str, node: yaml.Node, span: Span, part: str, former: Config, now: Config
) -> list[_Edit]:
    """Value by value while the keys are the same ones, else the part as a whole."""
    holder = _member(node, part) if _has(node, part) or part != "evidence" else node
    if former.keys() != now.keys():
        return [_edit(text, _member(node, part), span, now)]
    return [
        _edit(text, _member(holder, key), span, value)
        for key, value in now.items()
        if canonical_json(former[key]) != canonical_json(value)
    ]


def _edit(text: str, node: yaml.Node, outer: Span, value: Any) -> _Edit:
    """What to put in a node's place, in the form that may stand there."""
    place = _within(text, node, outer)
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if not is_block:
        return place, on_one_line(value)
    if isinstance(value, list) and isinstance(node, yaml.SequenceNode) and value:
        lines = [f"- {on_one_line(one_)}" for one_ in value]
        return place, f"\n{' ' * place.column}".join(lines)
    return place, "  " + on_one_line(value)


def _replaced(text: str, at: int, rule: Rule) -> str:
    return with_chunk(text, at, dumped(rule))


def _added(text: str, rule: Rule) -> str:
    rules = _member(_root(text), "rules")
    last = _rule_span(text, len(rules.value) - 1)
    column = rules.start_mark.column
    lines = dumped(rule).rstrip("\n").splitlines()
    pad = " " * column
    put = "\n".join([f"{pad}- {lines[0]}", *(f"{pad}  {line}" for line in lines[1:])])
    return f"{text[: last.end]}\n{put}{text[last.end :]}"


def _cut(text: str, at: int) -> str:
    span = _rule_span(text, at)
    start = text.rindex("-", 0, span.start)
    begin = text.rfind("\n", 0, start) + 1
    return text[:begin] + text[span.end :].removeprefix("\n")


def _unshared(text: str, at: int) -> str:
    """The text without the anchors this rule shares with others: each has its own copy."""
    span, nodes = _rule_span(text, at), _by_start(_root(text))
    tokens = [one for one in yaml.scan(text) if isinstance(one, yaml.AliasToken | yaml.AnchorToken)]
    mine = {one.value for one in tokens if span.start <= one.start_mark.index < span.end}
    anchors = {
        one.value: nodes[one.start_mark.index]
        for one in tokens
        if isinstance(one, yaml.AnchorToken) and one.value in mine
    }
    for one_ in reversed([one for one in tokens if one.value in mine]):
        start, end = one_.start_mark.index, one_.end_mark.index
        if isinstance(one_, yaml.AliasToken):
            text = text[:start] + _as_text(anchors[one_.value]) + text[end:]
        else:
            gap = "" if text[end:].lstrip(" ").startswith("\n") else " "
            text = text[:start].rstrip(" ") + gap + text[end:].lstrip(" ")
    return text


def _as_text(node: yaml.Node) -> str:
    """A node on one line, its scalars as they were written."""
    _flatten(node)
    text: str = yaml.serialize(node, Dumper=Dumper, width=10**9, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def _flatten(node: yaml.Node) -> None:
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
        for child in node.value:
            for one_ in child if isinstance(child, tuple) else (child,):
                _flatten(one_)


# ---- Finding places ------------------------------------------------------------


def lines_of(text: str, places: Iterable[str]) -> list[int | None]:
    """The line each place of a finding stands at, counted from 1; the nearest one that is there."""
    try:
        root: yaml.Node | None = _root(text)
    except (LookupError, *UNREADABLE):
        root = None
    return [_line(root, where) for where in places]


def _line(node: yaml.Node | None, where: str) -> int | None:
    told = re.match(r"line (\d+)", where)
    if told:
        return int(told[1])
    found = None
    while where and node is not None:
        key, node, where = _step(node, where)
        found = key.start_mark.line + 1 if key is not None else found
    return found


def _step(node: yaml.Node, where: str) -> tuple[yaml.Node | None, yaml.Node | None, str]:
    """One step along a place such as rules.attended.match or alignments[2].object_id."""
    if isinstance(node, yaml.SequenceNode):
        return _item(node, where)
    pairs = list(node.value) if isinstance(node, yaml.MappingNode) else []
    pairs += [pair for key, value in pairs if key.value == "evidence" for pair in _pairs(value)]
    fits = [pair for pair in pairs if _leads(where, str(pair[0].value))]
    if not fits:
        return None, None, ""
    key, value = max(fits, key=lambda pair: len(str(pair[0].value)))
    return key, value, where[len(str(key.value)) :].removeprefix(".")


def _item(node: yaml.SequenceNode, where: str) -> tuple[yaml.Node | None, yaml.Node | None, str]:
    """An item by its number, or a rule by its id."""
    at = re.match(r"\[?(\d+)\]?(?=\.|$)\.?", where)
    if at and int(at[1]) < len(node.value):
        return node.value[int(at[1])], node.value[int(at[1])], where[at.end() :]
    for item in node.value:
        named = str(_member(item, "id").value) if _has(item, "id") else None
        if named is not None and _leads(where, named):
            return item, item, where[len(named) :].removeprefix(".")
    return None, None, ""


def _leads(where: str, name: str) -> bool:
    return bool(name) and where.startswith(name) and where[len(name) :][:1] in ("", ".", "[")


def _pairs(node: yaml.Node) -> Sequence[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else ()


def _root(text: str) -> yaml.Node:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        raise LookupError("there is nothing in it")
    return root


def _rule_node(text: str, at: int) -> yaml.Node:
    found: yaml.Node = _member(_root(text), "rules").value[at]
    return found


def _rule_span(text: str, at: int) -> Span:
    return _span(text, _rule_node(text, at))


def _member(node: yaml.Node, key: str) -> yaml.Node:
    for name, value in _pairs(node):
        if name.value == key:
            return value
    raise LookupError(key)


def _has(node: yaml.Node, key: str) -> bool:
    return any(name.value == key for name, _ in _pairs(node))


def _within(text: str, node: yaml.Node, outer: Span) -> Span:
    """Where a node stands; an alias's node stands elsewhere, and is none of this rule's."""
    span = _span(text, node)
    if not outer.start <= span.start <= span.end <= outer.end:
        raise LookupError("it stands elsewhere")
    return span


def _span(text: str, node: yaml.Node) -> Span:
    """A node's own characters: blank lines and comments behind it belong to what follows."""
    start, end = node.start_mark.index, node.end_mark.index
    lines = text[start:end].splitlines(keepends=True)
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    while is_block and len(lines) > 1 and re.match(r"\s*(#|$)", lines[-1]):
        lines.pop()
    kept = "".join(lines)
    kept = kept.rstrip() if is_block else kept
    return Span(start=start, end=start + len(kept), column=node.start_mark.column)


def _by_start(node: yaml.Node) -> dict[int, yaml.Node]:
    found: dict[int, yaml.Node] = {}
    waiting = [node]
    while waiting:
        one_ = waiting.pop()
        if one_.start_mark.index not in found or isinstance(one_, yaml.CollectionNode):
            is_new = found.get(one_.start_mark.index) is not one_
            found[one_.start_mark.index] = one_
            pairs = _pairs(one_)
            items = one_.value if isinstance(one_, yaml.SequenceNode) else ()
            waiting += [*(part for pair in pairs for part in pair), *items] if is_new else []
    return found
