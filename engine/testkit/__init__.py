"""The conformance kit for plugins: what authors test with, and what `byway plugins check` runs.

    @pytest.mark.parametrize("case", cases(my_plugin), ids=str)
    def test_conformance(case: Case) -> None:
        case.run()

Every case uses the engine itself, on an instance of its own that is thrown away.
"""

from __future__ import annotations

from engine.testkit.broken import Broken
from engine.testkit.case import Case
from engine.testkit.guards import pure
from engine.testkit.kit import cases

__all__ = ["Broken", "Case", "cases", "pure"]
