#!/usr/bin/env python3
"""lrsbench - a small, verifying load harness for xAPI Learning Record Stores.

Standard library only (orjson is used when it happens to be installed).  One
process, one thread, N keep-alive connections on raw sockets through asyncio.

One server:
  lrsbench.py --endpoint http://127.0.0.1:8101/xapi --user u --password p \
              --version 1.0.3 --preload 10000 --duration 10 --rounds 3 --json out.json

Several servers, alternately, with ratios against the first one:
  lrsbench.py --targets targets.json --preload 10000 --rounds 3 --json out.json

targets.json:
  [{"name": "new", "endpoint": "http://127.0.0.1:8000/xapi", "user": "u",
    "password": "p", "version": "1.0.3", "server_pids": [1234],
    "since_field": "stored", "skip": ["h"]}, ...]

Every response is verified: status, returned ids (order included), number of
statements against what the preloaded data must give, and that each statement
satisfies the filter asked for.  A wrong answer is an error and does not count
towards requests/s or statements/s.

Workloads
  a  POST one statement                       concurrency 8
  b  POST a batch of 50                       concurrency 4
  c  POST a batch of 1000                     concurrency 1
  d  GET by statementId                       concurrency 8
  e  GET ?agent=..&limit=50                   concurrency 8
  f  GET ?verb=..&activity=..&limit=50        concurrency 8
  g  GET ?since=..&limit=100, `more` x5 pages concurrency 4
  h  GET ?activity=..&related_activities=true concurrency 8
"""
# ruff: noqa: BLE001, E501, RUF059, T201, UP031
# A script run by hand: it prints, wide tables too; whatever an answer breaks counts as an error.

import argparse
import asyncio
import base64
import bisect
import collections
import datetime as dt
import json
import os
import random
import statistics
import sys
import time
import urllib.parse
import uuid

try:
    import orjson

    loads = orjson.loads
    dumps = orjson.dumps
except ImportError:  # pragma: no cover
    loads = json.loads

    def dumps(o):
        return json.dumps(o, separators=(",", ":"), ensure_ascii=False).encode()


# --------------------------------------------------------------------------
# Data: informal learning, deterministic for a seed
# --------------------------------------------------------------------------
N_ACTORS, N_ACTIVITIES, N_SPACES, N_REGS = 2000, 5000, 150, 6000
BASE = "https://learn.example.org"
NS = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")

VERBS = [
    ("http://adlnet.gov/expapi/verbs/attended", "attended"),
    ("http://adlnet.gov/expapi/verbs/registered", "registered"),
    ("http://adlnet.gov/expapi/verbs/experienced", "experienced"),
    ("http://adlnet.gov/expapi/verbs/commented", "commented"),
    ("http://adlnet.gov/expapi/verbs/shared", "shared"),
    ("http://adlnet.gov/expapi/verbs/asked", "asked"),
    ("http://adlnet.gov/expapi/verbs/answered", "answered"),
    ("http://adlnet.gov/expapi/verbs/completed", "completed"),
    ("http://adlnet.gov/expapi/verbs/interacted", "interacted"),
    ("http://id.tincanapi.com/verb/replied", "replied"),
    ("http://id.tincanapi.com/verb/viewed", "viewed"),
    ("http://id.tincanapi.com/verb/bookmarked", "bookmarked"),
    ("http://id.tincanapi.com/verb/rated", "rated"),
    ("http://id.tincanapi.com/verb/downloaded", "downloaded"),
    ("http://id.tincanapi.com/verb/mentioned", "mentioned"),
    ("http://activitystrea.ms/schema/1.0/create", "created"),
    ("http://activitystrea.ms/schema/1.0/like", "liked"),
    ("http://activitystrea.ms/schema/1.0/follow", "followed"),
    ("http://activitystrea.ms/schema/1.0/update", "updated"),
    ("https://w3id.org/xapi/acrossx/verbs/posted", "posted"),
]
KINDS = [  # (slug, activity type, share of activities, verbs used)
    ("webinar", "http://adlnet.gov/expapi/activities/meeting", 0.10, [0, 1, 5, 6, 7, 12, 13]),
    (
        "forum-topic",
        "http://id.tincanapi.com/activitytype/forum-topic",
        0.20,
        [2, 5, 10, 15, 16, 17, 19],
    ),
    (
        "forum-reply",
        "http://id.tincanapi.com/activitytype/forum-reply",
        0.25,
        [6, 9, 14, 16, 18, 19],
    ),
    (
        "blog-post",
        "http://activitystrea.ms/schema/1.0/article",
        0.20,
        [2, 3, 4, 10, 11, 15, 16, 18],
    ),
    ("blog-comment", "http://activitystrea.ms/schema/1.0/comment", 0.15, [3, 9, 14, 16, 19]),
    ("recording", "http://activitystrea.ms/schema/1.0/video", 0.10, [2, 7, 8, 10, 11, 12, 13]),
]
WORDS = [
    "assessment",
    "feedback",
    "cohort",
    "practice",
    "reflection",
    "mentoring",
    "portfolio",
    "project",
    "open",
    "badge",
    "competency",
    "workshop",
    "facilitation",
    "accessibility",
    "inclusive",
    "data",
    "ethics",
    "evaluation",
    "design",
    "community",
    "peer",
    "review",
    "résumé",
    "coaching",
    "leadership",
    "español",
    "français",
    "research",
    "methods",
    "classroom",
    "online",
    "hybrid",
    "synchronous",
    "inquiry",
    "template",
    "rubric",
    "evidence",
]


