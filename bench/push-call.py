"""What one call of push/python/edgetape.py costs its caller while the server is dead: `python3 bench/push-call.py`.

Calls come in bursts, as they do in a service, alternating with as many of `queue.put`. A line a call: the median of the bursts in
microseconds, the longest burst, and the ratio of the medians to that of `queue.put`, which holds on any machine.
"""

import pathlib
import queue
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "push" / "python"))

from edgetape import Edgetape  # noqa: E402

BURST = 200
BURSTS = 60
PAUSE_S = 0.02

with tempfile.TemporaryDirectory() as folder:
    tape = Edgetape("http://127.0.0.1:9", "no-token", spool=folder, exit_timeout=0)
    series = tape.metric("order_latency_ms", symbol="ACME", venue="xnas")
    levels = [(100.0 + at, 5.0) for at in range(10)]
    baseline = queue.Queue()
    calls = {
        "queue.put": lambda at: baseline.put(at),
        "metric().observe": lambda at: tape.metric("order_latency_ms", symbol="ACME", venue="xnas").observe(at),
        "observe": lambda at: series.observe(at),
        "trade": lambda at: tape.trade("ACME", price=101.25, size=20, side="buy", id=str(at)),
        "position": lambda at: tape.position("ACME", quantity=at, account="desk"),
        "book, 10 levels a side": lambda at: tape.book("ACME", levels, levels),
    }
    times = {name: [] for name in calls}
    for _ in range(BURSTS):
        for name, call in calls.items():
            began = time.perf_counter()
            for at in range(BURST):
                call(at)
            times[name].append((time.perf_counter() - began) / BURST * 1e6)
            time.sleep(PAUSE_S)
    base = statistics.median(times["queue.put"])
    for name, bursts in times.items():
        middle = statistics.median(bursts)
        print(f"{name:<24} {middle:6.2f} us a call, longest burst {max(bursts):7.2f}, {middle / base:4.1f} x queue.put")
    tape.close(0)
