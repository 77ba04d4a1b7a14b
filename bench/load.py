"""Put the benchmark's statements straight into the store, for measurements on a large one.

python -m bench.load 1000000
"""

from __future__ import annotations

import sys
import uuid

import orjson

from bench.lrsbench import Data
from engine.app import create_app
from engine.db import db
from engine.lrs import keys
from engine.lrs.models import Key
from engine.lrs.store import Entry
from engine.pipeline import store
from xapi.walk import walk

BATCH = 1_000
SEED = 7


def main() -> None:
    """Store so many statements in the name of the instance's first key."""
    count = int(sys.argv[1])
    data = Data(SEED)
    with create_app().app_context():
        authority = keys.caller_of(db.session.query(Key.id).order_by(Key.id).first()[0]).authority
        db.session.rollback()
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            statements = [orjson.loads(orjson.dumps(data.statement(at))) for at in numbers]
            store().add(
                [
                    Entry(
                        sid=uuid.UUID(one["id"]),
                        statement={"version": "1.0.0", **one},
                        walked=walk(one, version="1.0.3"),
                        authority=authority,
                    )
                    for one in statements
                ]
            )


if __name__ == "__main__":
    main()
