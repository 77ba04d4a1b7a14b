"""TinCanJS and @xapi/xapi themselves, where node and the packages are installed.

`npm install --prefix SOMEWHERE tincanjs @xapi/xapi`, then set BYWAY_TEST_NODE_MODULES=SOMEWHERE.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest
from client_replays import RECORDINGS
from xapi_serving import Served

from engine.lrs.keys import NewKey

PACKAGES = os.environ.get("BYWAY_TEST_NODE_MODULES", "")

pytestmark = pytest.mark.skipif(
    not PACKAGES or shutil.which("node") is None,
    reason="needs node, and BYWAY_TEST_NODE_MODULES with the packages; see the module",
)


def failed_calls(client: str, server: Served, key: NewKey, *how: str) -> list[dict[str, Any]]:
    """The calls of a client that did not come to what they must."""
    done = subprocess.run(
        [
            *("node", RECORDINGS / "calls" / "run.js", PACKAGES, client),
            *(server.endpoint, key.key, key.secret, *how),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return [call for call in json.loads(done.stdout) if call["why"]]


@pytest.mark.parametrize(
    ("client", "version", "adapter"),
    [
        pytest.param("tincanjs", "1.0.2", "", id="TinCanJS"),
        pytest.param("xapi_js", "1.0.3", "axios", id="xapi 1.0.3 with axios"),
        pytest.param("xapi_js", "1.0.3", "fetch", id="xapi 1.0.3 with fetch"),
        pytest.param("xapi_js", "2.0.0", "axios", id="xapi 2.0.0 with axios"),
        pytest.param("xapi_js", "2.0.0", "fetch", id="xapi 2.0.0 with fetch"),
    ],
)
def test_every_call_works(
    real_server: Served, real_key: NewKey, client: str, version: str, adapter: str
) -> None:
    assert failed_calls(client, real_server, real_key, version, adapter) == []
