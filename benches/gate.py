"""The last-byte gate in Python, to compare with: a round for each line of input, its spread in nanoseconds back.

Arguments: port, sockets. The line says who reads: `none` until after the release, or `threads`, one a socket.
"""

import socket
import sys
import threading
import time

SETTLE = 0.04


def read(connection: socket.socket) -> None:
    answer = b""
    while part := connection.recv(16384):
        answer += part
    assert answer.startswith(b"HTTP/1.1 200 ")


def main() -> None:
    port, sockets = int(sys.argv[1]), int(sys.argv[2])
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 2\r\nConnection: close\r\n"
    request = f"{head}Content-Type: application/json\r\n\r\n{{}}".encode()
    for line in sys.stdin:
        early_readers = line.strip() == "threads"
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(sockets)]
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request[:-1])
        threads = [threading.Thread(target=read, args=(connection,)) for connection in connections]
        if early_readers:
            for thread in threads:
                thread.start()
        time.sleep(SETTLE)
        last = request[-1:]
        begin = time.monotonic_ns()
        for connection in connections:
            connection.send(last)
        end = time.monotonic_ns()
        for thread in threads:
            if not early_readers:
                thread.start()
            thread.join()
        for connection in connections:
            connection.close()
        print(end - begin, flush=True)


main()
