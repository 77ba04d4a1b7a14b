"""Runs the public xAPI conformance suite against scratch servers: `make conformance SUITE=path`.

The suite (github.com/adlnet/lrs-conformance-test-suite, Node) is no part of this project: check it
out anywhere else and `npm install` there. Each version gets an instance, a database and a server of
its own, all thrown away afterwards. The suite's exit code is a count modulo 256 and its failing
hooks drop tests without counting them, so only its log says whether everything passed.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from scratch import Server, Stopped, database_name, say, scratch_server, warm_up

RUNNER = Path("bin") / "console_runner.js"
LOG_LINE = "Full run log written to "
VERSIONS = ("1.0.3", "2.0.0")
# How many tests the commits of the suite that we know have: fewer means that some did not run.
KNOWN = {"2ec25f2eb8ccfcb7cb63ec2679dbd965f9f6ffdc": {"1.0.3": 1365, "2.0.0": 1442}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One test that failed: its titles from the outermost inward, and the error."""

    title: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the suite says of one version."""

    version: str
    total: int
    passed: int
    failed: int
    expected: int | None
    seconds: float
    failures: list[Failure] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every test there is ran and passed."""
        return self.passed == self.total > 0 and self.expected in (None, self.total)


def main() -> int:
    """Run the suite for each version asked for; 0 when everything passed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    given = arguments()
    try:
        commit = suite_commit(given.suite)
        database = database_name(given.database_url)
        say(f"Suite {commit[:7]} on {database}, {today()}")
        outcomes = [
            run_version(version, given, commit=commit) for version in given.versions.split(",")
        ]
    except Stopped as stopped:
        sys.stderr.write(f"{stopped}\n")
        return 2
    if given.json:
        write_report(given.json, commit=commit, database=database, outcomes=outcomes)
    return 0 if all(outcome.complete for outcome in outcomes) else 1


def stop(number: int, _frame: FrameType | None) -> None:
    """A signal ends the run the way an error does: servers and databases are put away."""
    raise SystemExit(128 + number)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", required=True, type=Path, help="where the suite is checked out")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="a PostgreSQL server on which a database of a fresh name is made; else SQLite",
    )
    parser.add_argument("--versions", default=",".join(VERSIONS), help="default: %(default)s")
    parser.add_argument("--grep", metavar="REGEX", help="only tests whose title matches")
    parser.add_argument("--keep", action="store_true", help="keep the instances and databases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as well")
    return parser.parse_args()


def today() -> str:
    return datetime.now(UTC).date().isoformat()


# --- the suite ----------------------------------------------------------------------------------


def suite_commit(suite: Path) -> str:
    """The commit that the suite is checked out at, once all that a run needs is there."""
    if not shutil.which("node"):
        raise Stopped("node is missing. The suite needs Node.js. (Debian: apt install nodejs npm)")
    if not (suite / RUNNER).is_file():
        raise Stopped(f"{suite} is no checkout of the suite: it has no {RUNNER}.")
    if not (suite / "node_modules").is_dir():
        raise Stopped(f"The suite's packages are missing. Run: npm install --prefix {suite}")
    asked = subprocess.run(
        ["git", "-C", str(suite), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"


def run_version(version: str, given: argparse.Namespace, *, commit: str) -> Outcome:
    """One version against a server of its own, and what to print of it."""
    expected = None if given.grep else KNOWN.get(commit, {}).get(version)
    with scratch_server(version, given.database_url, keep=given.keep) as server:
        warm_up(server, version)
        log = run_suite(server, version, suite=given.suite, grep=given.grep)
    outcome = read_log(log, version=version, expected=expected)
    show(outcome)
    return outcome


def run_suite(server: Server, version: str, *, suite: Path, grep: str | None) -> dict[str, Any]:
    """Run the suite and read its log."""
    command = ["node", str(RUNNER), "-e", server.endpoint, "-x", version]
    command += ["-a", "-u", server.key, "-p", server.secret]
    command += ["-g", grep] if grep else []
    with subprocess.Popen(
        command, cwd=suite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            said = list(followed(running.stdout or ()))
        finally:
            running.terminate()
    written = [line for line in said if line.startswith(LOG_LINE)]
    if not written:
        raise Stopped("The suite wrote no log. It said:\n" + "".join(said[-40:]))
    log = Path(written[-1].removeprefix(LOG_LINE).strip())
    read: dict[str, Any] = json.loads(log.read_bytes())
    return read


def followed(lines: Iterable[str]) -> Iterator[str]:
    """The lines that the suite prints; somebody who watches sees the latest count."""
    for line in lines:
        if sys.stderr.isatty() and line.startswith("{"):
            sys.stderr.write(f"\r  {line.strip()[:78]:<78}\r")
        yield line


def read_log(log: dict[str, Any], *, version: str, expected: int | None) -> Outcome:
    """What a log says, counted and with its failures in order."""
    summary = log["summary"]
    return Outcome(
        version=version,
        total=summary["total"] or 0,
        passed=summary["passed"] or 0,
        failed=summary["failed"] or 0,
        expected=expected,
        seconds=(log.get("duration") or 0) / 1000,
        failures=list(failures_in(log.get("log"), ())),
    )


def failures_in(node: dict[str, Any] | None, above: tuple[str, ...]) -> Iterator[Failure]:
    """The failures below a node; a suite carries an error itself when one of its hooks failed."""
    if not node:
        return
    titles = (*above, node.get("title") or "")
    if node.get("error") is not None:
        yield Failure(title=" > ".join(filter(None, titles)), error=str(node["error"]))
    for child in node.get("tests") or ():
        yield from failures_in(child, titles)


def show(outcome: Outcome) -> None:
    """Print how many passed, and each failure."""
    for failure in outcome.failures:
        say(f"  {failure.title}\n      {' '.join(failure.error.split())[:300]}")
    counted = outcome.passed + outcome.failed
    if counted != outcome.total:
        say(f"  {outcome.total - counted} did not run: a hook above failed, or it was stopped.")
    if outcome.expected not in (None, outcome.total):
        say(f"  The suite should hold {outcome.expected} tests at this commit.")
    say(f"{outcome.version}: {outcome.passed} of {outcome.total} passed, {outcome.seconds:.0f} s")


def write_report(file: Path, *, commit: str, database: str, outcomes: list[Outcome]) -> None:
    """The same as JSON."""
    report = {
        "suite_commit": commit,
        "date": today(),
        "database": database,
        "python": platform.python_version(),
        "runs": [asdict(outcome) | {"complete": outcome.complete} for outcome in outcomes],
    }
    file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
