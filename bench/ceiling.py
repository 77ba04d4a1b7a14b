"""The ceiling: Flask under gunicorn that does nothing but read and write JSON.

Statements are parsed and forgotten; those asked for by id are made on the spot. Nothing is checked,
stored or searched, so no record store on the same server can be faster.

    gunicorn --workers 2 --worker-class gthread --threads 8 'bench.ceiling:create_app(10000)'
"""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

from bench.lrsbench import Data

JSON = "application/json"


def create_app(count: int, seed: int = 7) -> Flask:
    """An application that knows the benchmark's first statements by heart."""
    app, data = Flask(__name__), Data(seed)
    known = {data.sid(at): orjson.dumps(data.statement(at)) for at in range(count)}

    @app.post("/xapi/statements")
    def post() -> Response:
        sent = orjson.loads(request.get_data())
        statements = sent if isinstance(sent, list) else [sent]
        return Response(orjson.dumps([one["id"] for one in statements]), mimetype=JSON)

    @app.get("/xapi/statements")
    def get() -> Response:
        return Response(known[request.args["statementId"]], mimetype=JSON)

    @app.get("/xapi/about")
    def about() -> Response:
        return Response(b'{"version":["1.0.3"]}', mimetype=JSON)

    return app
