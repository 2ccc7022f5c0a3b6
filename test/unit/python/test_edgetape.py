"""What push/python/edgetape.py promises, against a server that is told what to answer. `python3 -m unittest` in this folder."""

import asyncio
import decimal
import faulthandler
import gc
import json
import logging
import multiprocessing
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from datetime import datetime, timedelta, timezone

PROJECT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(PROJECT / "push" / "python"), str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

import edgetape  # noqa: E402
from edgetape import Edgetape, EdgetapeError, Events, Gap, Place  # noqa: E402
from fake_server import FakeServer  # noqa: E402

REFUSED_BY_SYMBOL = {"title": "refused", "detail": "a bad one"}


def until(condition, what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


class Patient(Edgetape):
    """One that waits for as long as a machine takes that does ten other things."""

    def flush(self, timeout=30.0):
        return super().flush(timeout)

    def sync(self, timeout=30.0):
        return super().sync(timeout)


class Case(unittest.TestCase):
    def setUp(self):
        edgetape._FIRST_WAIT_S = 0.02
        edgetape._LOOK_EVERY_S = 0.05
        logging.getLogger("edgetape").setLevel(os.environ.get("EDGETAPE_LOG", "CRITICAL"))
        self.folder = tempfile.mkdtemp(prefix="edgetape-python-")
        self.server = FakeServer()
        self.tapes = []

    def tearDown(self):
        for tape in self.tapes:
            tape.close(0)
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tape(self, **settings):
        settings = {"spool": self.folder, "interval": 0.01, "timeout": 2.0, "exit_timeout": 30.0, **settings}
        tape = Patient(settings.pop("url", self.server.url), settings.pop("token", "a-token"), **settings)
        self.tapes.append(tape)
        return tape

    def table(self, name):
        (file,) = pathlib.Path(self.folder).glob("*.sqlite")
        with sqlite3.connect(file) as database:
            rows = database.execute(f"SELECT * FROM {name}").fetchall()
        database.close()
        return rows


class Pushing(Case):
    def test_every_kind_goes_to_its_route_with_one_post_for_all_symbols(self):
        tape = self.tape(interval=0.5)
        tape.metric("latency_ms", symbol="ACME", venue="xnas").observe(1.5)
        tape.metric("cpu").observe(0.25)
        tape.trade("ACME", 101.25, 20, "buy", id="t-1", venue="xnas")
        tape.trade("BETA", price=decimal.Decimal("1.1"), size=1)
        tape.book("ACME", [(101, 5)], [[102, 6]], seq=2**60)
        tape.position("ACME", -3, avg_price=100, account="desk")
        tape.order("ACME", "o-1", "sent", side="buy", quantity=10)
        tape.note("ACME", "halted", level="warn")
        # All of it is there before the interval is over.
        self.assertTrue(tape.sync())
        self.assertTrue(tape.flush())
        latency, cpu = self.server.of("metrics")
        self.assertEqual((latency["labels"], latency["value"], latency["symbol"]), ({"venue": "xnas"}, 1.5, "ACME"))
        self.assertNotIn("symbol", cpu)
        first, second = self.server.of("trades")
        self.assertEqual({**first, "ts": 0}, {
            "symbol": "ACME", "price": 101.25, "size": 20, "side": "buy", "id": "t-1", "venue": "xnas", "ts": 0,
        })
        self.assertEqual(second["price"], 1.1)
        self.assertAlmostEqual(first["ts"] / 1e6, time.time(), delta=30)
        self.assertEqual(self.server.of("books")[0]["bids"], [[101, 5]])
        self.assertEqual(self.server.of("books")[0]["seq"], str(2**60))
        self.assertEqual(self.server.of("positions")[0]["quantity"], -3)
        self.assertEqual(self.server.of("orders")[0]["status"], "sent")
        (note,) = self.server.of("notes")
        self.assertEqual({**note, "ts": 0}, {"symbol": "ACME", "text": "halted", "level": "warn", "ts": 0})
        self.assertEqual(len({key for _, key, _, _ in self.server.posts}), len(self.server.posts))
        self.assertTrue(all(authorization == "Bearer a-token" for *_, authorization in self.server.posts))
        self.assertLessEqual(len(self.server.posts), 8)

    def test_a_body_is_compressed_and_one_moment_comes_once(self):
        tape = self.tape()
        point = tape.metric("m")
        for value in range(500):
            point.observe(value)
        self.assertTrue(tape.flush())
        self.assertGreater(self.server.gzipped, 0)
        self.assertEqual(len({event["ts"] for event in self.server.of("metrics")}), 500)

    def test_a_book_is_as_it_was_when_it_was_pushed(self):
        tape = self.tape()
        bids = [[1.0, 5.0]]
        tape.book("ACME", bids, [])
        bids[0][1] = 0.0
        bids.clear()
        self.assertTrue(tape.flush())
        self.assertEqual(self.server.of("books")[0]["bids"], [[1.0, 5.0]])

    def test_times_are_microseconds_or_text_and_a_time_of_nowhere_is_refused(self):
        tape = self.tape()
        tape.trade("A", 1, 1, ts=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=1))))
        tape.trade("A", 1, 1, ts="2026-01-02T03:04:05Z")
        tape.trade("A", 1, 1, ts=1_767_319_445_678_901)
        with self.assertRaisesRegex(ValueError, "no offset"):
            tape.trade("A", 1, 1, ts=datetime(2026, 1, 2))
        self.assertTrue(tape.flush())
        moments = [event["ts"] for event in self.server.of("trades")]
        self.assertEqual(moments, [1_767_319_445_678_901, "2026-01-02T03:04:05Z", 1_767_319_445_678_901])

    def test_time_measures_blocks_calls_and_coroutines_also_where_they_raise(self):
        tape = self.tape()
        timer = tape.metric("step_ms")
        began = time.perf_counter()
        with self.assertRaises(KeyError), timer.time():
            raise KeyError

        @timer.time()
        def step(depth):
            return 1 if depth == 0 else step(depth - 1)

        @timer.time(unit="ms")
        async def wait():
            await asyncio.sleep(0.02)
            return 2

        self.assertEqual((step(1), asyncio.run(wait())), (1, 2))
        whole = (time.perf_counter() - began) * 1_000
        with self.assertRaisesRegex(ValueError, "unit"):
            tape.metric("load").time()
        self.assertTrue(tape.flush())
        values = [event["value"] for event in self.server.of("metrics")]
        self.assertEqual(len(values), 4)
        self.assertGreater(values[-1], 15)
        # In milliseconds, and each its own: what went before the last is not in it.
        self.assertGreaterEqual(min(values), 0)
        self.assertLessEqual(max(values[1], values[2]) + values[-1], whole)

    def test_lines_of_logging_are_pushed_and_its_own_are_not(self):
        tape = self.tape()
        logger = logging.getLogger("desk.router")
        logger.propagate = False
        handler = tape.log_handler(service="router")
        for each in (logger, logging.getLogger("edgetape")):
            each.addHandler(handler)
            self.addCleanup(each.removeHandler, handler)
        try:
            raise OSError("gone")
        except OSError:
            logger.exception("lost %s", "xnas", extra={"symbol": "ACME", "correlation_id": "c-1", "legs": [1]})
        logging.getLogger("edgetape").critical("its own")
        self.assertTrue(tape.flush())
        (line,) = self.server.of("logs")
        self.assertEqual((line["event"], line["level"], line["service"]), ("lost xnas", "error", "router"))
        self.assertEqual((line["symbol"], line["correlation_id"], line["legs"]), ("ACME", "c-1", "[1]"))
        self.assertIn("OSError: gone", line["exception"])


