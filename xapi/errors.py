"""What the standard refuses, said so that whoever sent it can mend it."""

from __future__ import annotations


class StatementRefused(Exception):
    """A statement, or the JSON it came in, breaks a rule of the standard."""

    status = 400

    def __init__(self, *, path: str, rule: str, clause: str, fix: str) -> None:
        """Keep where it is (a JSON path), what was expected and what came, the clause, the mend."""
        super().__init__(path, rule, clause, fix)
        self.path = path
        self.rule = rule
        self.clause = clause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.path}: {self.rule} ({self.clause}) {self.fix}"


class QueryRefused(Exception):
    """A request's parameter or version header breaks a rule of the standard."""

    status = 400

    def __init__(self, *, parameter: str, rule: str, clause: str, fix: str) -> None:
        """Keep the parameter (or header) as it was named, the rule, its clause and the mend."""
        super().__init__(parameter, rule, clause, fix)
        self.parameter = parameter
        self.rule = rule
        self.clause = clause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.parameter}: {self.rule} ({self.clause}) {self.fix}"
