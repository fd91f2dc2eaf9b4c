"""A chat-completions server on the loopback, as OpenAI-compatible ones behave, and with whatever fault a test wants."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-very-secret"
Fault = Callable[[BaseHTTPRequestHandler], bool]


@dataclass
class Server:
    """`fault(number, body)` says what happens to the request of this number (from 0); None: it is answered."""

    url: str = ""
    fault: Callable[[int, dict[str, Any]], Fault | None] = lambda number, body: None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answered: int = 0
    busy: int = 0
    most_busy: int = 0
    pause: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def endpoints(self, **more: Any) -> str:
        return json.dumps({"lab": {"url": self.url, "key": KEY, **more}})


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """Decided by messages and seed, as a server that keeps its word about seeds would."""
    digest = hashlib.sha256(json.dumps([body["messages"], body["seed"]]).encode()).hexdigest()
    text = f"Reply {digest[:12]} to {body['messages'][-1]['content']}"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }  # fmt: skip


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with server.lock:
                number = len(server.asked)
                server.asked.append(body)
                server.headers.append({name.lower(): value for name, value in self.headers.items()})
                server.busy += 1
                server.most_busy = max(server.most_busy, server.busy)
            try:
                time.sleep(server.pause)
                fault = server.fault(number, body)
                if fault is None:
                    with server.lock:  # before whoever hears the answer can look
                        server.answered += 1
                    send(200, reply(body))(self)
                else:
                    fault(self)
            except OSError:  # whoever asked is gone
                self.close_connection = True
            finally:
                with server.lock:
                    server.busy -= 1

        def log_message(self, *args: Any) -> None:
            """Tests are quiet."""

    return Handler


def send(status: int, said: Any, **headers: str) -> Fault:
    """JSON, or a text as it is."""
    data = said.encode() if isinstance(said, str) else json.dumps(said).encode()

    def act(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)
        return True

    return act


def drop(handler: BaseHTTPRequestHandler) -> bool:
    """The connection breaks before a word is said."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def drip(handler: BaseHTTPRequestHandler) -> bool:
    """A byte now and then, for a minute, and no end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(1_200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
    return True


def flood(handler: BaseHTTPRequestHandler) -> bool:
    """An answer without an end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    part = b"x" * 65_536
    for _ in range(10_000):
        handler.wfile.write(b"10000\r\n" + part + b"\r\n")
    return True
