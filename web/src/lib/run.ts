// Input and output of running a program with given data, by program type.

import { toBytes } from "./bytes";

export interface Needs {
  /** true: takes a packet; false: only a context. */
  packet: boolean;
  /** A description of the context; missing: the type takes none. */
  context?: string;
  /** true: can be run several times. */
  often: boolean;
  codes?: readonly string[];
}

const xdp = ["XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"];
const tc = ["TC_ACT_OK", "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE", "TC_ACT_STOLEN",
  "TC_ACT_QUEUED", "TC_ACT_REPEAT", "TC_ACT_REDIRECT", "TC_ACT_TRAP"];
const skb = "struct __sk_buff, in hex; most programs need none";

const packet = (codes?: readonly string[], context: string | undefined = skb): Needs =>
  ({ packet: true, often: true, ...(context ? { context } : {}), ...(codes ? { codes } : {}) });

const rawTracepoint: Needs =
  { packet: false, often: false, context: "eight bytes an argument, in hex" };

/** The types that the kernel can run (BPF_PROG_RUN), by their kernel names. */
const types: Record<string, Needs> = {
  xdp: packet(xdp, "struct xdp_md, in hex; most programs need none"),
  sched_cls: packet(tc), sched_act: packet(tc), cgroup_skb: packet(), socket_filter: packet(),
  lwt_in: packet(), lwt_out: packet(), lwt_xmit: packet(), lwt_seg6local: packet(),
  flow_dissector: packet(undefined, "struct bpf_flow_keys, in hex"),
  netfilter: packet(["NF_DROP", "NF_ACCEPT"], "struct nf_hook_state, in hex"),
  raw_tracepoint: rawTracepoint, raw_tracepoint_writable: rawTracepoint,
  sk_lookup: { packet: false, often: true, context: "struct bpf_sk_lookup, in hex" },
  syscall: { packet: false, often: false, context: "the program's own structure, in hex" },
  tracing: { packet: false, often: false },
};

export const needsOf = (kernelType: string): Needs | undefined => types[kernelType];

/** The name of a program's return value, by its type. */
export const codeName = (needs: Needs, result: number): string | undefined =>
  needs.codes?.[result] ?? (needs.codes?.[0] === "TC_ACT_OK" && result === 0xffffffff
    ? "TC_ACT_UNSPEC" : undefined);

export type InputFormat = "HEX" | "STRING" | "FILE";

/** Typed text or a file's content as hex; undefined when there is none. */
export function inputHex(text: string, format: InputFormat): string | undefined {
  if (format !== "STRING") {
    const hex = text.replace(/\s+/g, "").replace(/^0x/i, "");
    return hex ? toBytes(hex, "HEX", hex.length / 2) : undefined;
  }
  const size = new TextEncoder().encode(text).length;
  return size ? toBytes(text, "STRING", size) : undefined;
}

export const hexOfBytes = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Ethernet, IPv4 and UDP from 10.0.0.1 to 10.0.0.2, port 9, with four bytes of data. */
export const examplePacket =
  "02000000000202000000000108004500002000000000401166cb0a0000010a000002d4310009000c0000" +
  "6c756e21";

export interface DumpLine { at: number; bytes: { byte: string; moved: boolean }[]; text: string }

/** Sixteen bytes a line; bytes that differ from the input are marked. */
export function hexDump(hex: string, before: string | undefined): DumpLine[] {
  const lines: DumpLine[] = [];
  for (let at = 0; at < hex.length; at += 32) {
    const bytes = (hex.slice(at, at + 32).match(/../g) ?? []).map((byte, n) => {
      const place = at + 2 * n;
      return { byte, moved: before !== undefined && before.slice(place, place + 2) !== byte };
    });
    const text = bytes.map(({ byte }) => {
      const code = parseInt(byte, 16);
      return code >= 32 && code < 127 ? String.fromCharCode(code) : "·";
    }).join("");
    lines.push({ at: at / 2, bytes, text });
  }
  return lines;
}
