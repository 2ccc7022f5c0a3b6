"""Edgetape's client in one file: push what happens, follow what happens, read what happened.

    from edgetape import Edgetape

    tape = Edgetape("https://tape.example", token=TOKEN)
    tape.metric("order_latency_ms", symbol="ACME", venue="xnas").observe(1.7)
    tape.trade("ACME", price=101.25, size=20, side="buy", id="f-81", venue="xnas")

    with tape.metric("rebalance_ms").time():
        rebalance()

    for item in tape.follow("ACME", since=place):
        print(item)

It needs Python 3.9 or later and the standard library. Copy the file, or fetch it from your server:
`curl -O https://tape.example/edgetape.py`.

What a process that lets this in should know:

* A push never waits for the network or the disk, and never raises because of them. Two threads work behind it, "edgetape-spool"
  and "edgetape-send". They start with the first push, or where an earlier process left events on disk.
* Metrics and log lines wait in memory. Where more wait than `most_waiting`, the oldest are dropped and counted.
* Trades, orders, positions, notes and books are written to a SQLite file within some 10 ms, with fsync. What is in it outlives this
  process, the machine's power and the server. The next process with the same server and token, or another that runs beside
  this one, sends it. `sync()` says when everything so far is in the file.
* A batch that was sent and not answered is sent again as it was, with the same `Idempotency-Key`. The server takes it once,
  for 24 hours. Give trades an `id`: they are taken once however long a server was away.
* An event that the server refuses is set aside in the same file (table `refused`) and told to `on_refused`. The others go on.
* `stats()` counts what happened to everything. Warnings go to the logger "edgetape".

The threads, the queues and the file survive `os.fork`: what waits in memory is the parent's to send, and a child begins with
empty queues. At exit everything is flushed, for at most `exit_timeout` seconds.

MIT License, Copyright (c) 2026 The Edgetape authors.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import email.utils
import enum
import functools
import gzip
import hashlib
import http.client
import inspect
import json
import logging
import os
import pathlib
import random
import re
import sqlite3
import ssl
import sys
import threading
import time
import urllib.parse
import uuid
import weakref
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

__all__ = ["Edgetape", "EdgetapeError", "Events", "Gap", "Metric", "Place", "Refused", "Rows", "TapeHandler"]

#: A moment: microseconds since the epoch, an aware datetime, RFC 3339, "now" or "now-6h", or a timedelta (so long ago).
Moment = Union[int, str, datetime, timedelta]
Token = Union[str, Callable[[], str], None]
Level = Sequence[float]
"""Price and size."""

_LOG = logging.getLogger("edgetape")

#: A batch has at most so many events and so many bytes of JSON. The server takes 20,000 and 8 MiB, 1 MiB of it after gzip.
_BATCH_EVENTS = 5_000
_BATCH_BYTES = 2_000_000
#: Shorter bodies gain nothing by gzip.
_GZIP_FROM_BYTES = 500
#: Backoff with full jitter between 0 and a ceiling that doubles, in seconds.
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
#: A `Retry-After` beyond this is not believed.
_LONGEST_RETRY_AFTER_S = 3_600.0
#: While the same trouble lasts, it is warned of so often.
_WARN_EVERY_S = 300.0
#: Commits to the spool are so far apart at least. What they gather meanwhile shares an fsync.
_SPOOL_EVERY_S = 0.01
#: While another process writes to the spool, a try is made so often, and for so long.
_TRY_EVERY_S = 0.001
_LOCKED_S = 30.0
#: How often the spool is looked at for what other processes put there.
_LOOK_EVERY_S = 1.0
#: From this part of the spool's limit on books are dropped: what is left is for trades, orders, positions and notes.
_BOOKS_UP_TO = 0.8
#: How long the server is asked to hold a poll, and what an answer may take beyond that.
_POLL_WAIT_S = 20
#: Between two polls of a busy room, and of a server that does not hold polls.
_BUSY_POLL_S = 0.25
_QUIET_POLL_S = 1.0
_MOST_BARS = 10_000

_DURABLE = ("trades", "orders", "positions", "notes", "books")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS_US = {"ms": 1_000, "s": 10**6, "m": 60 * 10**6, "h": 3_600 * 10**6, "d": 86_400 * 10**6, "w": 7 * 86_400 * 10**6}
_PER_SECOND = {"us": 1e6, "ms": 1e3, "s": 1.0, "seconds": 1.0}


class EdgetapeError(Exception):
    """A question that the server did not answer. `status` is that of HTTP, or None where there was no answer."""

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        super().__init__(message)
        self.status = status


class Place(NamedTuple):
    """A place in a symbol's log. Keep it with what you made of the events, and give it back as `since`."""

    cursor: int
    log: Optional[str] = None


class Events(NamedTuple):
    """Events of a symbol, in order. Each has `kind` and `ts` (microseconds) beside its own fields."""

    events: List[Dict[str, Any]]
    place: Place


class Gap(NamedTuple):
    """The events after cursor `start` and up to `end` cannot be had.

    `reason` is "expired" where some of them exist no more, and those that do follow; "unavailable" where they could not be read; and
    "reset" where the server's log was lost and began anew: then nothing is known of what was after `start`, and what comes next is new though its cursors may be smaller.
    """

    start: int
    end: int
    reason: str
    place: Place


class Refused(NamedTuple):
    """An event that was set aside. `route` is "metrics", "trades" and so on, `why` the server's words."""

    route: str
    event: str
    why: str


class Rows(List[Dict[str, Any]]):
    """What was asked for, a dict a row, oldest first. `cursor` continues it live: `follow(symbol, since=rows.cursor)`."""

    def __init__(self, rows: Iterable[Dict[str, Any]], cursor: int) -> None:
        super().__init__(rows)
        self.cursor = cursor

    def to_df(self) -> Any:
        """A pandas DataFrame with `ts` as its index, in UTC. ImportError where pandas is not installed."""
        try:
            import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError as error:
            raise ImportError("to_df() needs pandas: pip install pandas. Without it the rows are a list of dicts.") from error
        frame = pandas.DataFrame(list(self))
        if len(self) == 0:
            return frame
        frame["ts"] = pandas.to_datetime(frame["ts"], unit="us", utc=True)
        return frame.set_index("ts")