class Data:
    """Everything is a function of (seed, index), so a later run can recompute it."""

    def __init__(self, seed=7):
        self.seed = seed
        r = random.Random(seed)
        self.actors = []
        for i in range(N_ACTORS):
            nm = "Learner %04d" % i
            if i % 5 < 3:
                self.actors.append(
                    {
                        "objectType": "Agent",
                        "name": nm,
                        "account": {"homePage": BASE, "name": "user-%05d" % i},
                    }
                )
            else:
                self.actors.append(
                    {
                        "objectType": "Agent",
                        "name": nm,
                        "mbox": "mailto:learner%04d@example.org" % i,
                    }
                )
        self.spaces = [BASE + "/space/%03d" % i for i in range(N_SPACES)]
        self.profile = {
            "id": "https://w3id.org/xapi/informal/v1.0",
            "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
        }
        self.activities, self.kinds = [], []
        cuts, acc = [], 0.0
        for k in KINDS:
            acc += k[2]
            cuts.append(acc)
        for i in range(N_ACTIVITIES):
            ki = min(bisect.bisect(cuts, (i + 0.5) / N_ACTIVITIES), len(KINDS) - 1)
            kind = KINDS[ki]
            self.kinds.append(ki)
            self.activities.append(
                {
                    "objectType": "Activity",
                    "id": "%s/%s/%05d" % (BASE, kind[0], i),
                    "definition": {
                        "type": kind[1],
                        "name": {
                            "en": "%s: %s"
                            % (kind[0].replace("-", " ").title(), " ".join(r.sample(WORDS, 4)))
                        },
                        "description": {"en": " ".join(r.choices(WORDS, k=12)) + "."},
                    },
                }
            )
        # Zipf-like popularity for actors and activities
        self.cum_actor = self._zipf(N_ACTORS, 0.6)
        self.cum_act = self._zipf(N_ACTIVITIES, 0.7)
        self.perm_actor = r.sample(range(N_ACTORS), N_ACTORS)
        self.perm_act = r.sample(range(N_ACTIVITIES), N_ACTIVITIES)
        self.t0 = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)

    @staticmethod
    def _zipf(n, s):
        out, acc = [], 0.0
        for i in range(1, n + 1):
            acc += 1.0 / i**s
            out.append(acc)
        return out

    def keys(self, i, stream="preload"):
        """(actor, verb, activity, parent space, registration, rng) of statement i."""
        r = random.Random("%s-%s-%d" % (self.seed, stream, i))
        a = self.perm_actor[bisect.bisect(self.cum_actor, r.random() * self.cum_actor[-1])]
        o = self.perm_act[bisect.bisect(self.cum_act, r.random() * self.cum_act[-1])]
        v = r.choice(KINDS[self.kinds[o]][3])
        return a, v, o, o % N_SPACES, (a * 7 + o % 3) % N_REGS, r

    def sid(self, i, stream="preload"):
        return str(uuid.uuid5(NS, "%s-%s-%d" % (self.seed, stream, i)))

    def statement(self, i, stream="preload"):
        a, v, o, s, g, r = self.keys(i, stream)
        kind = KINDS[self.kinds[o]][0]
        ts = self.t0 + dt.timedelta(seconds=i * 37 % 7776000, milliseconds=r.randrange(1000))
        st = {
            "id": self.sid(i, stream),
            "actor": self.actors[a],
            "verb": {"id": VERBS[v][0], "display": {"en": VERBS[v][1]}},
            "object": self.activities[o],
            "context": {
                "registration": str(uuid.uuid5(NS, "reg-%d" % g)),
                "platform": ("Moodle", "Discourse", "WordPress", "BigBlueButton")[o % 4],
                "language": ("en", "es", "fr")[a % 3],
                "contextActivities": {
                    "parent": [
                        {
                            "id": self.spaces[s],
                            "definition": {
                                "type": "http://adlnet.gov/expapi/activities/course",
                                "name": {"en": "Space %03d" % s},
                            },
                        }
                    ],
                    "grouping": [{"id": BASE + "/programme/%02d" % (s % 12)}],
                    "category": [self.profile],
                },
                "extensions": {
                    BASE + "/ext/client": "web/%d.%d" % (r.randrange(9), r.randrange(20)),
                    BASE + "/ext/session": "%016x" % r.getrandbits(64),
                },
            },
            "timestamp": ts.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ts.microsecond // 1000),
        }
        if kind in ("forum-reply", "blog-comment", "forum-topic", "blog-post"):
            st["result"] = {"response": " ".join(r.choices(WORDS, k=r.randrange(6, 22)))}
        else:
            st["result"] = {
                "completion": True,
                "duration": "PT%dM%dS" % (r.randrange(1, 90), r.randrange(60)),
            }
            if v == 12:
                st["result"]["score"] = {"scaled": r.randrange(0, 101) / 100}
        return st


