"""Speed of a running `byway serve` with its worker, beside the ceiling, as a Markdown table.

    python -m bench.measure --statements 10000
    python -m bench.measure --statements 1000000 --database-url postgresql://...

Both servers are loaded alternately by lrsbench.py, which verifies every answer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import scratch
from bench.scratch import PROJECT, Server

BY_HTTP = 20_000
"""Up to how many statements are loaded through the door; more go straight into the store."""
POSTS, GETS = "abc", "defgh"
NAMES = {
    "a": "POST 1 (8), statements/s",
    "b": "POST 50 (4), statements/s",
    "c": "POST 1,000 (1), statements/s",
    "d": "GET by id (8), requests/s",
    "e": "GET agent, 50 (8), requests/s",
    "f": "GET verb+activity, 50 (8), requests/s",
    "g": "GET since, more x5 (4), pages/s",
    "h": "GET related_activities, 50 (8), requests/s",
}


def main() -> None:
    """Measure and print."""
    options = _options()
    straight = options.statements > BY_HTTP
    load = (lambda settings: _load(settings, options.statements)) if straight else dict
    with (
        scratch.scratch_server("1.0.3", options.database_url, keep=False, prepare=load) as server,
        _ceiling() as (ceiling, pid),
    ):
        _wait_for_projector(server)
        skip = list("defgh" if straight else "efgh")  # it knows a few statements by heart
        top = {**_CEILING, "endpoint": ceiling, "server_pids": [pid], "skip": skip}
        targets = [_ours(server, options), top]
        # those that read come first: those that write leave a larger store behind
        runs = [
            _run(targets, options, "".join(asked), first=not at, straight=straight)
            for at, kind in enumerate((GETS, POSTS))
            if (asked := [one for one in kind if one in options.workloads])
        ]
    result = {"runs": runs, "medians": [row for run in runs for row in run["medians"]]}
    if options.json:
        Path(options.json).write_text(json.dumps(result))
    scratch.say(_table(result, options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=10_000, help="stored before measuring")
    parser.add_argument("--database-url", help="PostgreSQL; without it SQLite")
    parser.add_argument("--duration", type=float, default=8, help="seconds for each workload")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workloads", default=POSTS + GETS)
    parser.add_argument("--json", help="write all figures here")
    return parser.parse_args()


_CEILING: dict[str, Any] = {
    "name": "ceiling",
    "user": "",
    "password": "",
    "version": "1.0.3",
}


def _ours(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    kind = scratch.database_name(options.database_url)
    return {
        "name": f"byway {kind}",
        "endpoint": server.endpoint,
        "user": server.key,
        "password": server.secret,
        "version": "1.0.3",
        "server_pids": [server.pid],
    }


@contextmanager
def _ceiling() -> Iterator[tuple[str, int]]:
    """Where the ceiling answers, and its process id."""
    port = scratch.free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2"),
        *("--worker-class", "gthread", "--threads", "8", "--keep-alive", "75"),
        *("--log-level", "error", f"bench.ceiling:create_app({BY_HTTP // 2})"),
    ]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            scratch.wait_until(lambda: scratch.answers(f"http://127.0.0.1:{port}/xapi/about"))
            yield f"http://127.0.0.1:{port}/xapi", process.pid
        finally:
            process.terminate()


def _load(settings: dict[str, str], count: int) -> None:
    """Put the benchmark's statements into the store, as the key sends them."""
    subprocess.run(
        [sys.executable, "-m", "bench.load", str(count)],
        cwd=PROJECT,
        env=scratch.environment(settings),
        check=True,
    )


def _wait_for_projector(server: Server) -> None:
    """Let the worker come to the end of the log, as it is in daily life."""
    environ = dict(
        item.split("=", 1)
        for item in Path(f"/proc/{server.pid}/environ").read_text().split("\0")
        if item.startswith("BYWAY_")
    )
    while not _is_well(environ):
        time.sleep(2)


def _is_well(environ: dict[str, str]) -> bool:
    """Whether the doctor finds nothing, as a projector that is behind."""
    try:
        scratch.byway(environ, "doctor")
    except scratch.Stopped:
        return False
    return True


def _run(
    targets: list[dict[str, Any]],
    options: argparse.Namespace,
    workloads: str,
    *,
    first: bool,
    straight: bool,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        given, found = Path(directory) / "targets.json", Path(directory) / "found.json"
        given.write_text(json.dumps(targets))
        loaded = "--preload" if first and not straight else "--already"
        command = [
            *(sys.executable, str(PROJECT / "bench" / "lrsbench.py"), "--targets", str(given)),
            *(loaded, str(options.statements), "--duration", str(options.duration)),
            *("--rounds", str(options.rounds), "--workloads", workloads),
            *("--json", str(found)),
        ]
        subprocess.run(command, check=True)
        result: dict[str, Any] = json.loads(found.read_text())
    return result


def _table(result: dict[str, Any], options: argparse.Namespace) -> str:
    """The medians: wall, per CPU-second of the server with its worker, the share of the ceiling."""
    rows = {(row["target"], row["workload"]): row for row in result["medians"]}
    ours = next(name for name, _ in rows if name != "ceiling")
    lines = [
        f"{ours}, {options.statements:,} statements, {options.rounds} rounds of"
        f" {options.duration:g} s; {os.cpu_count()} cores, Python {platform.python_version()}",
        "",
        "| workload (concurrency) | wall | per CPU-second | p50 ms | p95 ms | errors | ceiling |",
        "|---|---|---|---|---|---|---|",
    ]
    for workload in options.workloads:
        row = rows[ours, workload]
        top = rows.get(("ceiling", workload), rows.get(("ceiling", "d")))
        wall, per_cpu = (
            ("sps", "statements_per_server_cpu_s")
            if workload in POSTS
            else ("rps", "requests_per_server_cpu_s")
        )
        share = f"{top[wall]:,.0f} ({row[wall] / top[wall]:.0%})" if top else ""
        lines.append(
            f"| {NAMES[workload]} | {row[wall]:,.0f} | {row[per_cpu]:,.0f} | {row['p50_ms']} |"
            f" {row['p95_ms']} | {row['errors']} | {share} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
