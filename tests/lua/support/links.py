"""Makes a link of each type that can be made by plain system calls, in the network namespace that it
is started in: argv is a control group, a file and an offset in it for uprobes. Says its process id,
then a line a link: its name, id and program; a type that this kernel lacks is told as "NAME - ERROR".
Waits to be ended."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys
import time

X86 = os.uname().machine == "x86_64"
SYS_BPF, SYS_PERF = (321, 298) if X86 else (280, 241)
MAP_CREATE, PROG_LOAD, GET_INFO, LINK_CREATE = 0, 5, 15, 28
LOOPBACK = 1
PERF_EVENT_IOC_SET_BPF = 0x40042408
libc = ctypes.CDLL(None, use_errno=True)
kept = []


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, errno.errorcode[code])
    return result


def bpf(command, packed):
    attr = ctypes.create_string_buffer(packed, 128)
    return call(SYS_BPF, command, attr, 128)


def address(data):
    kept.append(ctypes.create_string_buffer(data))
    return ctypes.addressof(kept[-1])


def load(kind, attach_type, value, name):
    code = struct.pack("=BBhiBBhi", 0xB7, 0, 0, value, 0x95, 0, 0, 0)
    return bpf(PROG_LOAD, struct.pack("=IIQQIIQII16sII", kind, 2, address(code), address(b"GPL"), 0,
                                      0, 0, 0, 0, name.encode(), 0, attach_type))


def info(fd):
    data = ctypes.create_string_buffer(16)
    bpf(GET_INFO, struct.pack("=IIQ", fd, 16, ctypes.addressof(data)))
    return struct.unpack("=IIII", data.raw)


def link(prog, target, attach_type, more=b""):
    return bpf(LINK_CREATE, struct.pack("=IIII", prog, target, attach_type, 0) + more)


TASK_CLOCK, PAGE_FAULTS = 1, 2


def perf_event(config):
    attr = struct.pack("=IIQQ", 1, 112, config, 1000000)
    data = ctypes.create_string_buffer(attr, 112)
    return call(SYS_PERF, data, -1, 0, -1, 8)


def uprobe():
    with open("/sys/bus/event_source/devices/uprobe/type") as file:
        kind = int(file.read())
    attr = bytearray(112)
    struct.pack_into("=II", attr, 0, kind, 112)
    struct.pack_into("=QQ", attr, 56, address(path.encode()), offset)
    data = ctypes.create_string_buffer(bytes(attr), 112)
    return call(SYS_PERF, data, -1, 0, -1, 8)


cgroup, path, offset = sys.argv[1], sys.argv[2], int(sys.argv[3])
offsets = address(struct.pack("=Q", offset))


def uprobes(flags):
    return struct.pack("=QQQQIII", address(path.encode()), offsets, 0, 0, 1, flags, 0)


def kprobes(flags):
    names = [address(name) for name in (b"bpf_fentry_test1", b"bpf_fentry_test2")]
    symbols = address(struct.pack("=QQ", *names))
    cookies = address(struct.pack("=QQ", 11, 22))
    return struct.pack("=IIQQQ", flags, len(names), symbols, 0, cookies)


def netkit():
    """The number of the first of a pair of interfaces, made here; the kernel may lack the kind."""
    name = "lunk%d" % (os.getpid() % 100000)
    os.system("ip link add %s type netkit 2>/dev/null" % name)
    return socket.if_nametoindex(name)


# Type of program, of attachment, what it returns, its target, and what else the link takes.
LINKS = {
    "tcx": (3, 46, 0, lambda: LOOPBACK, b""),
    "xdp": (6, 37, 2, lambda: LOOPBACK, b""),
    "dissect": (22, 17, 0, lambda: os.open("/proc/self/ns/net", 0), b""),
    "lookup": (30, 36, 1, lambda: os.open("/proc/self/ns/net", 0), b""),
    "netfilter": (32, 45, 1, lambda: 0, struct.pack("=IIiI", 2, 1, -128, 0)),
    "cgroup": (8, 1, 1, lambda: os.open(cgroup, os.O_DIRECTORY), b""),
    "perf": (7, 41, 0, lambda: perf_event(PAGE_FAULTS), b""),
    "clock": (7, 41, 0, lambda: perf_event(TASK_CLOCK), b""),
    "sockmap": (16, 7, 1, lambda: bpf(MAP_CREATE, struct.pack("=IIIII", 15, 4, 8, 1, 0)), b""),
    "netkit": (3, 54, 0, netkit, b""),
    "netkit_peer": (3, 55, 0, netkit, b""),
    "kprobes": (2, 42, 0, lambda: 0, kprobes(0)),
    "kretprobes": (2, 42, 0, lambda: 0, kprobes(1)),
    "uprobe": (2, 41, 0, uprobe, b""),
    "uprobes": (2, 48, 0, lambda: 0, uprobes(0)),
    "uretprobes": (2, 48, 0, lambda: 0, uprobes(1)),
}

print(os.getpid())
for name, (kind, attach_type, value, target, more) in LINKS.items():
    try:
        prog = load(kind, attach_type if attach_type != 41 else 0, value, "lt_" + name)
        made = info(link(prog, target(), attach_type, more))
        print(name, made[1], made[2])
        if name == "clock":  # also without a link, on another event
            fcntl.ioctl(perf_event(PAGE_FAULTS), PERF_EVENT_IOC_SET_BPF, prog)
    except OSError as err:
        print(name, "-", err.strerror)
print("end", flush=True)
time.sleep(600)
