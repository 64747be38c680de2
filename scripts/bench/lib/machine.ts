/** The machine's properties that figures depend on, without identifying its owner. */
export interface MachineFacts {
  /** For a caption. */
  readonly short: string;
  /** A list in one sentence. */
  readonly long: string;
  /** The properties by which measurements are comparable: architecture, cores, processor. */
  readonly kind: string;
}

const SYSTEMS: Record<string, string> = { linux: "Linux", darwin: "Darwin", windows: "Windows" };

/** @param versions The participants' versions besides the runtime's, by name. */
export async function machineFacts(
  versions: Readonly<Record<string, string>>,
): Promise<MachineFacts> {
  const cores = `${navigator.hardwareConcurrency} cores`;
  // The rest of the release string may name the machine's provider.
  const kernel = /^[0-9.]+[0-9]/.exec(Deno.osRelease())?.[0] ?? "";
  const system = `${SYSTEMS[Deno.build.os] ?? Deno.build.os} ${kernel} ${Deno.build.arch}`;
  const memory = `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB`;
  const programs = Object.entries({ "Deno (bench)": Deno.version.deno, ...versions })
    .map(([name, version]) => `${name} ${version}`);
  const processor = await processorName();
  return {
    short: `${system}, ${cores}`,
    kind: `${Deno.build.os} ${Deno.build.arch}, ${cores}${processor}`,
    long: [system, `${cores}${processor}`, memory, ...programs].join(", "),
  };
}

async function processorName(): Promise<string> {
  const text = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const name = /^model name\s*: (.+)$/m.exec(text)?.[1];
  return name ? ` (${name.trim()})` : "";
}
