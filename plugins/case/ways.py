"""What is part of what: circles, and the order in which a tree is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.api import BadReport

Parents = Mapping[str, Sequence[str]]


def refuse_circles(parents: Parents, named: Callable[[str], str]) -> None:
    """Nothing is part of itself.

    :param named: what people call it, for the message.
    :raises BadReport: with the way round.
    """
    left = {uri: list(above) for uri, above in parents.items()}
    free = [uri for uri, above in left.items() if not above]
    below = children(parents)
    while free:
        one = free.pop()
        left.pop(one, None)
        for child in below.get(one, ()):
            left[child].remove(one)
            if not left[child]:
                free.append(child)
    if left:
        way = [named(one) for one in _round(left)]
        raise BadReport(
            f"It is part of itself: {' > '.join(way)}"[:500] + ".",
            "Take one of these isChildOf relations out.",
            where=way[0],
        )


def _round(left: Parents) -> list[str]:
    """Upward among those that are in a circle or below one, until somebody comes again."""
    way = [next(iter(left))]
    while True:
        above = next(one for one in left[way[-1]] if one in left)
        if above in way:
            return [*way[way.index(above) :], above]
        way.append(above)


def children(parents: Parents) -> dict[str, list[str]]:
    """Who is part of whom, downward, in the order told."""
    below: dict[str, list[str]] = {}
    for uri, above in parents.items():
        for parent in above:
            below.setdefault(parent, []).append(uri)
    return below


def in_order(
    uris: Sequence[str], parents: Parents, numbers: Mapping[tuple[str, str], int], top: str
) -> list[str]:
    """The order of the file; where its sequence numbers say otherwise, that of the tree.

    :param numbers: by child and parent; those at the top have `top` as their parent.
    """
    places = {uri: (place, uri) for place, uri in enumerate(uris)}
    below = children({uri: parents.get(uri) or (top,) for uri in uris})
    sorted_below = {
        parent: sorted(ones, key=lambda one: _rank(numbers.get((one, parent)), places[one]))
        for parent, ones in below.items()
    }
    if sorted_below == below:
        return list(uris)
    return _told(sorted_below, top)


def _rank(number: int | None, place: tuple[int, str]) -> tuple[bool, int, tuple[int, str]]:
    """By number; those without one come after, as they stand."""
    return number is None, number or 0, place


def _told(below: Mapping[str, Iterable[str]], top: str) -> list[str]:
    """Everybody once, parents first, each followed by what belongs to her."""
    told: dict[str, None] = {}
    stack = [top]
    while stack:
        one = stack.pop()
        if one in told:
            continue
        told[one] = None
        stack += reversed(list(below.get(one, ())))
    return [uri for uri in told if uri != top]
