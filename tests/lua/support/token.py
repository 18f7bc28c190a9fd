"""In a user namespace of its own, where nothing but a BPF token gives rights: makes a map and a
program. Says its process id and the two ids, or "- ERROR" where the kernel lacks tokens. Waits for
the end of its input."""

import ctypes
import os
import socket
import struct
import sys

BPF = 321 if os.uname().machine == "x86_64" else 280
FSOPEN, FSCONFIG, FSMOUNT = 430, 431, 432
SET_STRING, CREATE = 1, 6
MAP_CREATE, PROG_LOAD, GET_INFO, TOKEN_CREATE = 0, 5, 15, 36
TOKEN_FD = 1 << 16
NEWUSER, NEWNS = 0x10000000, 0x00020000
libc = ctypes.CDLL(None, use_errno=True)
kept = []


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def bpf(command, size, *fields):
    attr = ctypes.create_string_buffer(size)
    for at, format, value in fields:
        struct.pack_into("=" + format, attr, at, value)
    return call(BPF, command, attr, size)


def address(data):
    kept.append(ctypes.create_string_buffer(data))
    return ctypes.addressof(kept[-1])


def id_of(fd):
    info = ctypes.create_string_buffer(16)
    bpf(GET_INFO, 16, (0, "I", fd), (4, "I", 16), (8, "Q", ctypes.addressof(info)))
    return struct.unpack("=II", info.raw[:8])[1]


def mount(pipe):
    """As root: makes the file system, of the child's user namespace, that delegates everything."""
    _, fds, _, _ = socket.recv_fds(pipe, 1, 1)
    for key in (b"delegate_cmds", b"delegate_maps", b"delegate_progs", b"delegate_attachs"):
        call(FSCONFIG, fds[0], SET_STRING, key, b"any", 0)
    call(FSCONFIG, fds[0], CREATE, None, None, 0)
    socket.send_fds(pipe, [b"x"], [call(FSMOUNT, fds[0], 0, 0)])


def make(pipe):
    socket.send_fds(pipe, [b"x"], [call(FSOPEN, b"bpf", 0)])
    _, fds, _, _ = socket.recv_fds(pipe, 1, 1)
    folder = os.open(".", os.O_DIRECTORY, dir_fd=fds[0])
    token = bpf(TOKEN_CREATE, 8, (4, "I", folder))
    table = bpf(MAP_CREATE, 80, (0, "I", 1), (4, "I", 4), (8, "I", 8), (12, "I", 4),
                (16, "I", TOKEN_FD), (28, "16s", b"token_map"), (76, "i", token))
    code = struct.pack("=BBhiBBhi", 0xB7, 0, 0, 2, 0x95, 0, 0, 0)
    prog = bpf(PROG_LOAD, 148, (0, "I", 6), (4, "I", 2), (8, "Q", address(code)),
               (16, "Q", address(b"GPL")), (44, "I", TOKEN_FD), (48, "16s", b"token_prog"),
               (144, "i", token))
    return id_of(table), id_of(prog)


ours, theirs = socket.socketpair()
child = os.fork()
if child:
    theirs.close()
    try:
        ours.recv(1)
        mount(ours)
    except (OSError, IndexError) as err:
        print("-", err, flush=True)
    ours.close()
    os.waitpid(child, 0)
    sys.exit()
ours.close()
try:
    if libc.unshare(NEWUSER | NEWNS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    theirs.send(b"x")
    ids = make(theirs)
except (OSError, IndexError) as err:
    print("-", err, flush=True)
    os._exit(1)
print(os.getpid(), *ids, flush=True)
sys.stdin.read()
