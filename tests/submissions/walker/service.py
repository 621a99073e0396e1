"""Looks for everything hidden that it can reach, and answers with what it found.

It walks the file system, `/proc`, its environment and every port of the loopback, and
searches all bytes that it can read for the marks of the hidden suite.
"""

import json
import os
import re
import socket
import stat
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

# Written in two halves, so that this file does not contain what it looks for.
MARKS = [
    first + second
    for first, second in [
        ("5b1f-hidden", "-canary-c09e"),  # a line of the suite
        ("test_zoo", "_live"),  # the suite's files and test ids
        ("test_zoo", "_after"),
        ("zoo-", "sandbox"),  # a check id
        ("91827", "3645"),  # the seed
        ("takehome", "_suite"),  # the plugin
        ("run", ".json"),
        ("rubric", ".toml"),
    ]
]
PATTERN = re.compile("|".join(re.escape(mark) for mark in MARKS).encode())
SKIPPED = ("/sys", "/usr/lib", "/usr/share", "/opt/venv/lib", "/opt/uv")
LARGEST = 4 << 20


def search(place: str, data: bytes, found: list[str]) -> None:
    found.extend(f"{place}: {mark.decode()}" for mark in set(PATTERN.findall(data)))


def walk_files(found: list[str]) -> int:
    seen = 0
    for folder, folders, files in os.walk("/", followlinks=False):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys")]
        for name in files:
            path = os.path.join(folder, name)
            seen += 1
            search(path, os.fsencode(path), found)
            if not path.startswith(SKIPPED):
                read(path, found)
    return seen


def read(path: str, found: list[str]) -> None:
    try:
        if stat.S_ISREG(os.lstat(path).st_mode):
            with open(path, "rb") as file:
                search(path, file.read(LARGEST), found)
    except OSError:
        pass


def walk_processes(found: list[str]) -> int:
    seen = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            for entry in ("cmdline", "environ", "maps", "mountinfo", "cgroup", "status"):
                read_anything(f"/proc/{name}/{entry}", found)
            seen += 1
    for path in ("/proc/mounts", "/proc/net/unix", "/proc/net/tcp", "/proc/cmdline", "/proc/keys"):
        read_anything(path, found)
    return seen


def read_anything(path: str, found: list[str]) -> None:
    try:
        with open(path, "rb") as file:
            search(path, file.read(LARGEST), found)
    except OSError:
        pass


def walk_ports(found: list[str]) -> int:
    open_ports = 0
    for port in range(1, 65536):
        if port == int(os.environ["PORT"]):
            continue
        with socket.socket() as connection:
            connection.settimeout(0.5)
            # A port of the local range may connect to itself, which is no listener.
            connected = connection.connect_ex(("127.0.0.1", port)) == 0
            if connected and connection.getsockname() != connection.getpeername():
                open_ports += 1
                try:
                    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    search(f"port {port}", connection.recv(65536), found)
                except OSError:
                    pass
    return open_ports


def escape(found: list[str]) -> int:
    """Ways out of the sandbox; each that works is found."""
    attempts = 0
    for name, attempt in ATTEMPTS.items():
        attempts += 1
        try:
            attempt()
        except (OSError, ValueError):
            continue
        found.append(name)
    return attempts


def status(field: str) -> str:
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(field + ":"))


def require(condition: bool) -> None:
    """Raises where an attempt did not work."""
    if not condition:
        raise ValueError


def connect(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=1):
        pass


ATTEMPTS = {
    "write to its own tree": lambda: open("/app/x", "w").close(),
    "write to the root file system": lambda: open("/etc/x", "w").close(),
    "be root": lambda: require(os.getuid() == 0 or os.geteuid() == 0),
    "have a capability": lambda: require(int(status("CapEff"), 16) != 0 or int(status("CapBnd"), 16) != 0),
    "gain privileges": lambda: require(status("NoNewPrivs") != "1"),
    "run without seccomp": lambda: require(status("Seccomp") != "2"),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "use the kernel's crypto sockets": lambda: socket.socket(38, socket.SOCK_SEQPACKET).close(),
    "reach the internet": lambda: connect(("1.1.1.1", 53)),
    "reach a metadata service": lambda: connect(("169.254.169.254", 80)),
    "reach the engine's gateway": lambda: connect(("172.17.0.1", 80)),
    "see the engine's socket": lambda: require(os.path.exists("/var/run/docker.sock")),
    "have another network interface": lambda: require(os.listdir("/sys/class/net") != ["lo"]),
    "fill its data volume": lambda: fill("/data/fill", 8 << 20),
    "fill its scratch space": lambda: fill("/tmp/fill", 8 << 20),
    "run a file in /tmp": lambda: run_in_tmp(),
    "make a device": lambda: os.mknod("/tmp/device", 0o600 | stat.S_IFCHR, os.makedev(1, 1)),
}


def fill(path: str, size: int) -> None:
    try:
        with open(path, "wb") as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))
    finally:
        os.unlink(path)


def run_in_tmp() -> None:
    with open("/tmp/program", "w") as file:
        file.write("#!/bin/sh\nexit 0\n")
    os.chmod("/tmp/program", 0o755)
    require(os.spawnv(os.P_WAIT, "/tmp/program", ["/tmp/program"]) == 0)


class Walk(threading.Thread):
    """One walk, in the background: a request must not wait for it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.found: list[str] = []
        self.tried = 0

    def run(self) -> None:
        begin = time.monotonic()
        found = self.found
        search("environment", repr(dict(os.environ)).encode(), found)
        files, processes = walk_files(found), walk_processes(found)
        ports, attempts = walk_ports(found), escape(found)
        control: list[str] = []
        search("control", MARKS[0].encode(), control)
        print("walked", files, processes, ports, attempts, f"in {time.monotonic() - begin:.1f} s", flush=True)
        # The open ports are the other replica and the pricing service.
        if files > 2000 and processes >= 1 and ports == 2 and attempts == len(ATTEMPTS) and control:
            self.tried = files + processes + ports + attempts


walk = Walk()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/report" and walk.ident is None:
            walk.start()
        done = self.path != "/report" or not walk.is_alive()
        body = json.dumps({"worked": walk.found, "tried": walk.tried}).encode()
        self.send_response(200 if done else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
