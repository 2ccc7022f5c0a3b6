"""An Edgetape server for the tests of the Python client: it takes pushes, and answers as it is told to."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer:
    """`answer(route, events, key)` gives (status, headers, body), or None for a connection that breaks after the push was taken.

    Like the product it knows keys: a push with a key it has taken counts once, and a key with another body is refused.
    """

    def __init__(self, port=0):
        self.lock = threading.Lock()
        self.posts = []
        self.taken = {}
        self.keys = {}
        self.answer = lambda route, events, key: (202, {}, {})
        self.read = lambda path: (404, {"title": "unknown"})
        self.gzipped = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    raw = gzip.decompress(raw)
                    fake.gzipped += 1
                fake.posted(self, self.path.rsplit("/", 1)[1], raw)

            def do_GET(self):
                status, body = fake.read(self.path)
                self.say(status, {}, body)

            def say(self, status, headers, body):
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"content-length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.http = Quiet(("127.0.0.1", port), Handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=lambda: self.http.serve_forever(poll_interval=0.01), daemon=True).start()

    def posted(self, handler, route, raw):
        events, key = json.loads(raw), handler.headers["idempotency-key"]
        with self.lock:
            self.posts.append((route, key, events, handler.headers["authorization"]))
            told = self.answer(route, events, key)
            if told is None or 200 <= told[0] < 300:
                before = self.keys.get(key)
                if before not in (None, raw):
                    told = (422, {}, {"type": "urn:edgetape:problem:idempotency-key-reused"})
                elif before is None:
                    self.keys[key] = raw
                    self.taken.setdefault(route, []).extend(events)
        if told is None:
            handler.close_connection = True
            handler.connection.close()
            return
        status, headers, body = told
        handler.say(status, headers, {"accepted": len(events), **body} if status < 300 and isinstance(body, dict) else body)

    def of(self, route):
        with self.lock:
            return list(self.taken.get(route, []))

    def close(self):
        self.http.shutdown()
        self.http.server_close()
