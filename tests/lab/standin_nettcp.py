#!/usr/bin/env python3
"""A stand-in for a WCF service over net.tcp and its client: the true bytes of [MC-NMF].

Preamble and its acknowledgement, one enveloped message each way, the end. Without the upgrade to
`application/negotiate`, which VMM's service demands and no package speaks.

    standin_nettcp.py serve PORT...
    standin_nettcp.py ask HOST PORT
"""

import socket
import socketserver
import sys
import threading

VERSION, MODE, VIA, KNOWN_ENCODING = 0x00, 0x01, 0x02, 0x03
ENVELOPE, END, PREAMBLE_ACK, PREAMBLE_END = 0x06, 0x07, 0x0B, 0x0C
DUPLEX, BINARY_SESSION = 2, 8
# [MC-NBFS], [MC-NBFX]: no string table, then <s:Envelope><s:Body/></s:Envelope>.
MESSAGE = bytes([0, 0x56, 0x02, 0x0B, 0x01, 0x73, 0x04, 0x56, 0x0E, 0x01, 0x01])


def sized(content):
    size, length = len(content), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return length + bytes([size]) + content


def byte(sock):
    one = sock.recv(1)
    if not one:
        raise EOFError
    return one[0]


def content(sock):
    size, shift = 0, 0
    while True:
        one = byte(sock)
        size |= (one & 0x7F) << shift
        shift += 7
        if one < 0x80:
            break
        if shift > 28:
            raise ValueError("a size of more than 5 bytes")
    if size > 0x10000:
        raise ValueError("a record of more than 64 KiB")
    return bytes(byte(sock) for _ in range(size))


def expect(sock, record):
    found = byte(sock)
    if found != record:
        raise ConnectionError(f"record {found:#04x} instead of {record:#04x}")


class Server(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        try:
            while True:
                match byte(self.request):
                    case 0x00:
                        byte(self.request), byte(self.request)
                    case 0x01 | 0x03:
                        byte(self.request)
                    case 0x02:
                        content(self.request)
                    case 0x0C:
                        self.request.sendall(bytes([PREAMBLE_ACK]))
                    case 0x06:
                        content(self.request)
                        self.request.sendall(bytes([ENVELOPE]) + sized(MESSAGE))
                    case 0x07:
                        self.request.sendall(bytes([END]))
                        return
                    case _:
                        return
        except (EOFError, OSError, ValueError):
            return


class Listener(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6  # and IPv4, mapped
    allow_reuse_address = True
    daemon_threads = True


def ask(host, port):
    name = f"[{host}]" if ":" in host else host
    via = f"net.tcp://{name}:{port}/".encode()
    preamble = bytes([VERSION, 1, 0, MODE, DUPLEX, VIA]) + sized(via)
    preamble += bytes([KNOWN_ENCODING, BINARY_SESSION, PREAMBLE_END])
    with socket.create_connection((host, port), timeout=4) as sock:
        sock.sendall(preamble)
        expect(sock, PREAMBLE_ACK)
        sock.sendall(bytes([ENVELOPE]) + sized(MESSAGE))
        expect(sock, ENVELOPE)
        content(sock)
        sock.sendall(bytes([END]))
        expect(sock, END)


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
            except (OSError, EOFError, ValueError) as error:
                sys.exit(f"net.tcp: {error!r}")
        case _:
            sys.exit(__doc__)