class Trouble(Case):
    def test_a_batch_that_was_not_answered_is_sent_again_as_it_was_under_its_key(self):
        answers = [None, (503, {}, {"title": "busy"}), (202, {}, {})]
        self.server.answer = lambda *_: answers.pop(0) if answers else (202, {}, {})
        tape = self.tape()
        tape.trade("ACME", 1, 1)
        self.assertTrue(tape.flush())
        tape.trade("ACME", 2, 1)
        self.assertTrue(tape.flush())
        keys = [key for _, key, _, _ in self.server.posts]
        self.assertEqual(len(set(keys[:3])), 1)
        self.assertEqual(self.server.posts[0][2], self.server.posts[2][2])
        self.assertEqual([event["price"] for event in self.server.of("trades")], [1, 2])

    def test_retry_after_is_honoured_and_a_flush_does_not_cut_it_short(self):
        moments = []

        def answer(*_):
            moments.append(time.monotonic())
            return (429, {"retry-after": "1"}, {"title": "slow"}) if len(moments) == 1 else (202, {}, {})

        self.server.answer = answer
        tape = self.tape()
        tape.metric("m").observe(1)
        self.assertFalse(tape.flush(0.3))
        self.assertIn("429 slow", tape.stats()["trouble"]["metrics"])
        self.assertTrue(tape.flush(5))
        self.assertGreaterEqual(moments[1] - moments[0], 0.99)
        self.assertEqual(tape.stats()["trouble"], {})

    def test_a_retry_after_may_be_a_date_and_nonsense_is_none(self):
        later = datetime.now(timezone.utc) + timedelta(seconds=90)
        said = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
        self.assertAlmostEqual(edgetape._retry_after(said), 90, delta=3)
        self.assertEqual([edgetape._retry_after(each) for each in (None, "soon", "nan", "-5")], [0, 0, 0, 0])
        self.assertEqual(edgetape._retry_after("1e9"), 3600)

    def test_the_bad_ones_of_a_batch_are_found_and_set_aside_and_the_good_ones_go_on_in_order(self):
        # This server names nothing, so they are found by halves.
        def answer(route, events, key):
            bad = any(event["price"] in (0, 77, 78, 199) for event in events)
            return (422, {}, REFUSED_BY_SYMBOL) if bad else (202, {}, {})

        self.server.answer = answer
        told = []
        tape = self.tape(on_refused=told.extend)
        for price in range(200):
            tape.trade("ACME", price, 1)
        self.assertTrue(tape.flush(20))
        self.assertEqual([event["price"] for event in self.server.of("trades")], [
            price for price in range(200) if price not in (0, 77, 78, 199)
        ])
        self.assertEqual([json.loads(each.event)["price"] for each in told], [0, 77, 78, 199])
        self.assertEqual([json.loads(row[2])["price"] for row in self.table("refused")], [0, 77, 78, 199])
        self.assertEqual(self.table("events"), [])
        self.assertLess(len(self.server.posts), 90)
        self.assertEqual(tape.stats()["trades"]["refused"], 4)

    def test_bad_ones_that_the_server_names_are_set_aside_at_once(self):
        def answer(route, events, key):
            errors = [{"path": f"[{at}].value", "message": "no"} for at, each in enumerate(events) if each["value"] < 0]
            return (422, {}, {"title": "t", "errors": errors}) if errors else (202, {}, {})

        self.server.answer = answer
        told = []
        tape = self.tape(on_refused=told.extend, interval=0.5)
        for value in [1, -1, 2, -2]:
            tape.metric("m").observe(value)
        tape.metric("m").observe(float("nan"))
        self.assertTrue(tape.flush())
        self.assertEqual([event["value"] for event in self.server.of("metrics")], [1, 2])
        self.assertEqual(len(told), 3)
        self.assertIn("is no JSON", told[0].why)
        self.assertIn("[1].value no", told[1].why)

    def test_a_route_that_is_not_there_yet_holds_up_its_own_kind_alone(self):
        has_orders = False
        self.server.answer = lambda route, *_: (202, {}, {}) if route != "orders" or has_orders else (404, {}, {"title": "No such route"})
        tape = self.tape()
        with self.assertLogs("edgetape", "WARNING") as warned:
            tape.order("ACME", "o-1", "sent")
            tape.trade("ACME", 1, 1)
            until(lambda: self.server.of("trades") and "orders" in tape.stats()["trouble"], "trades go, orders wait")
        self.assertIn("orders: held up, orders wait on disk", warned.output[0])
        self.assertIn("404 No such route", warned.output[0])
        self.assertEqual(tape.stats()["orders"]["spooled"], 1)
        has_orders = True
        self.assertTrue(tape.flush(10))
        self.assertEqual(len(self.server.of("orders")), 1)

    def test_a_token_that_is_not_good_holds_up_and_one_that_covers_not_a_symbol_sets_aside(self):
        token = ["old"]

        def answer(route, events, key):
            if self.server.posts[-1][3] == "Bearer old":
                return (401, {}, {"title": "Not authorized"})
            bad = any(event["symbol"] == "SECRET" for event in events)
            return (403, {}, {"detail": "The token is not for SECRET."}) if bad else (202, {}, {})

        self.server.answer = answer
        told = []
        tape = self.tape(token=lambda: token[0], on_refused=told.extend)
        for symbol in ("A", "SECRET", "B"):
            tape.trade(symbol, 1, 1)
        until(lambda: "trades" in tape.stats()["trouble"], "the 401 is said")
        token[0] = "new"
        self.assertTrue(tape.flush(10))
        self.assertEqual([event["symbol"] for event in self.server.of("trades")], ["A", "B"])
        self.assertEqual(len(told), 1)

    def test_a_page_that_something_in_between_answers_with_is_no_acknowledgement(self):
        pages = [(200, {}, b"<html>log in</html>")]
        self.server.answer = lambda *_: pages.pop() if pages else (202, {}, {})
        tape = self.tape()
        tape.trade("ACME", 1, 1)
        self.assertTrue(tape.flush(10))
        self.assertEqual(len(self.server.posts), 2)

    def test_metrics_drop_the_oldest_and_count_them_and_no_call_waits(self):
        # The server answers nothing until all calls have returned.
        returned = threading.Event()
        self.addCleanup(returned.set)
        self.server.answer = lambda *_: (returned.wait(60), {}, {}) and (202, {}, {})
        tape = self.tape(most_waiting=1_000, timeout=60.0)
        point = tape.metric("m")
        point.observe(-1)
        until(lambda: self.server.posts, "a push that waits for its answer")
        for value in range(20_000):
            point.observe(value)
        counts = tape.stats()["metrics"]
        self.assertEqual((counts["waiting"] + counts["dropped"], counts["sent"]), (20_001, 0))
        self.assertLessEqual(counts["waiting"], 1_000 + edgetape._BATCH_EVENTS)
        self.assertGreater(counts["dropped"], 10_000)
        returned.set()
        self.assertTrue(tape.flush())

    def test_the_spool_is_bounded_and_books_leave_room_for_trades(self):
        self.server.close()
        tape = self.tape(spool_bytes=400_000, most_waiting=100)
        levels = [(price / 7, 1.0) for price in range(200)]
        for _ in range(100):
            tape.book("ACME", levels, levels)
            self.assertTrue(tape.sync())
        self.assertGreater(tape.stats()["books"]["dropped"], 0)
        for at in range(50):
            tape.trade("ACME", at, 1)
        self.assertTrue(tape.sync())
        self.assertEqual(tape.stats()["trades"]["spooled"], 50)
        text = "x" * 3_000
        for at in range(300):
            tape.trade("ACME", at, 1, id=text)
        until(lambda: tape.stats()["trades"]["dropped"] > 0, "what has no room is counted")
        # A file that is full is emptied all the same.
        self.server = FakeServer(self.server.port)
        self.assertTrue(tape.flush(10))
        sent = len(self.server.of("trades"))
        self.assertEqual(sent + tape.stats()["trades"]["dropped"], 350)
        self.assertEqual(self.table("events"), [])