# --------------------------------------------------------------------------
# HTTP/1.1 keep-alive client on raw sockets
# --------------------------------------------------------------------------
class Bad(Exception):
    pass


class Conn:
    def __init__(self, host, port, timeout):
        self.host, self.port, self.timeout = host, port, timeout
        self.r = self.w = None

    async def open(self):
        self.r, self.w = await asyncio.open_connection(self.host, self.port, limit=1 << 26)

    def close(self):
        if self.w:
            self.w.close()
        self.r = self.w = None

    async def _exchange(self, data):
        if self.w is None:
            await self.open()
        self.w.write(data)
        head = await self.r.readuntil(b"\r\n\r\n")
        low = head.lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in low:
            parts = []
            while True:
                n = int((await self.r.readuntil(b"\r\n")).split(b";")[0], 16)
                chunk = await self.r.readexactly(n + 2)
                if n == 0:
                    break
                parts.append(chunk[:-2])
            body = b"".join(parts)
        else:
            i = low.find(b"content-length:")
            if i >= 0:
                n = int(low[i + 15 : low.index(b"\r\n", i)])
                body = await self.r.readexactly(n) if n else b""
            elif status in (204, 304):
                body = b""
            else:
                body = await self.r.read()
                self.close()
        if b"connection: close" in low:
            self.close()
        return status, body

    async def request(self, data):
        fresh = self.w is None
        try:
            return await asyncio.wait_for(self._exchange(data), self.timeout)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            if fresh:
                raise
            # a keep-alive connection the server had closed: one retry on a fresh one
            return await asyncio.wait_for(self._exchange(data), self.timeout)
        except BaseException:
            self.close()
            raise


class Target:
    def __init__(self, spec):
        self.name = spec.get("name", "lrs")
        self.endpoint = spec["endpoint"].rstrip("/")
        u = urllib.parse.urlsplit(self.endpoint)
        assert u.scheme == "http", "plain http only"
        assert u.hostname in ("127.0.0.1", "localhost", "::1") or spec.get("allow_remote"), (
            "loopback only"
        )
        self.host, self.port, self.path = u.hostname, u.port or 80, u.path
        auth = base64.b64encode(("%s:%s" % (spec["user"], spec["password"])).encode()).decode()
        self.hdr = (
            "Host: %s:%d\r\nAuthorization: Basic %s\r\nX-Experience-API-Version: %s\r\n"
            "Accept: application/json\r\nConnection: keep-alive\r\n"
            % (self.host, self.port, auth, spec.get("version", "1.0.3"))
        )
        self.pids = spec.get("server_pids") or []
        self.since_field = spec.get("since_field", "stored")
        self.skip = set(spec.get("skip") or [])
        self.max_batch = spec.get("max_batch", 1000)
        self.spec = spec

    def get(self, query):
        q = urllib.parse.urlencode(query)
        return ("GET %s/statements?%s HTTP/1.1\r\n%s\r\n" % (self.path, q, self.hdr)).encode()

    def get_more(self, more):
        u = urllib.parse.urlsplit(more)
        p = u.path + ("?" + u.query if u.query else "")
        return ("GET %s HTTP/1.1\r\n%s\r\n" % (p, self.hdr)).encode()

    def post(self, body):
        return (
            "POST %s/statements HTTP/1.1\r\n%sContent-Type: application/json\r\n"
            "Content-Length: %d\r\n\r\n" % (self.path, self.hdr, len(body))
        ).encode() + body


