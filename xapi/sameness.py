"""When two statements with one id are the same statement (xAPI 1.0.3 Data 2.3.1)."""

from __future__ import annotations

from typing import Any

from xapi.text import canonical
from xapi.times import cut_duration, read_timestamp

_IGNORED = frozenset({"id", "stored", "authority", "version", "timestamp"})


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two checked statements differ only in what the standard does not count.

    Not counted: what the record store fills in (id, stored, authority, version, and a timestamp
    that one side lacks), how an instant is written, verb displays, activity definitions, the
    order of members and of context activities, a single context activity instead of an array,
    where an attachment lies, a duration's digits beyond a hundredth of a second, and the case of
    what has none: UUIDs, hashes, language tags, the domain of an address (its local part counts).
    """
    return _instants_agree(a, b) and canonical(_event(a)) == canonical(_event(b))


def _instants_agree(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """A timestamp that one side lacks is the record store's; to the millisecond it must keep."""
    if "timestamp" not in a or "timestamp" not in b:
        return True
    return _instant(a["timestamp"]) == _instant(b["timestamp"])


def _instant(text: str) -> str:
    return read_timestamp(text).isoformat(timespec="milliseconds")


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """What counts of a statement or SubStatement, in one spelling."""
    counted = {name: value for name, value in event.items() if name not in _IGNORED}
    counted["verb"] = event["verb"]["id"]
    counted["actor"] = _agent(event["actor"])
    counted["object"] = _object(event["object"])
    if "result" in event:
        counted["result"] = _result(event["result"])
    if "context" in event:
        counted["context"] = _context(event["context"])
    if "attachments" in event:
        counted["attachments"] = [_attachment(attachment) for attachment in event["attachments"]]
    return counted


def _object(value: dict[str, Any]) -> dict[str, Any]:
    match value.get("objectType", "Activity"):
        case "Activity":
            return _activity(value)
        case "StatementRef":
            return {**value, "id": value["id"].lower()}
        case "SubStatement":
            at = {"timestamp": _instant(value["timestamp"])} if "timestamp" in value else {}
            return _event(value) | at
        case _:
            return _agent(value)


def _activity(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != "definition"}


def _agent(value: dict[str, Any]) -> dict[str, Any]:
    counted = dict(value)
    if "mbox" in value:
        local, _, domain = value["mbox"].rpartition("@")
        counted["mbox"] = f"{local}@{domain.lower()}"
    if "mbox_sha1sum" in value:
        counted["mbox_sha1sum"] = value["mbox_sha1sum"].lower()
    if "member" in value:
        counted["member"] = sorted((_agent(member) for member in value["member"]), key=canonical)
    return counted


def _result(value: dict[str, Any]) -> dict[str, Any]:
    if "duration" not in value:
        return value
    return {**value, "duration": cut_duration(value["duration"])}


def _context(value: dict[str, Any]) -> dict[str, Any]:
    counted = dict(value)
    for name in ("registration", "language"):
        if name in value:
            counted[name] = value[name].lower()
    for name in ("instructor", "team"):
        if name in value:
            counted[name] = _agent(value[name])
    if "statement" in value:
        counted["statement"] = _object(value["statement"])
    if "contextActivities" in value:
        counted["contextActivities"] = {
            name: _activities(item) for name, item in value["contextActivities"].items()
        }
    for plural, single in (("contextAgents", "agent"), ("contextGroups", "group")):
        if plural in value:
            counted[plural] = [{**item, single: _agent(item[single])} for item in value[plural]]
    return counted


def _activities(value: Any) -> list[dict[str, Any]]:
    activities = [value] if isinstance(value, dict) else value
    return sorted((_activity(activity) for activity in activities), key=canonical)


def _attachment(value: dict[str, Any]) -> dict[str, Any]:
    counted = {name: item for name, item in value.items() if name != "fileUrl"}
    counted["sha2"] = value["sha2"].lower()
    for name in ("display", "description"):
        if name in value:
            counted[name] = {tag.lower(): text for tag, text in value[name].items()}
    return counted
