import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { compiled, run, type Sandbox } from "../support/mod.ts";
import { startServer } from "../registry/serve_support.ts";
import { sharedProcess } from "../support/shared_process.ts";

const shared = await sharedProcess();

export interface Finding {
  readonly severity: "ok" | "note" | "problem";
  readonly text: string;
  readonly details?: readonly string[];
  readonly fix?: string;
}

export type Variables = Record<string, string>;

export interface Diagnosis {
  readonly code: number;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  readonly problems: readonly Finding[];
}

/** Other sockets in the common temporary directory do not belong to this test. */
const isOfTest = ({ text }: Finding) => !/ \/tmp\/vscode-(ipc|git)-/.test(text);

export async function doctor(
  sandbox: Sandbox,
  env: Variables = {},
  ...args: string[]
): Promise<Diagnosis> {
  const result = await run(shared, sandbox, { args: ["doctor", "--json", ...args], env });
  const { healthy, checks } = JSON.parse(result.stdout);
  const findings = checks
    .flatMap(({ findings }: { findings: Finding[] }) => findings)
    .filter(isOfTest) as Finding[];
  const problems = findings.filter(({ severity }) => severity === "problem");
  return { code: result.code, healthy, findings, problems };
}

/** Runs a command as the user's shell would. @returns its environment afterwards. */
export async function shell(sandbox: Sandbox, env: Variables, command: string): Promise<Variables> {
  const after = sandbox.path("environment");
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${command}\nenv -0 >'${after}'`],
    cwd: sandbox.directory,
    env: { ...sandbox.env, ...env, PATH: `${dirname(compiled.command)}:${sandbox.env.PATH}` },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const variables = (await Deno.readTextFile(after)).split("\0").filter((each) => each !== "");
  return Object.fromEntries(variables.map((each) => {
    const equals = each.indexOf("=");
    return [each.slice(0, equals), each.slice(equals + 1)];
  }));
}

/**
 * Runs the fix that doctor prints for the only problem, and checks that it works.
 *
 * @returns the problem.
 */
export async function mended(sandbox: Sandbox, env: Variables = {}): Promise<Finding> {
  const before = await doctor(sandbox, env);
  assertEquals([before.code, before.healthy], [1, false]);
  assertEquals(before.problems.length, 1, JSON.stringify(before.problems));
  const [problem] = before.problems;
  const variables = await shell(sandbox, env, problem!.fix!);
  const { env: kept } = sandbox;
  const after = await doctor(
    { ...sandbox, env: { DENO_DIR: kept.DENO_DIR! } } as Sandbox,
    variables,
  );
  assertEquals(after.problems, []);
  return problem!;
}

/** Sets up the sandbox so that its registry runs and is the only one. */
export async function healthyPlace(sandbox: Sandbox): Promise<string> {
  await Deno.mkdir(sandbox.path("state/sessionctl"), { recursive: true, mode: 0o700 });
  sandbox.env.XDG_STATE_HOME = sandbox.path("state");
  const state = sandbox.path("state/sessionctl/registry.db");
  return (await startServer(sandbox, { state })).socket;
}

/** Ends the registry that `serve --detach` started. */
export function endDetached(sandbox: Sandbox, env: Variables = {}): void {
  sandbox.defer(async () => {
    await run(compiled, sandbox, { args: ["stop", "--timeout", "5s", "--kill"], env });
  });
}