# --------------------------------------------------------------------------
# CPU accounting (Linux): server process tree and everything else
# --------------------------------------------------------------------------
TICK = os.sysconf("SC_CLK_TCK")


def _tree(pids):
    kids = collections.defaultdict(list)
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                with open("/proc/%s/stat" % d) as f:
                    kids[int(f.read().rsplit(")", 1)[1].split()[1])].append(int(d))
            except OSError:
                pass
    todo, seen = list(pids), set()
    while todo:
        p = todo.pop()
        if p not in seen:
            seen.add(p)
            todo += kids[p]
    return seen


def cpu_of(pids):
    if not pids:
        return 0.0
    tot = 0
    for p in _tree(pids):
        try:
            with open("/proc/%d/stat" % p) as f:
                x = f.read().rsplit(")", 1)[1].split()
            tot += sum(map(int, x[11:15]))  # own time and that of children already reaped
        except OSError:
            pass
    return tot / TICK


def busy():
    try:
        with open("/proc/stat") as f:
            x = [int(v) for v in f.readline().split()[1:9]]
        return (sum(x) - x[3] - x[4]) / TICK
    except OSError:
        return 0.0


# --------------------------------------------------------------------------
# Workloads
# --------------------------------------------------------------------------
class Stats:
    def __init__(self):
        self.lat, self.ok, self.st, self.bytes = [], 0, 0, 0
        self.err = collections.Counter()


def pct(xs, p):
    if not xs:
        return None
    xs = sorted(xs)
    return round(xs[min(len(xs) - 1, int(len(xs) * p / 100))], 3)


CONC = {"a": 8, "b": 4, "c": 1, "d": 8, "e": 8, "f": 8, "g": 4, "h": 8}
TITLE = {
    "a": "POST single",
    "b": "POST batch 50",
    "c": "POST batch 1000",
    "d": "GET by id",
    "e": "GET agent limit=50",
    "f": "GET verb+activity limit=50",
    "g": "GET since, more x5 (limit=100)",
    "h": "GET related_activities limit=50",
}


