/** The ids of a process and its children, such as workers, according to /proc. */
async function tree(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  const children = await Promise.all(
    text.split(" ").filter(Boolean).map((one) => tree(Number(one))),
  );
  return [pid, ...children.flat()];
}

const TICKS_PER_SECOND = 100;

/** CPU time (user and system) of a process and its children. Source: proc_pid_stat(5). */
export async function cpuSeconds(pid: number): Promise<number> {
  let ticks = 0;
  for (const one of await tree(pid)) {
    const stat = await Deno.readTextFile(`/proc/${one}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Resident memory of a process and its children, in bytes. */
export async function memoryOfTree(pid: number): Promise<number> {
  let total = 0;
  for (const one of await tree(pid)) {
    const status = await Deno.readTextFile(`/proc/${one}/status`);
    total += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }
  return total;
}
