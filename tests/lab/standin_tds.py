#!/usr/bin/env python3
"""A stand-in for SQL Server and its client: the true bytes of [MS-TDS], and no more than a login.

PRELOGIN and its answer, LOGIN7 and LOGINACK, one batch and its DONE; without encryption, which a
real server would at least use for the login.

    standin_tds.py serve PORT...
    standin_tds.py ask HOST PORT
"""

import socket
import socketserver
import struct
import sys
import threading

SQL_BATCH, RESPONSE, LOGIN7, PRELOGIN = 0x01, 0x04, 0x10, 0x12
VERSION_7_4 = 0x74000004
END_OF_MESSAGE = 0x01
NOT_SUPPORTED = 2  # encryption


def send(sock, kind, body):
    sock.sendall(struct.pack(">BBHHBB", kind, END_OF_MESSAGE, 8 + len(body), 0, 1, 0) + body)


def receive(sock):
    header = exactly(sock, 8)
    kind, _, length = struct.unpack(">BBH", header[:4])
    return kind, exactly(sock, length - 8)


def exactly(sock, count):
    parts = b""
    while len(parts) < count:
        part = sock.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def prelogin():
    options = [(0, bytes([15, 0, 0x10, 0x50, 0, 0])), (1, bytes([NOT_SUPPORTED]))]
    table, data = b"", b""
    start = 5 * len(options) + 1
    for token, value in options:
        table += struct.pack(">BHH", token, start + len(data), len(value))
        data += value
    return table + b"\xff" + data


def login7(server):
    names = ["vmm01", "svc-vmm", "", "System Center VMM", server, "", "", "", "VirtualManagerDB"]
    fixed = 94
    table, data = b"", b""
    for name in names:
        table += struct.pack("<HH", fixed + len(data), len(name))
        data += name.encode("utf-16-le")
    # The hardware address of the client, then SSPI, the file to attach and a new password: none.
    table += bytes(6) + struct.pack("<HH", fixed + len(data), 0) * 3 + bytes(4)
    head = struct.pack("<IIIIIBBBBiI", VERSION_7_4, 4096, 7, 1, 0, 0xE0, 3, 0, 0, 0, 0x409)
    body = head + table + data
    return struct.pack("<I", 4 + len(body)) + body


def login_ack():
    name = "Microsoft SQL Server".encode("utf-16-le")
    ack = struct.pack(">BI", 1, VERSION_7_4) + bytes([len(name) // 2]) + name + bytes([15, 0, 0x10, 0x50])
    return b"\xad" + struct.pack("<H", len(ack)) + ack + done()


def done():
    return b"\xfd" + struct.pack("<HHQ", 0, 0, 0)


class Server(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        answers = {PRELOGIN: prelogin, LOGIN7: login_ack, SQL_BATCH: done}
        try:
            while True:
                kind, _ = receive(self.request)
                if kind not in answers:
                    return
                send(self.request, RESPONSE, answers[kind]())
        except (EOFError, OSError):
            return


class Listener(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # and IPv4, mapped
    allow_reuse_address = True
    daemon_threads = True


def ask(host, port):
    batch = "SELECT @@VERSION".encode("utf-16-le")
    # ALL_HEADERS: its length, then one header with a transaction of zero.
    headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
    with socket.create_connection((host, port), timeout=4) as sock:
        for kind, body in [(PRELOGIN, prelogin()), (LOGIN7, login7(host)), (SQL_BATCH, headers + batch)]:
            send(sock, kind, body)
            answer, _ = receive(sock)
            if answer != RESPONSE:
                raise ConnectionError(f"TDS message {answer:#x} instead of an answer")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", *ports]:
            threads = [
                threading.Thread(target=Listener(("::", int(port)), Server).serve_forever)
                for port in ports
            ]
            for thread in threads:
                thread.start()
        case ["ask", host, port]:
            try:
                ask(host, int(port))
            except (OSError, EOFError) as error:
                sys.exit(f"TDS: {error!r}")
        case _:
            sys.exit(__doc__)