class Processes(Case):
    def run_python(self, code, **popen):
        code = f"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(PROJECT / 'push/python')!r})\n{code}"
        return subprocess.Popen([sys.executable, "-c", code], **popen)

    def test_what_was_spooled_outlives_kill_9_and_is_sent_once_under_the_key_it_had(self):
        # The server takes the batch, and its answer is lost.
        self.server.answer = lambda *_: None
        child = self.run_python(
            f"from edgetape import Edgetape\nimport time\n"
            f"tape = Edgetape({self.server.url!r}, 'a-token', spool={self.folder!r}, interval=0.01)\n"
            "for at in range(100): tape.trade('ACME', at, 1)\n"
            "assert tape.sync()\nprint('spooled', flush=True)\ntime.sleep(60)",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.assertEqual(child.stdout.readline(), b"spooled\n")
        until(lambda: self.server.posts, "a push")
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        self.server.answer = lambda *_: (202, {}, {})
        with self.tape() as tape:
            self.assertTrue(tape.flush(10))
        self.assertEqual([event["price"] for event in self.server.of("trades")], list(range(100)))

    def test_the_exit_flushes_and_is_bounded_where_the_server_is_away(self):
        code = (
            "from edgetape import Edgetape\n"
            "tape = Edgetape({url!r}, 'a-token', spool={folder!r}, exit_timeout={timeout}, interval=5.0)\n"
            "tape.metric('m').observe(1); tape.trade('ACME', 1, 1)"
        )
        ran = self.run_python(code.format(url=self.server.url, folder=self.folder, timeout=30.0))
        self.assertEqual(ran.wait(60), 0)
        self.assertEqual((len(self.server.of("metrics")), len(self.server.of("trades"))), (1, 1))
        # Where it waited for the server it would never end.
        ran = self.run_python(code.format(url="http://127.0.0.1:9", folder=self.folder, timeout=1.0), stderr=subprocess.DEVNULL)
        self.assertEqual(ran.wait(60), 0)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_fork_sends_what_it_pushed_and_nothing_of_its_parent(self):
        tape = self.tape(interval=0.3)
        for at in range(50):
            tape.trade("ACME", at, 1, id=f"parent-{at}")
            tape.metric("m").observe(at)
        child = os.fork()
        if child == 0:
            tape.trade("ACME", 1, 1, id="child")
            tape.metric("m").observe(-1)
            well = tape.flush(10)
            os._exit(0 if well else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(tape.flush(10))
        ids = [event["id"] for event in self.server.of("trades")]
        self.assertEqual(sorted(ids), sorted([*(f"parent-{at}" for at in range(50)), "child"]))
        self.assertEqual(sorted(event["value"] for event in self.server.of("metrics")), [-1, *range(50)])

    @unittest.skipUnless("fork" in multiprocessing.get_all_start_methods(), "there is no fork here")
    def test_a_child_of_multiprocessing_flushes_as_it_ends(self):
        tape = self.tape(interval=2.0)
        tape.metric("m").observe(0)
        child = multiprocessing.get_context("fork").Process(target=lambda: tape.metric("m").observe(1))
        child.start()
        child.join(60)
        self.assertEqual([event["value"] for event in self.server.of("metrics")], [1])

    def test_forks_under_load_lose_and_repeat_nothing(self):
        if not hasattr(os, "fork"):
            self.skipTest("there is no fork here")
        # A thread that collects connections which tests before have left has SQLite's own locks, and a child would have them locked for good.
        gc.collect()
        tape = self.tape()
        stop = threading.Event()
        pushed = []

        def push():
            while not stop.is_set():
                tape.trade("ACME", len(pushed), 1)
                pushed.append(len(pushed))
                time.sleep(0.0005)

        thread = threading.Thread(target=push)
        thread.start()
        try:
            for at in range(10):
                child = os.fork()
                if child == 0:
                    tape.trade("ACME", -1 - at, 1)
                    # A process waits for the others at the spool's file for 30 s (_LOCKED_S).
                    is_synced = tape.sync(40)
                    if not is_synced:
                        # Where its threads stand is all that is left to be known of it.
                        faulthandler.dump_traceback(sys.__stderr__)
                    os._exit(0 if is_synced else 1)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
        finally:
            stop.set()
            thread.join()
        self.assertTrue(tape.flush(10))
        self.assertEqual(sorted(event["price"] for event in self.server.of("trades")), [*range(-10, 0), *range(len(pushed))])

    def test_a_process_that_writes_without_pause_keeps_no_other_from_the_spool(self):
        tape = self.tape()
        self.assertTrue(tape.sync())
        (file,) = pathlib.Path(self.folder).glob("*.sqlite")
        # As one whose disk takes 50 ms for an fsync. It says each commit, and ends with its input.
        busy = self.run_python(
            "import select, sqlite3, time\n"
            f"database = sqlite3.connect({str(file)!r}, timeout=30, isolation_level=None)\n"
            "while not select.select([sys.stdin], [], [], 0)[0]:\n"
            "    database.execute('BEGIN IMMEDIATE'); time.sleep(0.05); database.execute('COMMIT')\n"
            "    print(flush=True); time.sleep(0.0003)",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        busy.stdout.readline()
        for at in range(5):
            tape.trade("ACME", at, 1)
            self.assertTrue(tape.sync())
        commits = len(busy.communicate()[0])
        # SQLite's own tries, 100 ms apart, took some 200.
        self.assertLess(commits, 60)

    def test_processes_of_one_token_share_a_spool_and_others_do_not(self):
        def token(claims):
            part = edgetape.base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
            return f"e.{part}.s"

        files = [
            edgetape._Server(url, token(claims), 1).holder()
            for url, claims in [
                (self.server.url, {"sub": "a", "exp": 1}),
                (self.server.url + "/", {"sub": "a", "exp": 2, "scopes": ["write"]}),
                (self.server.url, {"sub": "b"}),
                ("https://elsewhere.example", {"sub": "a"}),
                (self.server.url, {"scopes": ["write"], "iat": 1}),
                (self.server.url, {"scopes": ["write"], "iat": 2}),
            ]
        ]
        self.assertEqual(files[0], files[1])
        self.assertEqual(files[4], files[5])
        self.assertEqual(len(set(files)), 4)

    def test_after_close_a_push_is_counted_and_nothing_else(self):
        with self.tape() as tape:
            tape.metric("m").observe(1)
        tape.metric("m").observe(2)
        tape.trade("ACME", 1, 1)
        self.assertEqual([event["value"] for event in self.server.of("metrics")], [1])
        self.assertEqual((tape.stats()["metrics"]["dropped"], tape.stats()["trades"]["dropped"]), (1, 1))

    def test_without_a_spool_trades_wait_in_memory(self):
        with self.tape(spool=False) as tape:
            tape.trade("ACME", 1, 1)
            self.assertFalse(tape.sync())
        self.assertEqual(len(self.server.of("trades")), 1)
        self.assertEqual(os.listdir(self.folder), [])


class Reading(Case):
    def setUp(self):
        super().setUp()
        self.asked = []
        self.answers = []

        def read(path):
            parts = urllib.parse.urlsplit(path)
            self.asked.append((parts.path, dict(urllib.parse.parse_qsl(parts.query))))
            return self.answers.pop(0) if self.answers else (403, {"title": "the end"})

        self.server.read = read
        edgetape._BUSY_POLL_S = edgetape._QUIET_POLL_S = 0.001

    def poll(self, cursor, events=(), **more):
        return 200, {"cursor": cursor, "oldest": 0, "complete": True, "log": "L", "events": list(events), **more}

    def follow(self, *arguments, **more):
        items = []
        with self.assertRaises(EdgetapeError) as ended:
            for item in self.tape().follow(*arguments, **more):
                items.append(item)
        self.assertEqual(ended.exception.status, 403)
        return items

    def test_follow_gives_events_gaps_and_places_and_outlives_a_server_that_is_away(self):
        one, two = {"kind": "trade", "ts": 1}, {"kind": "trade", "ts": 2}
        self.answers = [
            self.poll(10, [one]),
            (503, {"title": "busy"}),
            self.poll(10),
            self.poll(30, [two], complete=False, oldest=20),
            self.poll(40, [one], complete=False, gaps=[{"from": 30, "to": 35, "reason": "expired"}]),
            self.poll(5, reset=True, complete=False, log="M"),
        ]
        items = self.follow("BTC/USD", since=Place(7, "L"))
        self.assertEqual(items, [
            Events([one], Place(10, "L")),
            # A server of before 2026-11-27 does not say why.
            Gap(10, 20, "unavailable", Place(20, "L")),
            Events([two], Place(30, "L")),
            Gap(30, 35, "expired", Place(30, "L")),
            Events([one], Place(40, "L")),
            Gap(40, 5, "reset", Place(5, "M")),
        ])
        self.assertEqual(self.asked[0][0], "/api/rooms/BTC%2FUSD/events")
        self.assertEqual([asked[1].get("since") for asked in self.asked], ["7", "10", "10", "10", "30", "40", "5"])
        self.assertEqual([asked[1]["log"] for asked in self.asked], ["L", "L", "L", "L", "L", "L", "M"])
        self.assertEqual(self.asked[0][1]["wait"], "20")

    def test_follow_from_now_learns_where_now_is_at_once(self):
        self.answers = [self.poll(10), self.poll(11, [{"kind": "metric", "ts": 1}])]
        items = self.follow("ACME")
        self.assertEqual([item.place.cursor for item in items], [11])
        self.assertNotIn("wait", self.asked[0][1])
        self.assertEqual(self.asked[1][1]["since"], "10")

    def test_follow_waits_for_a_symbol_that_nobody_has_pushed(self):
        self.answers = [(404, {"title": "unknown"}), self.poll(11, [{"kind": "metric", "ts": 1}])]
        self.assertEqual(len(self.follow("NEW")), 1)
        self.assertEqual(self.asked[1][1]["since"], "0")

    def test_history_follows_the_pages_of_its_range_and_says_where_it_goes_on(self):
        self.answers = [
            (200, {"cursor": 99, "bars": [{"ts": 3}, {"ts": 4}], "truncated": True, "next": 3}),
            (200, {"cursor": 100, "bars": [{"ts": 1}, {"ts": 2}]}),
        ]
        rows = self.tape().history("ACME", interval="1h", start=timedelta(hours=6))
        self.assertEqual([row["ts"] for row in rows], [1, 2, 3, 4])
        self.assertEqual(rows.cursor, 99)
        self.assertAlmostEqual(int(self.asked[0][1]["from"]) / 1e6, time.time() - 6 * 3600, delta=30)
        self.assertEqual((self.asked[1][1]["to"], self.asked[1][1]["from"]), ("3", self.asked[0][1]["from"]))

    def test_series_are_rows_a_series_after_the_other(self):
        def line(venue, ts):
            return {"metric": "m", "symbol": "A", "labels": {"venue": venue}, "ts": ts, "avg": [t * 1.5 for t in ts]}

        self.answers = [
            (200, {"cursor": 9, "step_us": 1, "series": [line("x", [3]), line("y", [4])], "truncated": True, "next": 3}),
            (200, {"cursor": 9, "step_us": 1, "series": [line("x", [1]), line("y", [2])]}),
        ]
        rows = self.tape().series("m", symbol="A", labels={"a": "b"}, start="2026-01-01T00:00:00Z", agg=["avg"])
        self.assertEqual([(row["labels"]["venue"], row["ts"], row["avg"]) for row in rows], [
            ("x", 1, 1.5), ("x", 3, 4.5), ("y", 2, 3.0), ("y", 4, 6.0),
        ])
        self.assertEqual(self.asked[0][1]["labels"], '{"a": "b"}')

    def test_a_refusal_is_raised_in_the_servers_words(self):
        self.answers = [(404, {"title": "Unknown symbol", "detail": "Nobody pushed X", "correlation_id": "c-9"})]
        with self.assertRaisesRegex(EdgetapeError, "404 Unknown symbol: Nobody pushed X .correlation id c-9"):
            self.tape().history("X")

    def test_rows_become_a_data_frame_where_pandas_is_and_say_what_is_missing_where_it_is_not(self):
        rows = edgetape.Rows([{"ts": 1_000_000, "close": 2.5}], 7)
        try:
            import pandas  # noqa: F401
        except ImportError:
            with self.assertRaisesRegex(ImportError, "pip install pandas"):
                rows.to_df()
            return
        frame = rows.to_df()
        self.assertEqual(frame["close"].iloc[0], 2.5)
        self.assertEqual(frame.index[0].isoformat(), "1970-01-01T00:00:01+00:00")

    def test_an_address_that_can_be_no_server_is_refused_at_once(self):
        for url in ("tape.example", "ftp://x", "https://", "https://a:b@x", "https://x/?q=1", "http://x:99999"):
            with self.assertRaises(ValueError, msg=url):
                Edgetape(url, "t", spool=False)


if __name__ == "__main__":
    unittest.main()
