// Graphs as on real hosts: endpoints of a container network whose programs share most of their
// maps, tracers with programs and maps of their own, and services whose cgroups have a program
// each.

/** A graph of about so many nodes, as the schema gives it: { nodes, edges }. */
export function hostGraph(count) {
  const nodes = [];
  const edges = [];
  const join = (from, to, kind) => edges.push({ from, to, kind });
  const add = (kind, id, label, detail) => {
    nodes.push({ id: `${id}:${nodes.length}`, kind, label, detail });
    return nodes[nodes.length - 1].id;
  };
  const agent = add("PROCESS", "process", "cilium-agent", "pid 4711");
  const own = (kind, id, label, detail, process = agent) => {
    const node = add(kind, id, label, detail);
    join(process, node, "OWNS");
    return node;
  };
  const shared = ["ct4_global", "ct6_global", "ipcache", "lxc", "lb4_services", "lb4_backends",
    "lb4_reverse_nat", "policy_calls", "events", "metrics", "signals", "snat_v4"]
    .map((name) => own("MAP", "map", `cilium_${name}`, "Hash"));
  const endpoint = (n) => {
    const place = add("INTERFACE", "interface", `lxc${n}`, null);
    const calls = own("MAP", "map", `cilium_calls_${n}`, "ProgramArray");
    const policy = own("MAP", "map", `cilium_policy_${n}`, "LPMTrie");
    ["from_container", "to_container", "handle_ipv4", "handle_arp"].forEach((name, at) => {
      const program = own("PROGRAM", "prog", `cil_${name}`, "SchedCLS");
      shared.filter((_, map) => (map + at) % 4 !== 3).concat(policy, calls)
        .forEach((map) => join(program, map, "USES"));
      if (at > 1) return join(calls, program, "TAIL_CALL");
      const link = own("LINK", "link", `lxc${n}`, "tcx");
      join(link, program, "HOLDS");
      join(link, place, "ATTACHED");
    });
  };
  const tracer = (n) => {
    const process = add("PROCESS", "process", "bpftrace", `pid ${9000 + n}`);
    const maps = Array.from({ length: 1 + n % 4 }, (_, at) =>
      own("MAP", "map", `AT_tracer${n}_${at}`, "PerCPUHash", process));
    for (let at = 0; at < 1 + n % 3; at++) {
      const program = own("PROGRAM", "prog", `tracer${n}_${at}`, "TracePoint", process);
      const link = own("LINK", "link", "sys_enter", "perf_event", process);
      join(link, program, "HOLDS");
      for (const map of maps.slice(0, 1 + at)) join(program, map, "USES");
    }
  };
  const service = (n) => {
    const place = add("CGROUP", "cgroup", `/system.slice/service${n}`, "cgroup");
    join(add("PROGRAM", "prog", "sd_devices", "CGroupDevice"), place, "ATTACHED");
  };
  for (let n = 0; nodes.length < count; n++) {
    if (n % 2 === 0) endpoint(n);
    else if (n % 4 === 1) tracer(n);
    else service(n);
  }
  return { nodes, edges };
}