class Edgetape:
    """One server, one token. One of these serves all threads of a process.

    :param url: where the server is: `https://tape.example`, or `https://example.org/tape` behind a path.
    :param token: a token, or a function that gives the one to use now. Without one only reading is possible.
    :param spool: the folder of the SQLite file, on a disk of this machine. True: `$XDG_STATE_HOME/edgetape` or
        `~/.local/state/edgetape`. False: trades, orders, positions, notes and books wait in memory alone, as metrics do. The file is
        named after the server and the token's holder, so services may share a folder.
    :param interval: seconds that events gather before a post. A post has all symbols of a kind. 1.0 is cheap on Cloudflare.
    :param most_waiting: most events that wait in memory, for each of metrics, log lines, and what is on its way to the spool.
    :param spool_bytes: most bytes of the SQLite file. Beyond them what is pushed is lost, counted and warned of.
    :param timeout: seconds that one answer may take.
    :param exit_timeout: seconds that the exit of the process may take to flush.
    :param on_refused: told of the events that were set aside, in the sending thread. Without it they are a warning.
    :raises ValueError: where the url can belong to no server.
    :raises OSError, sqlite3.Error: where the spool cannot be opened.
    """

    def __init__(
        self,
        url: str,
        token: Token = None,
        *,
        spool: Union[str, os.PathLike[str], bool] = True,
        interval: float = 0.1,
        most_waiting: int = 100_000,
        spool_bytes: int = 1 << 30,
        timeout: float = 10.0,
        exit_timeout: float = 5.0,
        on_refused: Optional[Callable[[List[Refused]], None]] = None,
    ) -> None:
        self._server = _Server(url, token, timeout)
        self._interval = interval
        self._most_waiting = most_waiting
        self._exit_timeout = exit_timeout
        self._on_refused = on_refused
        self._last_us = 0
        self._closed = False
        self._spool: Optional[_Spool] = None
        if token is not None and spool is not False:
            folder = _default_folder() if spool is True else pathlib.Path(spool)
            self._spool = _Spool(folder, self._server.holder(), spool_bytes, most_waiting)
        self._begin()
        with _ALL_LOCK:
            _ALL.add(self)
        if self._spool is not None and self._spool.has_events():
            self._start()

    # ---- pushing: none of these waits or raises for the server's sake ----

    def metric(
        self, name: str, /, symbol: Optional[str] = None, labels: Optional[Dict[str, str]] = None, **more_labels: str
    ) -> Metric:
        """A series to `observe`: `tape.metric("order_latency_ms", symbol="ACME", venue="xnas")`. Keep it where it is hot.

        Labels are keywords, or a dict where their names are no keywords. Without a symbol it belongs to `_system`.
        """
        fields: Dict[str, Any] = {"metric": name}
        if symbol is not None:
            fields["symbol"] = symbol
        if labels or more_labels:
            fields["labels"] = {key: str(value) for key, value in {**(labels or {}), **more_labels}.items()}
        return Metric(self, name, fields)

    def trade(
        self,
        symbol: str,
        price: float,
        size: float,
        side: Optional[str] = None,
        id: Optional[str] = None,
        venue: Optional[str] = None,
        ts: Optional[Moment] = None,
    ) -> None:
        """A trade. `side` is "buy" or "sell". The same symbol, venue, `id` and `ts` is kept once."""
        event = {"symbol": symbol, "price": price, "size": size, "side": side, "id": id, "venue": venue}
        self._push("trades", event, ts)

    def book(
        self,
        symbol: str,
        bids: Iterable[Level],
        asks: Iterable[Level],
        type: str = "snapshot",
        seq: Optional[int] = None,
        ts: Optional[Moment] = None,
    ) -> None:
        """An order book, or with `type="diff"` a change of one, where size 0 takes a level out. Levels are (price, size)."""
        # Copied, for the caller's own book goes on changing.
        sides = {"bids": [*map(tuple, bids)], "asks": [*map(tuple, asks)]}
        # Beyond 2^53 - 1 a number of JSON loses digits, and text keeps them.
        count = str(seq) if seq is not None and seq > 2**53 - 1 else seq
        self._push("books", {"symbol": symbol, "type": type, **sides, "seq": count}, ts)

    def position(
        self,
        symbol: str,
        quantity: float,
        avg_price: Optional[float] = None,
        account: Optional[str] = None,
        ts: Optional[Moment] = None,
    ) -> None:
        """What an account holds of the symbol from now on: a state and not a change."""
        self._push("positions", {"symbol": symbol, "quantity": quantity, "avg_price": avg_price, "account": account}, ts)

    def order(
        self,
        symbol: str,
        id: str,
        status: str,
        *,
        side: Optional[str] = None,
        type: Optional[str] = None,
        quantity: Optional[float] = None,
        price: Optional[float] = None,
        filled: Optional[float] = None,
        avg_price: Optional[float] = None,
        venue: Optional[str] = None,
        account: Optional[str] = None,
        correlation_id: Optional[str] = None,
        ts: Optional[Moment] = None,
    ) -> None:
        """A state of an order: sent, acknowledged, partially_filled, filled, canceled, rejected or expired.

        Where the server is older and has no such route, states of orders wait in the spool and go on once it has.
        """
        event = {
            **{"symbol": symbol, "id": id, "status": status, "side": side, "type": type, "quantity": quantity},
            **{"price": price, "filled": filled, "avg_price": avg_price, "venue": venue, "account": account},
            **{"correlation_id": correlation_id},
        }
        self._push("orders", event, ts)

    def note(
        self,
        symbol: str,
        text: str,
        level: Optional[str] = None,
        id: Optional[str] = None,
        ts: Optional[Moment] = None,
    ) -> None:
        """A mark on the symbol's chart, of at most 500 characters. `level` is info, warn or error.

        The same symbol, `id` and `ts` is kept once, the later: a note can be put right. Without `id` its text names it.
        """
        self._push("notes", {"symbol": symbol, "text": text, "level": level, "id": id}, ts)

    def log_handler(self, service: Optional[str] = None, level: int = logging.NOTSET) -> TapeHandler:
        """A handler for `logging`. `extra={"symbol": ..., "correlation_id": ..., ...}` of a call become fields of its line."""
        return TapeHandler(self, service, level)

    # ---- what became of it ----

    def stats(self) -> Dict[str, Any]:
        """What became of everything this process pushed, by kind, and what waits.

        A kind has `waiting` (in memory), `spooled` (on disk, of all processes), `sent`, `refused`, and `dropped`: lost because
        there was no room. `trouble` says in words what holds up a kind, or all of them ("server").
        """
        spooled = self._spool.counts() if self._spool is not None else {}
        lanes = self._lanes.values()
        kinds = {lane.route: {**lane.counts(), "spooled": spooled.get(lane.route, 0)} for lane in lanes}
        pauses = {"server": self._away, **{lane.route: lane.pause for lane in lanes}}
        return {**kinds, "trouble": {name: pause.why for name, pause in pauses.items() if pause.why is not None}}

    def sync(self, timeout: float = 5.0) -> bool:
        """True once every trade, order, position and book so far is on disk (or was refused). False after `timeout` seconds.

        Without a spool it is False.
        """
        if self._spool is None:
            return False
        spool, handed = self._spool, self._spool.handed
        return self._until(lambda: spool.taken >= handed, timeout)

    def flush(self, timeout: float = 5.0) -> bool:
        """True once the server has acknowledged everything so far (or it was refused). False after `timeout` seconds.

        What is in the spool from processes before or beside this one is part of it.
        """
        if self._spool is not None and not self._threads and self._spool.has_events():
            self._start()
        return self._flush(timeout, lambda spool: spool.newest_id(), lambda: False)

    def close(self, timeout: Optional[float] = None) -> None:
        """Flushes, for at most `timeout` seconds (`exit_timeout`), and ends the threads. What is spooled stays spooled.

        It comes back earlier where the server is away and all that waits is on disk. What is pushed later is dropped, and counted.
        """
        if self._closed:
            return
        self._closed = True
        deadline = time.monotonic() + (self._exit_timeout if timeout is None else timeout)
        self._flush(deadline - time.monotonic(), lambda spool: spool.last_own_id, self._rest_can_wait)
        self._stopping = True
        self._wake.set()
        self._hurry.set()
        if self._spool is not None:
            self._spool.wake.set()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._spool is not None and not any(thread.is_alive() for thread in self._threads):
            self._spool.close()

    def __enter__(self) -> Edgetape:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- reading ----

    def follow(self, symbol: str, since: Union[Place, Moment, None] = None, limit: int = 1_000) -> Iterator[Union[Events, Gap]]:
        """Every event of a symbol after `since`, once and in order, and then live, without end. Holes are said, as `Gap`.

        `since` is the `place` of the last item (keep it over restarts), a cursor or a time; without it from now on; 0 is the
        beginning of everything. Servers that are away are waited for. A symbol that nobody has pushed yet is waited for too.

        :raises EdgetapeError: where asking again would be refused again: a token that is not good, a symbol that is none.
        """
        server = self._server.another()
        path = f"/api/rooms/{urllib.parse.quote(symbol, safe='')}/events"
        place: Optional[Place] = None
        if isinstance(since, Place):
            place = since
        elif since is not None:
            cursor = _moment(since)
            place = Place(cursor if isinstance(cursor, int) else _microseconds(cursor))
        failures = 0
        try:
            while True:
                # From now on means from this moment on, whatever fails after it: the first answer is not waited for.
                wait = 0 if place is None else _POLL_WAIT_S
                query: Dict[str, Any] = {"limit": limit, "wait": wait} if wait > 0 else {"limit": limit}
                if place is not None:
                    query["since"] = place.cursor
                    if place.log is not None:
                        query["log"] = place.log
                asked = time.monotonic()
                try:
                    answer = server.read(path, query, wait + self._server.timeout)
                except EdgetapeError as error:
                    if error.status == 404 and place is None:
                        place = Place(0)
                        continue
                    if error.status in (400, 401, 403, 404):
                        raise
                    failures += 1
                    time.sleep(_backoff(failures))
                    continue
                failures = 0
                items, place = _deliveries(place, answer)
                yield from items
                events = len(answer["events"])
                if events < limit:
                    spacing = _BUSY_POLL_S if events > 0 or wait == 0 else _QUIET_POLL_S
                    time.sleep(max(0.0, asked + spacing - time.monotonic()))
        finally:
            server.hang_up()

    def history(
        self,
        symbol: str,
        interval: str = "1m",
        start: Optional[Moment] = None,
        end: Optional[Moment] = None,
        limit: Optional[int] = None,
    ) -> Rows:
        """Bars of [start, end), a row a bar. Without `start` the newest 500. With it all of them, unless `limit` says how many.

        :raises EdgetapeError: where the server does not answer, or refuses.
        """
        path = f"/api/history/{urllib.parse.quote(symbol, safe='')}"
        size = limit if limit is not None else (_MOST_BARS if start is not None else None)
        query = {"interval": interval, "limit": size, "from": _moment(start), "to": _moment(end)}
        pages, cursor = self._pages(path, query, whole=limit is None and start is not None)
        return Rows((bar for page in reversed(pages) for bar in page["bars"]), cursor)

    def series(
        self,
        metric: str,
        symbol: Optional[str] = None,
        labels: Optional[Dict[str, str]] = None,
        start: Optional[Moment] = None,
        end: Optional[Moment] = None,
        step: Optional[str] = None,
        agg: Optional[Sequence[str]] = None,
    ) -> Rows:
        """Points of a metric's series, a row for each series and moment: `ts`, `metric`, `symbol`, `labels` and the aggregates.

        `step` is "10s" and the like, or "raw" for the points themselves (in `last`). `agg`: `["avg", "p99"]` and so on.

        :raises EdgetapeError: where the server does not answer, or refuses.
        """
        query = {
            **{"metric": metric, "symbol": symbol, "labels": json.dumps(labels) if labels else None},
            **{"from": _moment(start), "to": _moment(end), "step": step, "agg": ",".join(agg) if agg else None},
        }
        pages, cursor = self._pages("/api/series", query, whole=start is not None)
        rows = [row for page in reversed(pages) for line in page["series"] for row in _rows_of(line)]
        # Pages cut all series at the same moments, so this brings the parts of each together.
        rows.sort(key=lambda row: (row["symbol"], row["metric"], sorted(row["labels"].items())))
        return Rows(rows, cursor)

    def _pages(self, path: str, query: Dict[str, Any], whole: bool) -> Tuple[List[Dict[str, Any]], int]:
        """Answers that together are the range, newest first, and the cursor up to which they hold everything."""
        server = self._server.another()
        pages = []
        try:
            while True:
                pages.append(server.read(path, query, 3 * self._server.timeout))
                if not whole or "next" not in pages[-1]:
                    return pages, pages[0]["cursor"]
                query = {**query, "to": pages[-1]["next"]}
        finally:
            server.hang_up()

    # ---- inside ----

    def _push(self, route: str, event: Dict[str, Any], ts: Optional[Moment] = None) -> None:
        event["ts"] = self._now_us() if ts is None else _moment(ts)
        self._put(route, event)

    def _put(self, route: str, fields: Dict[str, Any]) -> None:
        lane = self._lanes[route]
        if self._closed:
            lane.drop_late()
            return
        if not self._threads:
            self._start()
        lane.put(fields)

    def _now_us(self) -> int:
        """Now, and never twice the same: two points of one series at one microsecond would be one."""
        with self._clock:
            now = time.time_ns() // 1_000
            # A clock that was set back by more than that is followed.
            if now <= self._last_us < now + 1_000_000:
                now = self._last_us + 1
            self._last_us = now
            return now

    def _begin(self) -> None:
        """Empty queues and no threads: what a new process has, by start or by fork."""
        self._clock = threading.Lock()
        self._starting = threading.Lock()
        self._progress = threading.Condition()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._threads: List[threading.Thread] = []
        self._stopping = False
        self._away = _Pause()
        self._lanes: Dict[str, _Lane] = {}
        for route in ("metrics", "logs", *_DURABLE):
            if route in _DURABLE and self._spool is not None:
                self._lanes[route] = _SpoolLane(route, self._spool)
            else:
                self._lanes[route] = _MemoryLane(route, self._most_waiting, self._wake)

    def _start(self) -> None:
        with self._starting:
            if self._threads or self._stopping:
                return
            threads = [threading.Thread(target=self._send_all, name="edgetape-send", daemon=True)]
            if self._spool is not None:
                threads.append(threading.Thread(target=self._spool_all, name="edgetape-spool", daemon=True))
            for thread in threads:
                thread.start()
            self._threads = threads
            # A child of multiprocessing ends without what atexit holds.
            process = sys.modules.get("multiprocessing.process")
            if process is not None and process.parent_process() is not None:
                sys.modules["multiprocessing.util"].Finalize(self, self.close, exitpriority=100)

    def _spool_all(self) -> None:
        """The thread "edgetape-spool": writes what was pushed to disk, as fast as the disk is."""
        spool = self._spool
        assert spool is not None
        failures = 0
        while True:
            spool.wake.wait()
            spool.wake.clear()
            try:
                refused, dropped_books = spool.write_all()
            except Exception as error:  # Whatever it is: a thread that ended would lose what comes later.
                failures += 1
                if failures == 1 or failures % 60 == 0:
                    _LOG.warning("the spool %s cannot be written: %s. Events wait in memory.", spool.path, _words(error))
                if self._stopping:
                    return
                time.sleep(min(1.0, 0.05 * failures))
                spool.wake.set()
                continue
            if failures > 0:
                _LOG.warning("the spool %s is written again", spool.path)
                failures = 0
            if dropped_books > 0:
                _LOG.warning("the spool %s is nearly full: %d books are dropped", spool.path, dropped_books)
            for route in _DURABLE:
                self._report(self._lanes[route], [each for each in refused if each.route == route])
            self._note_progress()
            self._wake.set()
            if self._stopping:
                return
            time.sleep(_SPOOL_EVERY_S)

    def _send_all(self) -> None:
        """The thread "edgetape-send": posts what waits, a batch of each kind after the other."""
        wake, hurry = self._wake, self._hurry
        while not self._stopping:
            now = time.monotonic()
            pauses = [self._away, *(lane.pause for lane in self._lanes.values())]
            wake.wait(min([_LOOK_EVERY_S, *(pause.until - now for pause in pauses if pause.until > now)]))
            if wake.is_set() and not self._stopping:
                hurry.wait(self._interval)
            wake.clear()
            hurry.clear()
            # Of each kind a batch, in turn, until nothing is due: no kind waits behind the backlog of another.
            busy = True
            while busy and not self._stopping:
                try:
                    busy = any([self._send_one(lane) for lane in self._lanes.values()])
                except Exception as error:  # Whatever it is: a thread that ended would hold everything up for good.
                    _LOG.warning("sending is held up: %s", _words(error), exc_info=not isinstance(error, sqlite3.Error))
                    time.sleep(_LOOK_EVERY_S)
                    busy = False
                self._note_progress()
        self._server.hang_up()

    def _send_one(self, lane: _Lane) -> bool:
        """Posts a batch of one kind where there is one and its time has come. False where nothing was posted, or in vain."""
        if time.monotonic() < max(lane.pause.until, self._away.until):
            return False
        batch, unfit = lane.take(max(1, min(lane.most_events, _BATCH_EVENTS)))
        self._report(lane, unfit)
        if batch is None:
            return False
        verdict = self._server.post(lane.route, batch)
        if isinstance(verdict, _Later):
            # Where nobody answers, the other kinds need not try on their own.
            pause = self._away if verdict.is_network else lane.pause
            if pause.begin(verdict):
                name = "everything" if verdict.is_network else lane.route
                where = "on disk" if isinstance(lane, _SpoolLane) else f"in memory, the newest {self._most_waiting} of them"
                _LOG.warning("%s: held up, %s wait %s: %s", name, lane.route, where, verdict.why)
            return False
        for pause, name in ((self._away, "everything"), (lane.pause, lane.route)):
            if pause.end():
                _LOG.warning("%s: sent again", name)
        if isinstance(verdict, _Accepted):
            refused = {at: why for at, why in verdict.refused.items() if 0 <= at < len(batch.events)}
            lane.settle(batch, refused)
            self._report(lane, [Refused(lane.route, batch.events[at], why) for at, why in refused.items()])
            # After a refusal batches are small. They grow again by doubling.
            lane.most_events = min(_BATCH_EVENTS, lane.most_events * 2)
            return True
        named = {at: why for at, why in verdict.named.items() if at < len(batch.events)}
        if not named and len(batch.events) == 1 and not verdict.needs_new_key:
            named = {0: verdict.why}
        lane.put_back(batch, named)
        self._report(lane, [Refused(lane.route, batch.events[at], why) for at, why in named.items()])
        if not named:
            # The bad ones are found by halves.
            lane.most_events = max(1, len(batch.events) // 2)
        return True

    def _report(self, lane: _Lane, refused: List[Refused]) -> None:
        if not refused:
            return
        lane.refused += len(refused)
        if self._on_refused is None:
            first = refused[0]
            _LOG.warning("%d of %s refused and set aside; the first: %s: %.500s", len(refused), lane.route, first.why, first.event)
            return
        try:
            self._on_refused(refused)
        except Exception:
            _LOG.exception("on_refused raised")

    def _note_progress(self) -> None:
        with self._progress:
            self._progress.notify_all()

    def _until(self, holds: Callable[[], bool], timeout: float, gives_up: Callable[[], bool] = lambda: False) -> bool:
        deadline = time.monotonic() + timeout
        while not holds():
            left = deadline - time.monotonic()
            if left <= 0 or gives_up():
                return holds()
            with self._progress:
                self._progress.wait(min(left, 0.05))
            self._hurry.set()
        return True

    def _flush(self, timeout: float, through: Callable[[_Spool], int], gives_up: Callable[[], bool]) -> bool:
        """Waits until what was pushed is sent, and the spool up to an id that is known once all of it is there."""
        if not self._threads:
            return True
        deadline = time.monotonic() + timeout
        for pause in (self._away, *(lane.pause for lane in self._lanes.values())):
            pause.cut_short()
        self._wake.set()
        self._hurry.set()
        memory = [(lane, lane.put_count) for lane in self._lanes.values() if isinstance(lane, _MemoryLane)]
        spool, newest = self._spool, 0
        if spool is not None:
            if not self.sync(timeout):
                return False
            newest = through(spool)

        def is_done() -> bool:
            return all(lane.done() >= count for lane, count in memory) and (spool is None or spool.is_sent(newest))

        return self._until(is_done, deadline - time.monotonic(), gives_up)

    def _rest_can_wait(self) -> bool:
        """What waits is on disk, and cannot be sent now: the server is away, or another process sends."""
        lanes = self._lanes.values()
        if self._spool is None or any(lane.waiting() > 0 for lane in lanes):
            return False
        pauses = [self._away, *(lane.pause for lane in lanes)]
        return not self._spool.may_send() or any(pause.why is not None for pause in pauses)

    def _before_fork(self) -> None:
        self._starting.acquire()
        if self._spool is not None:
            self._spool.before_fork()

    def _after_fork_in_parent(self) -> None:
        if self._spool is not None:
            self._spool.after_fork_in_parent()
        self._starting.release()

    def _after_fork_in_child(self) -> None:
        if self._spool is not None:
            self._spool.after_fork_in_child()
        self._server.leave_to_parent()
        self._server = self._server.another()
        self._begin()


class Metric:
    """One series of a metric. Made by `Edgetape.metric`."""

    def __init__(self, tape: Edgetape, name: str, fields: Dict[str, Any]) -> None:
        self._tape = tape
        self._name = name
        self._fields = fields

    def observe(self, value: float, ts: Optional[Moment] = None) -> None:
        """A point of the series, of now or of `ts`."""
        tape = self._tape
        tape._put("metrics", {**self._fields, "value": value, "ts": tape._now_us() if ts is None else _moment(ts)})

    def time(self, unit: Optional[str] = None) -> _Timer:
        """Observes how long a `with` block, or each call of a decorated function (async too), took. Also where it raises.

        `unit` is "us", "ms" or "s"; without it the name tells it, which then ends in `_us`, `_ms`, `_s` or `_seconds`.
        """
        known = unit if unit is not None else self._name.rpartition("_")[2]
        if known not in _PER_SECOND or (unit is None and "_" not in self._name):
            raise ValueError(f'{self._name!r} does not end in a unit: say time(unit="ms"), or "us" or "s"')
        return _Timer(self, _PER_SECOND[known])


class _Timer(contextlib.ContextDecorator):
    def __init__(self, metric: Metric, per_second: float) -> None:
        self._metric = metric
        self._per_second = per_second
        self._started = 0.0

    def _recreate_cm(self) -> _Timer:
        """Calls of a decorated function overlap: each has its own."""
        return _Timer(self._metric, self._per_second)

    def __call__(self, func: Any) -> Any:
        if not inspect.iscoroutinefunction(func):
            return super().__call__(func)

        @functools.wraps(func)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await func(*args, **kwargs)

        return timed

    def __enter__(self) -> _Timer:
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self._metric.observe((time.perf_counter() - self._started) * self._per_second)


class TapeHandler(logging.Handler):
    """Sends the lines of `logging` to the tape. Lines of this file's own logger are left out, or each would bring the next."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def __init__(self, tape: Edgetape, service: Optional[str] = None, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._tape = tape
        self._service = service

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == _LOG.name:
            return
        try:
            self._tape._put("logs", self._line(record))
        except Exception:
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> Dict[str, Any]:
        line: Dict[str, Any] = {}
        for name, value in vars(record).items():
            if name not in self._STANDARD:
                line[name] = value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
        if self._service is not None:
            line["logger_name"] = record.name
        if record.exc_info:
            line["exception"] = logging.Formatter().formatException(record.exc_info)
        level = next((word for at_least, word in _LEVELS if record.levelno >= at_least), "debug")
        return {
            **line,
            **{"ts": int(record.created * 1e6), "level": level, "event": record.getMessage()},
            **{"service": self._service or record.name},
        }


_LEVELS = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"))


# ---- lanes: what waits of one kind ----


class _Batch(NamedTuple):
    """What is posted at once. The same `key` always has the same events."""

    key: str
    events: List[str]
    ids: List[int]


class _Pause:
    """Why nothing is sent for a while, and until when. Ended by the first answer that is another."""

    def __init__(self) -> None:
        self.until = 0.0
        self.why: Optional[str] = None
        self._failures = 0
        self._is_asked_for = False
        self._warned_at = 0.0

    def begin(self, later: _Later) -> bool:
        """Once more in vain. True where that is worth a word."""
        now = time.monotonic()
        is_news = self.why is None or now - self._warned_at > _WARN_EVERY_S
        if is_news:
            self._warned_at = now
        self.why = later.why
        self._failures += 1
        self._is_asked_for = later.retry_after > 0
        self.until = now + max(later.retry_after, _backoff(self._failures))
        return is_news

    def end(self) -> bool:
        """True where there was one."""
        was_there = self.why is not None
        self.until, self.why, self._failures, self._is_asked_for = 0.0, None, 0, False
        return was_there

    def cut_short(self) -> None:
        """What was away is tried at once; a server that said when to come back is not."""
        if not self._is_asked_for:
            self.until = 0.0


class _Lane:
    """What waits of one kind, and how the server takes it. `put` and `drop` are for any thread, the rest for the sender alone."""

    def __init__(self, route: str) -> None:
        self.route = route
        self.most_events = _BATCH_EVENTS
        self.pause = _Pause()
        self.sent = 0
        self.refused = 0
        self.dropped = 0
        self._late = 0
        self._lock = threading.Lock()

    def put(self, fields: Dict[str, Any]) -> None:
        raise NotImplementedError

    def take(self, most: int) -> Tuple[Optional[_Batch], List[Refused]]:
        """The batch to post: the one that was taken before, until it is settled or put back. Beside it what is no JSON."""
        raise NotImplementedError

    def settle(self, batch: _Batch, set_aside: Dict[int, str]) -> None:
        """The batch is the server's."""
        raise NotImplementedError

    def put_back(self, batch: _Batch, set_aside: Optional[Dict[int, str]] = None) -> None:
        """Nothing of the batch was taken: what is not set aside waits again, and has another key next time."""
        raise NotImplementedError

    def waiting(self) -> int:
        raise NotImplementedError

    def drop(self, count: int) -> None:
        with self._lock:
            self.dropped += count

    def drop_late(self) -> None:
        """One that came when the tape was closed."""
        with self._lock:
            self._late += 1

    def counts(self) -> Dict[str, int]:
        dropped = self.dropped + self._late
        return {"waiting": self.waiting(), "sent": self.sent, "refused": self.refused, "dropped": dropped}


class _MemoryLane(_Lane):
    """Waits in memory. Where it is full the oldest are dropped."""

    def __init__(self, route: str, most: int, wake: threading.Event) -> None:
        super().__init__(route)
        self.put_count = 0
        self._most = most
        self._wake = wake
        #: Appended to under the lock. Both ends are popped without: that is atomic.
        self._queue: Deque[Dict[str, Any]] = deque()
        #: The sender's own: what it took of the queue and has not sent.
        self._texts: Deque[str] = deque()
        self._batch: Optional[_Batch] = None

    def put(self, fields: Dict[str, Any]) -> None:
        with self._lock:
            self.put_count += 1
            if len(self._queue) + len(self._texts) >= self._most:
                # What the sender holds is the oldest, and is not taken from its hands.
                with contextlib.suppress(IndexError):
                    self._queue.popleft()
                    self.dropped += 1
            self._queue.append(fields)
        if not self._wake.is_set():
            self._wake.set()

    def take(self, most: int) -> Tuple[Optional[_Batch], List[Refused]]:
        if self._batch is not None:
            return self._batch, []
        unfit: List[Refused] = []
        while len(self._texts) < most:
            try:
                fields = self._queue.popleft()
            except IndexError:
                break
            text = _encode(self.route, fields, unfit)
            if text is not None:
                self._texts.append(text)
        events: List[str] = []
        size = 0
        while self._texts and len(events) < most and size < _BATCH_BYTES:
            events.append(self._texts.popleft())
            size += len(events[-1])
        if events:
            self._batch = _Batch(uuid.uuid4().hex, events, [])
        return self._batch, unfit

    def settle(self, batch: _Batch, set_aside: Dict[int, str]) -> None:
        self.sent += len(batch.events) - len(set_aside)
        self._batch = None

    def put_back(self, batch: _Batch, set_aside: Optional[Dict[int, str]] = None) -> None:
        kept = [event for at, event in enumerate(batch.events) if at not in (set_aside or {})]
        self._texts.extendleft(reversed(kept))
        self._batch = None

    def waiting(self) -> int:
        batch = self._batch
        return len(self._queue) + len(self._texts) + (len(batch.events) if batch is not None else 0)

    def done(self) -> int:
        return self.sent + self.refused + self.dropped


class _SpoolLane(_Lane):
    """Waits on disk, beside what other processes push."""

    def __init__(self, route: str, spool: _Spool) -> None:
        super().__init__(route)
        self._spool = spool
        spool.lanes[route] = self

    def put(self, fields: Dict[str, Any]) -> None:
        self._spool.hand_over(self, fields)

    def take(self, most: int) -> Tuple[Optional[_Batch], List[Refused]]:
        return (self._spool.take(self.route, most) if self._spool.may_send() else None), []

    def settle(self, batch: _Batch, set_aside: Dict[int, str]) -> None:
        self._spool.remove(self.route, batch, set_aside, batch.ids)
        self.sent += len(batch.events) - len(set_aside)

    def put_back(self, batch: _Batch, set_aside: Optional[Dict[int, str]] = None) -> None:
        self._spool.remove(self.route, batch, set_aside or {}, [])

    def waiting(self) -> int:
        return self._spool.waiting(self.route)


class _Spool:
    """A SQLite file that the processes of one holder of a token share. One of them at a time sends what is in it.

    Its lock file says which: the system lets go of it when that process ends, however it ends.
    """

    _SCHEMA = """
        CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, event TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS events_by_route ON events (route, id);
        -- What was or will be sent under a key: the events of a route up to an id.
        CREATE TABLE IF NOT EXISTS batches (route TEXT PRIMARY KEY, key TEXT NOT NULL, last_id INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS refused (id INTEGER PRIMARY KEY, route TEXT NOT NULL, event TEXT NOT NULL, why TEXT NOT NULL,
            at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
    """

    def __init__(self, folder: pathlib.Path, holder: str, most_bytes: int, most_waiting: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"edgetape-{holder}.sqlite"
        self._lock_path = self.path.with_suffix(".lock")
        self._most_bytes = most_bytes
        self._most_waiting = most_waiting
        self._lock_file: Optional[int] = None
        self._begin()
        self._open()

    def _begin(self) -> None:
        #: Of the database, and of nothing that a push waits for.
        self._lock = threading.Lock()
        self._database: Optional[sqlite3.Connection] = None
        self._queue_lock = threading.Lock()
        self._queue: Deque[Tuple[str, Dict[str, Any]]] = deque()
        #: What was taken from the queue and is not on disk yet: route and event; those that are no JSON; a count of lost ones.
        self._texts: List[Tuple[str, str]] = []
        self._unfit: List[Refused] = []
        self._lost = 0
        self._at_once = _BATCH_EVENTS
        self.last_own_id = 0
        self.wake = threading.Event()
        self.lanes: Dict[str, _SpoolLane] = {}
        #: How many were handed over, and how many of these are on disk or will never be.
        self.handed = 0
        self.taken = 0

    def hand_over(self, lane: _SpoolLane, fields: Dict[str, Any]) -> None:
        with self._queue_lock:
            if len(self._queue) + len(self._texts) >= self._most_waiting:
                # The disk takes nothing, or too slowly. What waits is older, and goes first.
                lane.drop(1)
                return
            self.handed += 1
            self._queue.append((lane.route, fields))
        if not self.wake.is_set():
            self.wake.set()

    def waiting(self, route: str) -> int:
        waiting = [each for each, _ in self._queue.copy()] + [each for each, _ in self._texts]
        return waiting.count(route)

    def write_all(self) -> Tuple[List[Refused], int]:
        """Commits what was handed over. Beside it what was no JSON, and how many books there was no room for.

        Where it raises, everything is still there for the next time.
        """
        refused: List[Refused] = []
        dropped_books = 0
        while self._queue or self._texts:
            while self._queue and len(self._texts) < _BATCH_EVENTS:
                route, fields = self._queue.popleft()
                text = _encode(route, fields, self._unfit)
                if text is not None:
                    self._texts.append((route, text))
            with self._lock:
                database = self._open()
                if self._is_nearly_full(database):
                    kept = [each for each in self._texts if each[0] != "books"]
                    dropped = len(self._texts) - len(kept)
                    self.lanes["books"].drop(dropped)
                    dropped_books += dropped
                    self._lost += dropped
                    self._texts = kept
                texts = self._texts[: self._at_once]
                # A file that is nearly full takes a few, where it would not take all of them.
                self._at_once = max(1, len(texts) // 2)
                with _transaction(database):
                    database.executemany("INSERT INTO refused (route, event, why) VALUES (?, ?, ?)", self._unfit)
                    database.executemany("INSERT INTO events (route, event) VALUES (?, ?)", texts)
                    if texts:
                        (self.last_own_id,) = database.execute("SELECT last_insert_rowid()").fetchone()
                self._at_once = _BATCH_EVENTS
            refused += self._unfit
            self.taken += len(texts) + len(self._unfit) + self._lost
            self._texts, self._unfit, self._lost = self._texts[len(texts) :], [], 0
        return refused, dropped_books

    def take(self, route: str, most: int) -> Optional[_Batch]:
        with self._lock:
            database = self._open()
            begun = database.execute("SELECT key, last_id FROM batches WHERE route = ?", (route,)).fetchone()
            if begun is not None:
                rows = database.execute(
                    "SELECT id, event FROM events WHERE route = ? AND id <= ? ORDER BY id", (route, begun[1])
                ).fetchall()
                return _Batch(begun[0], [row[1] for row in rows], [row[0] for row in rows])
            ids: List[int] = []
            events: List[str] = []
            size = 0
            next_events = "SELECT id, event FROM events WHERE route = ? ORDER BY id LIMIT ?"
            for row_id, event in database.execute(next_events, (route, most)).fetchall():
                ids.append(row_id)
                events.append(event)
                size += len(event)
                if size >= _BATCH_BYTES:
                    break
            if not events:
                return None
            key = uuid.uuid4().hex
            # On disk before it is sent: who comes after a crash must send the same under the same key.
            with _transaction(database):
                database.execute("INSERT INTO batches (route, key, last_id) VALUES (?, ?, ?)", (route, key, ids[-1]))
            return _Batch(key, events, ids)

    def remove(self, route: str, batch: _Batch, set_aside: Dict[int, str], sent: List[int]) -> None:
        """The batch is no more. The events of `sent` are the server's, those of `set_aside` go to their own table."""
        with self._lock:
            database = self._open()
            with _transaction(database):
                # Deleted first: in a file that is full that is the room for what is set aside.
                gone = [*sent, *(batch.ids[at] for at in set_aside)]
                database.executemany("DELETE FROM events WHERE id = ?", ((each,) for each in gone))
                database.execute("DELETE FROM batches WHERE route = ?", (route,))
                aside = ((route, batch.events[at], why) for at, why in set_aside.items())
                database.executemany("INSERT INTO refused (route, event, why) VALUES (?, ?, ?)", aside)

    def has_events(self) -> bool:
        return self.newest_id() > 0

    def newest_id(self) -> int:
        with self._lock:
            (newest,) = self._open().execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
            return int(newest)

    def is_sent(self, through: int) -> bool:
        with self._lock:
            oldest = self._open().execute("SELECT min(id) FROM events").fetchone()[0]
            return oldest is None or oldest > through

    def counts(self) -> Dict[str, int]:
        with self._lock:
            return dict(self._open().execute("SELECT route, count(*) FROM events GROUP BY route").fetchall())

    def may_send(self) -> bool:
        """Whether this process is the one that sends. It stays so until it ends."""
        # Under the lock, so that no fork takes the descriptor along before it is known.
        with self._lock:
            if self._lock_file is not None:
                return True
            file = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                else:
                    msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            except OSError:
                os.close(file)
                return False
            self._lock_file = file
            return True

    def close(self) -> None:
        with self._lock:
            self._close_database()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # A connection of SQLite must not be carried over a fork: the child's copy of it could undo what the parent has written.

    def before_fork(self) -> None:
        self._lock.acquire()
        self._close_database()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        if self._lock_file is not None:
            # The parent has the lock as long as its own descriptor is open.
            os.close(self._lock_file)
            self._lock_file = None
        self._begin()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            database = sqlite3.connect(str(self.path), timeout=_LOCKED_S, isolation_level=None, check_same_thread=False)
            try:
                with contextlib.suppress(OSError):
                    os.chmod(self.path, 0o600)
                database.execute("PRAGMA journal_mode = WAL")
                # With fsync for each commit: what is spooled survives the power too.
                database.execute("PRAGMA synchronous = FULL")
                database.executescript(self._SCHEMA)
                (page_size,) = database.execute("PRAGMA page_size").fetchone()
                self._most_pages = max(16, self._most_bytes // page_size)
                database.execute(f"PRAGMA max_page_count = {self._most_pages}")
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _is_nearly_full(self, database: sqlite3.Connection) -> bool:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        return bool(pages - free > _BOOKS_UP_TO * self._most_pages)

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    _begin_writing(database)
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back by itself.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _begin_writing(database: sqlite3.Connection) -> None:
    """Begins a transaction once no other process is in one.

    SQLite's own waiting comes to one try in 100 ms. A process that writes all the time leaves a fraction of a millisecond between
    two commits, so on a slow disk such tries missed it for 10 s and more.
    """
    deadline = time.monotonic() + _LOCKED_S
    database.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                database.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                # Before 3.11 an error has no code.
                if str(error) != "database is locked" or time.monotonic() > deadline:
                    raise
            time.sleep(_TRY_EVERY_S)
    finally:
        database.execute(f"PRAGMA busy_timeout = {int(_LOCKED_S * 1_000)}")


# ---- the server ----


class _Accepted(NamedTuple):
    """The server has the batch. Of log lines it may have refused some."""

    refused: Dict[int, str]


class _Later(NamedTuple):
    """Nothing is wrong with the batch, as far as is known: the same again, later."""

    why: str
    retry_after: float
    is_network: bool


class _Bad(NamedTuple):
    """Something in the batch will never be taken. `named` are the places that the server knew."""

    why: str
    named: Dict[int, str]
    needs_new_key: bool


_Verdict = Union[_Accepted, _Later, _Bad]


class _Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Dict[str, Any]:
        """The object in it, or an empty one: what stands between may answer with a page."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class _Server:
    """HTTP over one connection that is kept, for one thread at a time."""

    def __init__(self, url: str, token: Token, timeout: float) -> None:
        parts = urllib.parse.urlsplit(url)
        is_plain = parts.username is None and not parts.query and not parts.fragment and (parts.port is None or parts.port > 0)
        if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
            raise ValueError(f"{url!r} is no address of a server: https://tape.example, or https://example.org/tape")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self.timeout = timeout
        self._parts = parts
        self._token = token
        self._connection: Optional[http.client.HTTPConnection] = None

    def another(self) -> _Server:
        return _Server(self.url, self._token, self.timeout)

    def holder(self) -> str:
        """Names the server and whose the token is, as the server tells holders of keys apart (SPEC I-14)."""
        token = self._token() if callable(self._token) else self._token
        try:
            part = (token or "").split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            who: Any = [claims.get("iss"), claims["sub"]] if claims.get("sub") else None
            who = who or {name: claims[name] for name in claims if name not in ("iat", "nbf", "exp", "jti")}
        except (IndexError, ValueError, AttributeError):
            who = token
        return hashlib.sha256(json.dumps([self.url, who], sort_keys=True).encode()).hexdigest()[:16]

    def post(self, route: str, batch: _Batch) -> _Verdict:
        body = f"[{','.join(batch.events)}]".encode()
        headers = {"content-type": "application/json", "idempotency-key": batch.key}
        if len(body) >= _GZIP_FROM_BYTES:
            body = gzip.compress(body, 1, mtime=0)
            headers["content-encoding"] = "gzip"
        try:
            answer = self._request("POST", f"/api/{route}", body, headers, self.timeout)
        except Exception as error:  # Also what a function for the token raises: a thread that ended would hold everything up.
            return _Later(f"{self.url} does not answer: {_words(error)}", 0.0, True)
        return _judge(f"{self.url}/api/{route}", answer)

    def read(self, path: str, query: Dict[str, Any], timeout: float) -> Dict[str, Any]:
        """The answer of a GET. Parameters that are None are left out."""
        asked = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        try:
            answer = self._request("GET", f"{path}?{asked}", None, {}, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise EdgetapeError(f"{self.url} does not answer: {_words(error)}") from error
        if answer.status != 200:
            raise EdgetapeError(f"{self.url}{path} answers {_problem_words(answer)}", answer.status)
        value = answer.json()
        if "cursor" not in value:
            raise EdgetapeError(f"{self.url}{path} answers, but not as Edgetape: {answer.body[:200]!r}")
        return value

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def leave_to_parent(self) -> None:
        """In a child after a fork: closes its copy of the socket, and says nothing on it.

        The connection's objects stay for good. A thread of the parent may have held the lock of their buffer, and whoever closes
        or frees them here would wait for a thread that is not there.
        """
        if self._connection is not None:
            _OF_PARENTS.append(self._connection)
            if self._connection.sock is not None:
                with contextlib.suppress(OSError):
                    os.close(self._connection.sock.detach())
            self._connection = None

    def _request(self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str], timeout: float) -> _Answer:
        token = self._token() if callable(self._token) else self._token
        if token is not None:
            headers = {**headers, "authorization": f"Bearer {token}"}
        while True:
            is_new = self._connection is None
            connection = self._connection or self._connect(timeout)
            self._connection = connection
            try:
                connection.timeout = timeout
                if connection.sock is not None:
                    connection.sock.settimeout(timeout)
                connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
                response = connection.getresponse()
                answer = _Answer(response.status, response.headers, response.read())
                if response.will_close:
                    self.hang_up()
                return answer
            except (ConnectionError, http.client.HTTPException):
                self.hang_up()
                # The server may have closed a connection that was idle: that says nothing about the request.
                if is_new:
                    raise
            except BaseException:
                self.hang_up()
                raise

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        host, port = str(self._parts.hostname), self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=timeout)


def _judge(where: str, answer: _Answer) -> _Verdict:
    """What an answer to a push means for its batch."""
    status, value = answer.status, answer.json()
    if 200 <= status < 300:
        if "accepted" not in value:
            return _Later(f"{where} answers {status}, but not as Edgetape: {answer.body[:200]!r}", 0.0, False)
        lines = {each["line"] - 1: each["why"] for each in value.get("refused") or [] if isinstance(each, dict)}
        return _Accepted(lines)
    why = f"{where} answers {_problem_words(answer)}"
    # A token that does not cover a symbol is the fault of the event. What else it may not do is that of who gave the token.
    if status in (400, 413, 415, 422) or (status == 403 and " not for " in str(value.get("detail"))):
        named: Dict[int, str] = {}
        for each in value.get("errors") or []:
            place = re.match(r"\[(\d+)\]", str(each.get("path")))
            if place is not None:
                named.setdefault(int(place[1]), f"{each.get('path')} {each.get('message')}")
        return _Bad(why, named, str(value.get("type")).endswith("idempotency-key-reused"))
    if status == 404:
        why += ". A server of another version, or another address?"
    return _Later(why, _retry_after(answer.headers.get("retry-after")), False)


def _problem_words(answer: _Answer) -> str:
    problem = answer.json()
    words = ": ".join(str(problem[name]) for name in ("title", "detail") if name in problem)
    by = f" (correlation id {problem['correlation_id']})" if "correlation_id" in problem else ""
    return f"{answer.status} {words[:1_000] or repr(answer.body[:200])}{by}"


def _retry_after(text: Optional[str]) -> float:
    """Seconds that a `Retry-After` asks for: it holds seconds, or a date."""
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_S) if seconds == seconds else 0.0


def _backoff(failures: int) -> float:
    return random.random() * min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures, 16))


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _deliveries(place: Optional[Place], answer: Dict[str, Any]) -> Tuple[List[Union[Events, Gap]], Place]:
    """What an answer of a poll brings who stands at `place`, and where that leaves them."""
    after = Place(answer["cursor"], answer.get("log"))
    if place is None:
        return ([Events(answer["events"], after)] if answer["events"] else []), after
    if answer.get("reset"):
        return [Gap(place.cursor, after.cursor, "reset", after)], after
    if after.cursor < place.cursor:
        # A cursor ahead of the log counts as its newest one (SPEC C-3).
        return [], after
    if after.cursor == place.cursor:
        return [], Place(place.cursor, after.log or place.log)
    items: List[Union[Events, Gap]] = []
    for gap in _gaps_of(place.cursor, answer):
        # Events that are still to come may be before its end: what is kept of an expired range (SPEC S-10), and what was read before.
        is_next = gap["reason"] != "expired" and gap["from"] == place.cursor
        there = Place(gap["to"], after.log) if is_next else place
        items.append(Gap(gap["from"], gap["to"], gap["reason"], there))
    if answer["events"]:
        items.append(Events(answer["events"], after))
    return items, after


def _gaps_of(since: int, answer: Dict[str, Any]) -> List[Dict[str, Any]]:
    """What an answer lacks. Before 2026-11-27 a server did not say where, and what it lacked could not be read."""
    if answer["complete"]:
        return []
    oldest = answer["oldest"]
    end = oldest if since < oldest < answer["cursor"] else answer["cursor"]
    return answer.get("gaps") or [{"from": since, "to": end, "reason": "unavailable"}]


def _rows_of(line: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """Columns of one series as rows."""
    same = {name: line[name] for name in ("metric", "symbol", "labels")}
    names = [name for name in _AGGREGATES if name in line]
    for at, ts in enumerate(line["ts"]):
        yield {"ts": ts, **same, **{name: line[name][at] for name in names}}


_AGGREGATES = ("avg", "min", "max", "sum", "count", "first", "last", "p50", "p95", "p99", "rate")


# ---- values ----


def _encode(route: str, fields: Dict[str, Any], unfit: List[Refused]) -> Optional[str]:
    """An event as JSON, without what is None. What is no JSON, such as NaN, joins `unfit`: it must not spoil the batch of others."""
    try:
        text = _ENCODER.encode({name: value for name, value in fields.items() if value is not None})
        text.encode()
        return text
    except (TypeError, ValueError, RecursionError) as error:
        unfit.append(Refused(route, repr(fields), f"is no JSON: {error}"))
        return None


def _plain(value: Any) -> Any:
    """Numbers of numpy and of `decimal`, enumerations and dates, as JSON has them."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return _moment(value)
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False, default=_plain)


def _moment(value: Optional[Moment]) -> Union[int, str, None]:
    """Microseconds since the epoch; a text that is not "now-6h" and the like stays text, for the server to read."""
    if isinstance(value, datetime):
        return _microseconds(value)
    if isinstance(value, timedelta):
        return time.time_ns() // 1_000 - value // timedelta(microseconds=1)
    if isinstance(value, str):
        ago = re.fullmatch(r"now(?:-(\d+)(ms|[smhdw]))?", value)
        if ago is not None:
            return time.time_ns() // 1_000 - (int(ago[1]) * _UNITS_US[ago[2]] if ago[1] else 0)
    return value


def _microseconds(value: Union[datetime, str, None]) -> int:
    """:raises ValueError: where it has no offset: a time of nowhere is nobody's."""
    if not isinstance(value, datetime):
        # Before 3.11 `Z` is not understood.
        value = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", str(value)))
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no offset: datetime.now(timezone.utc), or .astimezone()")
    return (value - _EPOCH) // timedelta(microseconds=1)


def _default_folder() -> pathlib.Path:
    state = os.environ.get("XDG_STATE_HOME")
    return pathlib.Path(state or pathlib.Path.home() / ".local" / "state") / "edgetape"


# ---- the process ----

_ALL: weakref.WeakSet[Edgetape] = weakref.WeakSet()
#: Held over a fork, and else while a tape is added.
_ALL_LOCK = threading.Lock()
_FORKING: List[Edgetape] = []
_OF_PARENTS: List[http.client.HTTPConnection] = []


def _before_fork() -> None:
    _ALL_LOCK.acquire()
    _FORKING.extend(_ALL)
    for tape in _FORKING:
        tape._before_fork()


def _after_fork_in_parent() -> None:
    while _FORKING:
        _FORKING.pop()._after_fork_in_parent()
    _ALL_LOCK.release()


def _after_fork_in_child() -> None:
    while _FORKING:
        _FORKING.pop()._after_fork_in_child()
    _ALL_LOCK.release()


def _at_exit() -> None:
    for tape in list(_ALL):
        tape.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
