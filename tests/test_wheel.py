"""The wheel holds all that is needed: unpacked elsewhere, it opens a page."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
OPEN = """
import engine
from engine.app import create_app
from engine.config import create_secret, read_settings
from engine.instance import upgrade
settings = read_settings()
create_secret(settings)
app = create_app(settings)
with app.app_context():
    upgrade()
print(engine.__file__)
print(app.test_client().get("/").status_code, app.test_client().get("/help").status_code)
print(app.test_client().get("/static/byway.css").status_code)
"""


def python(*words: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", *words],
        cwd=env.pop("cwd", str(ROOT)),
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_unpacked_elsewhere_opens_a_page(tmp_path: Path) -> None:
    python(BUILD, str(tmp_path))
    site = tmp_path / "site"
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(site)
    env = {"PYTHONPATH": str(site), "BYWAY_INSTANCE": str(tmp_path / "instance")}
    where, *statuses = python(OPEN, cwd=str(tmp_path), **env).split()
    assert Path(where).is_relative_to(site)
    assert statuses == ["200", "200", "200"]