class Bench:
    def __init__(self, data, n_pre, args):
        self.d, self.n, self.args = data, n_pre, args
        self.run_nonce = "%x" % random.SystemRandom().getrandbits(48)
        self.seq = 0
        # what the preloaded data must give
        self.by_actor, self.by_va, self.by_rel = (collections.Counter() for _ in range(3))
        self.idx = []
        for i in range(n_pre):
            a, v, o, s, g, r = data.keys(i)
            self.by_actor[a] += 1
            self.by_va[v, o] += 1
            self.by_rel[s] += 1
            self.idx.append((a, v, o, s))

    # -- making bodies ------------------------------------------------------
    def fresh(self, n):
        out = []
        for _ in range(n):
            out.append(self.d.statement(self.seq, "run-" + self.run_nonce))
            self.seq += 1
        return out

    def check_post(self, ids, status, body):
        if status != 200:
            raise Bad("http %d" % status)
        if [str(x) for x in loads(body)] != ids:
            raise Bad("ids differ")
        return len(ids)

    @staticmethod
    def page(status, body):
        if status != 200:
            raise Bad("http %d" % status)
        o = loads(body)
        return o, o["statements"]

    def q_agent(self, rnd):
        a = self.idx[rnd.randrange(self.n)][0]
        ag = {k: v for k, v in self.d.actors[a].items() if k != "name"}
        return {"agent": json.dumps(ag, separators=(",", ":")), "limit": 50}, (a, ag)

    # -- one worker per connection -----------------------------------------
    async def worker(self, t, wl, conn, stats, stop_at, quota, rnd, ctx):
        clock = time.perf_counter
        # (quota[0] is shared among the workers of one run)
        while clock() < stop_at and quota[0] > 0:
            quota[0] -= 1
            try:
                if wl in "abc":
                    if not ctx["bodies"]:
                        return
                    ids, data = ctx["bodies"].pop()
                    t1 = clock()
                    status, body = await conn.request(data)
                    ms = (clock() - t1) * 1e3
                    n = self.check_post(ids, status, body)
                elif wl == "g":
                    await self.walk(t, conn, stats, rnd, ctx, stop_at)
                    continue
                else:
                    data, chk = self.make_get(t, wl, rnd)
                    t1 = clock()
                    status, body = await conn.request(data)
                    ms = (clock() - t1) * 1e3
                    n = chk(status, body)
                stats.lat.append(ms)
                stats.ok += 1
                stats.st += n
                stats.bytes += len(body)
            except Bad as e:
                stats.err[str(e)] += 1
            except TimeoutError:
                stats.err["timeout"] += 1
            except (ConnectionError, OSError, asyncio.IncompleteReadError) as e:
                stats.err[type(e).__name__] += 1
                await asyncio.sleep(0.05)
            except Exception as e:  # an unreadable answer is an error too
                stats.err["%s: %s" % (type(e).__name__, str(e)[:60])] += 1

    def make_get(self, t, wl, rnd):
        if wl == "d":
            i = rnd.randrange(self.n)
            sid = self.d.sid(i)
            verb = VERBS[self.idx[i][1]][0]

            def chk(status, body):
                if status != 200:
                    raise Bad("http %d" % status)
                o = loads(body)
                if "statements" in o and "actor" not in o:  # Ralph wraps it (against the spec)
                    if t.spec.get("strict_single"):
                        raise Bad("not a single statement")
                    o = o["statements"][0]
                if o["id"] != sid or o["verb"]["id"] != verb:
                    raise Bad("wrong statement")
                return 1

            return t.get({"statementId": sid}), chk
        if wl == "e":
            q, (a, ag) = self.q_agent(rnd)
            want = min(50, self.by_actor[a])
            key = "mbox" if "mbox" in ag else "account"

            def chk(status, body):
                o, sts = self.page(status, body)
                if not want <= len(sts) <= 50:
                    raise Bad("count")
                for s in sts:
                    if s["actor"].get(key) != ag[key]:
                        raise Bad("wrong agent")
                return len(sts)

            return t.get(q), chk
        if wl == "f":
            _, v, o_, _ = self.idx[rnd.randrange(self.n)]
            want, vid, oid = min(50, self.by_va[v, o_]), VERBS[v][0], self.d.activities[o_]["id"]

            def chk(status, body):
                o, sts = self.page(status, body)
                if not want <= len(sts) <= 50:
                    raise Bad("count")
                for s in sts:
                    if s["verb"]["id"] != vid or s["object"]["id"] != oid:
                        raise Bad("wrong match")
                return len(sts)

            return t.get({"verb": vid, "activity": oid, "limit": 50}), chk
        if wl == "h":
            sp = self.idx[rnd.randrange(self.n)][3]
            want, oid = min(50, self.by_rel[sp]), self.d.spaces[sp]

            def chk(status, body):
                o, sts = self.page(status, body)
                if not want <= len(sts) <= 50:
                    raise Bad("count")
                for s in sts:
                    p = s["context"]["contextActivities"]["parent"]
                    p = p if isinstance(p, list) else [p]
                    if oid not in [x["id"] for x in p]:
                        raise Bad("wrong match")
                return len(sts)

            return t.get({"activity": oid, "related_activities": "true", "limit": 50}), chk
        raise AssertionError(wl)

    async def walk(self, t, conn, stats, rnd, ctx, stop_at):
        clock = time.perf_counter
        since, remaining = rnd.choice(ctx["since"])
        data = t.get({"since": since, "limit": 100})
        seen = set()
        for page in range(5):
            t1 = clock()
            status, body = await conn.request(data)
            ms = (clock() - t1) * 1e3
            o, sts = self.page(status, body)
            want = max(0, min(100, remaining - 100 * page))
            if not want <= len(sts) <= 100:
                raise Bad("count page %d" % page)
            for s in sts:
                if s["id"] in seen:
                    raise Bad("page overlap")
                seen.add(s["id"])
            stats.lat.append(ms)
            stats.ok += 1
            stats.st += len(sts)
            stats.bytes += len(body)
            more = o.get("more")
            if page < 4:
                if not more:
                    if remaining > 100 * (page + 1):
                        raise Bad("no more link")
                    return
                data = t.get_more(more)

    async def since_points(self, t):
        """since values with >= 500 preloaded statements after them."""
        out, conn = [], Conn(t.host, t.port, self.args.timeout)
        for f in (0.05, 0.2, 0.35, 0.5):
            i = int(self.n * f)
            remaining = max(0, self.n - i - 1)
            if t.since_field == "timestamp":
                # timestamps grow with the index (i*37 s) as long as n < 210,000
                out.append((self.d.statement(i)["timestamp"], min(remaining, 500)))
                continue
            status, body = await conn.request(t.get({"statementId": self.d.sid(i)}))
            if status != 200:
                raise SystemExit(
                    "%s: preloaded statement %d not found (http %d)" % (t.name, i, status)
                )
            o = loads(body)
            # batches share a stored time, preloading runs concurrently: ask for only part of it
            out.append((o["stored"], min(500, max(0, remaining - 4 * 1000))))
        conn.close()
        return out

    async def run(self, t, wl, duration, max_requests):
        conc = self.args.concurrency or CONC[wl]
        size = {"a": 1, "b": 50, "c": 1000}.get(wl, 0)
        size = min(size, t.max_batch)
        rnd = random.Random("%s-%s" % (self.run_nonce, wl))
        ctx = {}
        warm = {"a": 40, "b": 4, "c": 1, "g": 2}.get(wl, 40)
        max_requests = min(
            max_requests,
            {"a": self.args.max_a, "b": self.args.max_b, "c": self.args.max_c}.get(
                wl, max_requests
            ),
        )
        if size:
            bodies = []
            for _ in range(max_requests + warm):
                sts = self.fresh(size)
                b = dumps(sts if size > 1 else sts[0])
                bodies.append(([s["id"] for s in sts], t.post(b)))
            bodies.reverse()
            ctx["bodies"] = bodies
        if wl == "g":
            ctx["since"] = await self.since_points(t)
        conns = [Conn(t.host, t.port, self.args.timeout) for _ in range(conc)]
        # warm-up: few requests, at most a third of the duration; its results are thrown away
        st0, q0 = Stats(), [warm]
        end0 = time.perf_counter() + max(1.0, duration / 3)
        await asyncio.gather(*[self.worker(t, wl, c, st0, end0, q0, rnd, ctx) for c in conns])
        # the run
        st, quota = Stats(), [max_requests]
        c0, b0, p0 = cpu_of(t.pids), busy(), time.process_time()
        t0 = time.perf_counter()
        await asyncio.gather(
            *[self.worker(t, wl, c, st, t0 + duration, quota, rnd, ctx) for c in conns]
        )
        wall = time.perf_counter() - t0
        c1, b1, p1 = cpu_of(t.pids), busy(), time.process_time()
        for c in conns:
            c.close()
        srv, cli = c1 - c0, p1 - p0
        res = {
            "target": t.name,
            "workload": wl,
            "title": TITLE[wl],
            "concurrency": conc,
            "batch": size or None,
            "seconds": round(wall, 3),
            "requests": st.ok,
            "statements": st.st,
            "rps": round(st.ok / wall, 2),
            "sps": round(st.st / wall, 1),
            "p50_ms": pct(st.lat, 50),
            "p95_ms": pct(st.lat, 95),
            "p99_ms": pct(st.lat, 99),
            "max_ms": round(max(st.lat), 3) if st.lat else None,
            "errors": sum(st.err.values()),
            "error_kinds": dict(st.err.most_common(5)),
            "warmup_errors": dict(st0.err.most_common(3)),
            "mean_response_bytes": st.bytes // st.ok if st.ok else None,
            "client_cpu_cores": round(cli / wall, 2),
            "server_cpu_cores": round(srv / wall, 2) if t.pids else None,
            "server_cpu_ms_per_statement": round(srv * 1e3 / st.st, 4)
            if t.pids and st.st
            else None,
            "other_cpu_cores": round(max(0, b1 - b0 - cli - srv) / wall, 2),
        }
        return res

    # -- preload ------------------------------------------------------------
    async def preload(self, t, batch, conc):
        batch = min(batch, t.max_batch)
        todo = collections.deque(range(0, self.n, batch))
        fails, tries = collections.Counter(), collections.Counter()
        done = [0]

        def again(
            lo,
        ):  # e.g. a server whose concurrent batches deadlock: send it once more, 5 times at most
            tries[lo] += 1
            if tries[lo] < 5:
                todo.append(lo)

        async def w():
            conn = Conn(t.host, t.port, max(self.args.timeout, 300))
            while todo:
                lo = todo.popleft()
                sts = [self.d.statement(i) for i in range(lo, min(self.n, lo + batch))]
                try:
                    status, body = await conn.request(t.post(dumps(sts)))
                    if status in (200, 204):
                        done[0] += len(sts)
                    else:
                        fails["http %d %s" % (status, body[:60])] += 1
                        again(lo)
                except Exception as e:
                    fails[type(e).__name__] += 1
                    again(lo)
                if self.args.verbose and done[0] % (batch * 10) == 0:
                    print("  preload %s %d" % (t.name, done[0]), file=sys.stderr, flush=True)
            conn.close()

        p0, c0, b0, t0 = time.process_time(), cpu_of(t.pids), busy(), time.perf_counter()
        await asyncio.gather(*[w() for _ in range(conc)])
        wall = time.perf_counter() - t0
        cli, srv = time.process_time() - p0, cpu_of(t.pids) - c0
        return {
            "target": t.name,
            "statements": done[0],
            "batch": batch,
            "concurrency": conc,
            "seconds": round(wall, 2),
            "sps": round(done[0] / wall, 1),
            "failures": dict(fails),
            "client_cpu_cores": round(cli / wall, 2),
            "server_cpu_cores": round(srv / wall, 2),
            "other_cpu_cores": round(max(0, busy() - b0 - cli - srv) / wall, 2),
        }


