"""How long an ESCO of 14,000 skills in three languages takes to import, and how much memory.

    python -m bench.frameworks [--skills 14000] [--database-url postgresql://...]

Made-up files of the shape and about the size of ESCO 1.2 are imported twice into a scratch
instance by the command; the second time nothing changes.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.scratch import byway, database_name, say, scratch_database, scratch_directory

SKILL = "http://data.europa.eu/esco/skill/"
GROUPS = 640
LANGUAGES = ("en", "fr", "es")
SKILLS_HEAD = (
    "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,"
    "modifiedDate,scopeNote,definition,inScheme,description"
)
GROUPS_HEAD = "conceptType,conceptUri,preferredLabel,altLabels,status,description,code"
BROADER_HEAD = "conceptType,conceptUri,broaderType,broaderUri"


def main() -> None:
    """Write the files, import them twice, say what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skills", type=int, default=14_000)
    parser.add_argument("--database-url")
    chosen = parser.parse_args()
    with (
        scratch_directory(keep=False) as directory,
        scratch_database(chosen.database_url, keep=False) as url,
    ):
        settings = {"BYWAY_INSTANCE": str(directory / "instance")}
        settings |= {"BYWAY_DATABASE_URL": url} if url else {}
        byway(settings, "init")
        files = list(_written(directory, chosen.skills))
        size = sum(file.stat().st_size for file in files) / 1e6
        say(f"{chosen.skills} skills, {len(files)} files, {size:.1f} MB, {database_name(url)}")
        for turn in ("first", "again"):
            _import(settings, files, turn)


def _import(settings: dict[str, str], files: Sequence[Path], turn: str) -> None:
    start = time.perf_counter()
    byway(settings, "frameworks", "import", *map(str, files))
    took = time.perf_counter() - start
    # The largest of all commands so far, in kilobytes on Linux.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    say(f"{turn}: {took:.1f} s, at most {peak:.0f} MB")


def _written(directory: Path, skills: int) -> Iterator[Path]:
    for language in LANGUAGES:
        rows = (_skill(number, language) for number in range(skills))
        yield _write(directory / f"skills_{language}.csv", SKILLS_HEAD, rows)
    groups = (_group(number) for number in range(GROUPS))
    yield _write(directory / "skillGroups_en.csv", GROUPS_HEAD, groups)
    broader = (row for number in range(skills) for row in _broader(number))
    yield _write(directory / "broaderRelationsSkillPillar_en.csv", BROADER_HEAD, broader)


def _write(path: Path, head: str, rows: Iterator[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)
    return path


def _skill(number: int, language: str) -> Sequence[str]:
    label = f"{language} skill number {number}"
    others = "\n".join(f"{label}, said otherwise {other}" for other in range(8))
    told = f"What somebody does who has the {label}, in about as many words as ESCO uses for it. "
    return (
        *("KnowledgeSkillCompetence", f"{SKILL}{number}", "skill/competence", "cross-sector"),
        *(label, others, "", "released", "2024-05-15T00:00:00Z", "", "", "", told * 2),
    )


def _group(number: int) -> Sequence[str]:
    return "SkillGroup", f"{SKILL}g{number}", f"group {number}", "", "released", "", f"S{number}"


def _broader(number: int) -> Iterator[Sequence[str]]:
    for other in (number % GROUPS, (number * 7 + 3) % GROUPS)[: 1 + number % 2]:
        yield "KnowledgeSkillCompetence", f"{SKILL}{number}", "SkillGroup", f"{SKILL}g{other}"


if __name__ == "__main__":
    main()
