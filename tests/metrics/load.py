"""Something of everything that the gallery counts: files with a sync, processes, signals, TCP and
UDP over the loopback, a closed port, timers, and frames out of the interface that is given."""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time


def files():
    with tempfile.NamedTemporaryFile(dir=".") as f:
        for _ in range(20):
            f.write(os.urandom(1 << 16))
            f.flush()
            os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        f.seek(0)
        f.read()


def processes():
    for _ in range(10):
        subprocess.run(["true"], check=True)
    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(signal.SIGTERM)
    child.wait()


def sockets():
    server = socket.create_server(("127.0.0.1", 0))
    for _ in range(20):
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        client.sendall(b"x" * 1000)
        peer.recv(1000)
        client.close()
        peer.close()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(20):
        udp.sendto(b"x" * 100, ("127.0.0.1", 9))
        time.sleep(0.005)


def frames(interface):
    """UDP over IPv4, from 10.1.2.3 and from 192.168.1.1."""
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((interface, 0))
    for source in ("10.1.2.3", "192.168.1.1"):
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0,
                         socket.inet_aton(source), socket.inet_aton("10.9.9.9"))
        frame = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x00" + ip + struct.pack("!HHHH", 1, 9, 8, 0)
        for _ in range(5):
            out.send(frame.ljust(60, b"\0"))


files()
processes()
sockets()
frames(sys.argv[1])