def medians(rows):
    out = {}
    for r in rows:
        out.setdefault((r["workload"], r["target"]), []).append(r)
    med = []
    for (wl, tn), rs in sorted(out.items()):
        m = {"workload": wl, "title": TITLE[wl], "target": tn, "rounds": len(rs)}
        for r in rs:
            srv = (r["server_cpu_cores"] or 0) * r["seconds"]
            r["requests_per_server_cpu_s"] = round(r["requests"] / srv, 2) if srv else None
            r["statements_per_server_cpu_s"] = round(r["statements"] / srv, 1) if srv else None
        for k in (
            "requests_per_server_cpu_s",
            "statements_per_server_cpu_s",
            "rps",
            "sps",
            "p50_ms",
            "p95_ms",
            "p99_ms",
            "client_cpu_cores",
            "server_cpu_cores",
            "server_cpu_ms_per_statement",
            "other_cpu_cores",
        ):
            xs = [r[k] for r in rs if r[k] is not None]
            m[k] = round(statistics.median(xs), 4) if xs else None
        m["rps_min"], m["rps_max"] = min(r["rps"] for r in rs), max(r["rps"] for r in rs)
        m["errors"] = sum(r["errors"] for r in rs)
        m["requests"] = sum(r["requests"] for r in rs)
        m["error_kinds"] = dict(
            sum((collections.Counter(r["error_kinds"]) for r in rs), collections.Counter())
        )
        med.append(m)
    return med


