"""Puts the pinned socket filter on two sockets, as a filter and as a reuseport group's choice,
says its process id, and waits to be ended."""

import ctypes
import os
import socket
import struct
import sys
import time

BPF_OBJ_GET, SYS_BPF = 7, {"x86_64": 321, "aarch64": 280}[os.uname().machine]
SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF = 50, 52


def obj_get(path):
    name = ctypes.create_string_buffer(path.encode())
    attr = ctypes.create_string_buffer(struct.pack("=QII", ctypes.addressof(name), 0, 0), 128)
    fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, BPF_OBJ_GET, attr, 128)
    if fd < 0:
        raise OSError(ctypes.get_errno(), path)
    return fd


prog = obj_get(sys.argv[1])
plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
plain.setsockopt(socket.SOL_SOCKET, SO_ATTACH_BPF, prog)
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
group.bind(("127.0.0.1", 0))
group.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, prog)
os.close(prog)
print(os.getpid(), plain.fileno(), group.fileno(), flush=True)
time.sleep(600)