async def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--endpoint")
    ap.add_argument("--user", default="")
    ap.add_argument("--password", default="")
    ap.add_argument("--version", default="1.0.3")
    ap.add_argument("--name", default="lrs")
    ap.add_argument(
        "--server-pids", default="", help="comma list; their process trees' CPU time is reported"
    )
    ap.add_argument("--since-field", default="stored", choices=["stored", "timestamp"])
    ap.add_argument("--max-batch", type=int, default=1000)
    ap.add_argument("--targets", help="JSON file with several servers")
    ap.add_argument("--preload", type=int, default=0, metavar="N", help="load N statements first")
    ap.add_argument("--preload-batch", type=int, default=500)
    ap.add_argument("--preload-concurrency", type=int, default=2)
    ap.add_argument(
        "--already",
        type=int,
        default=0,
        metavar="N",
        help="N statements are loaded already (same seed)",
    )
    ap.add_argument("--workloads", default="abcdefgh")
    ap.add_argument("--duration", type=float, default=10)
    ap.add_argument("--max-requests", type=int, default=200000)
    ap.add_argument(
        "--max-a", type=int, default=15000, help="bodies prepared for workload a, per round"
    )
    ap.add_argument("--max-b", type=int, default=600)
    ap.add_argument("--max-c", type=int, default=5)
    ap.add_argument("--concurrency", type=int, default=0, help="override every workload's own")
    ap.add_argument("--rounds", type=int, default=1)
    ap.add_argument("--timeout", type=float, default=60)
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--json", help="write results here")
    ap.add_argument("--verbose", action="store_true")
    ap.add_argument(
        "--sample", action="store_true", help="print one statement and its size, then stop"
    )
    args = ap.parse_args()
    data = Data(args.seed)
    if args.sample:
        sizes = [len(dumps(data.statement(i))) for i in range(2000)]
        print(json.dumps(data.statement(3), indent=1, ensure_ascii=False))
        print("bytes: mean %d min %d max %d" % (statistics.mean(sizes), min(sizes), max(sizes)))
        return
    if args.targets:
        with open(args.targets) as f:
            specs = json.load(f)
    else:
        specs = [
            {
                "name": args.name,
                "endpoint": args.endpoint,
                "user": args.user,
                "password": args.password,
                "version": args.version,
                "since_field": args.since_field,
                "max_batch": args.max_batch,
                "server_pids": [int(x) for x in args.server_pids.split(",") if x],
            }
        ]
    targets = [Target(s) for s in specs]
    n = args.already or args.preload
    if not n and set(args.workloads) & set("defgh"):
        ap.error("reads need --preload N or --already N")
    bench = Bench(data, n, args)
    out = {
        "when": dt.datetime.now(dt.UTC).isoformat(),
        "json": "orjson" if "orjson" in sys.modules else "json",
        "python": sys.version.split()[0],
        "cpus": os.cpu_count(),
        "loadavg": os.getloadavg(),
        "preload": [],
        "runs": [],
    }
    if args.preload and not args.already:
        for t in targets:
            p = await bench.preload(t, args.preload_batch, args.preload_concurrency)
            out["preload"].append(p)
            print("preload", json.dumps(p), flush=True)
            if p["statements"] != args.preload:
                print("!! %s took only part of the preload" % t.name, flush=True)
    for rnd in range(args.rounds):
        for wl in args.workloads:
            order = targets if rnd % 2 == 0 else targets[::-1]
            for t in order:
                if wl in t.skip:
                    continue
                r = await bench.run(t, wl, args.duration, args.max_requests)
                r["round"] = rnd
                out["runs"].append(r)
                print(
                    "%-16s %s %-32s %8.1f rq/s %9.1f st/s p50 %8s p95 %8s p99 %8s err %d %s | cpu srv %s cli %s other %s"
                    % (
                        t.name,
                        wl,
                        TITLE[wl],
                        r["rps"],
                        r["sps"],
                        r["p50_ms"],
                        r["p95_ms"],
                        r["p99_ms"],
                        r["errors"],
                        r["error_kinds"] or "",
                        r["server_cpu_cores"],
                        r["client_cpu_cores"],
                        r["other_cpu_cores"],
                    ),
                    flush=True,
                )
    out["medians"] = medians(out["runs"])
    base = {m["workload"]: m for m in out["medians"] if m["target"] == targets[0].name}
    print(
        "\nmedians"
        + (
            " (ratio = %s / that server, by statements/s)" % targets[0].name
            if len(targets) > 1
            else ""
        )
    )
    for m in out["medians"]:
        b = base.get(m["workload"])
        m["ratio_first_to_this"] = round(b["sps"] / m["sps"], 2) if b and m["sps"] else None
        x, y = b and b["statements_per_server_cpu_s"], m["statements_per_server_cpu_s"]
        m["cpu_ratio_first_to_this"] = round(x / y, 2) if x and y else None
        print(
            "%s %-32s %-16s %9.1f rq/s %10.1f st/s p50 %8s p95 %8s p99 %8s err %d | per server cpu-s %s rq %s st | ratio wall %s cpu %s"
            % (
                m["workload"],
                m["title"],
                m["target"],
                m["rps"],
                m["sps"],
                m["p50_ms"],
                m["p95_ms"],
                m["p99_ms"],
                m["errors"],
                m["requests_per_server_cpu_s"],
                m["statements_per_server_cpu_s"],
                m["ratio_first_to_this"],
                m["cpu_ratio_first_to_this"],
            )
        )
    if args.json:
        with open(args.json, "w") as f:
            json.dump(out, f, indent=1)


if __name__ == "__main__":
    asyncio.run(main())
