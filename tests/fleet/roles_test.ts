/** An etcd with the roles and users that `sessionctl fleet init` prints. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Engine, type EngineFiles, readAddress } from "../../src/fleet/engine/mod.ts";
import { FleetKeys } from "../../src/fleet/keys.ts";
import { SessionctlError } from "../../src/errors.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { compiled, makeSandbox, run, type Sandbox, startEditor } from "../support/mod.ts";
import { type Etcd, etcdctl, hasEtcdctl, startEtcd } from "./support/etcd.ts";
import { isPublished, joinFleet, untilKnown, untilStatus } from "./support/machines.ts";

const ignore = !hasEtcdctl;
const keys = new FleetKeys("ann");
const userOf = (host: string) => `sessionctl-ann-${host}`;

/** Runs the commands that `fleet init` prints, with passwords, and enables authentication. */
async function setUp(sandbox: Sandbox, etcd: Etcd, hosts: readonly string[]): Promise<void> {
  const { stdout } = await run(compiled, sandbox, {
    args: ["fleet", "init", "--person", "ann", ...hosts],
  });
  const commands = stdout.trim().split("\n").map((line) => line.split(" "));
  for (const [program, ...args] of commands) {
    assertEquals(program, "etcdctl");
    // Without it, etcdctl would ask for the password.
    const isUser = args[0] === "user" && args[1] === "add";
    await etcdctl(etcd.url, ...isUser ? [...args.slice(0, 2), `${args[2]}:secret`] : args);
  }
  await etcdctl(etcd.url, "user", "add", "root:admin");
  await etcdctl(etcd.url, "user", "grant-role", "root", "root");
  await etcdctl(etcd.url, "auth", "enable");
}

async function passwordFile(sandbox: Sandbox, password: string): Promise<string> {
  const path = sandbox.path("home", "password");
  await Deno.writeTextFile(path, `${password}\n`, { mode: 0o600 });
  return path;
}

function login(sandbox: Sandbox, host: string): string[] {
  return [
    ...["--fleet-user", userOf(host)],
    ...["--fleet-password-file", sandbox.path("home", "password")],
  ];
}

const denied = (attempt: Promise<unknown>) =>
  assertRejects(() => attempt, SessionctlError, "permission denied");

Deno.test({
  name: "with the roles that fleet init prints, a host writes its own keys, and no others",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await setUp(sandbox, etcd!, ["laptop", "hostb"]);
    const files: EngineFiles = {
      user: userOf("hostb"),
      passwordFile: await passwordFile(sandbox, "secret"),
    };
    using engine = new Engine({ endpoints: readAddress(etcd!.url), ...files, limitMs: 20_000 });
    await engine.put(keys.live("hostb"), "{}");
    await engine.range(keys.prefix);
    const delivery = { kind: "to", host: "laptop", peer: "hostb", id: "1" } as const;
    await denied(engine.put(keys.live("laptop"), "{}"));
    await denied(engine.put(keys.delivery(delivery), "{}"));
    await denied(engine.remove(keys.live("laptop")));
    await denied(engine.transact([], [{ put: keys.live("laptop"), value: "{}" }]));
    // The role for `hostb` must not cover a host whose name begins with it.
    await denied(engine.put(keys.live("hostbb"), "{}"));
    await denied(engine.put("/elsewhere", ""));
    const others = new FleetKeys("bob");
    await denied(engine.range(others.prefix));
    await denied(engine.put(others.live("hostb"), "{}"));
  },
});

Deno.test({
  name: "fleet check tells an etcd with these roles from one without",
  ignore,
  async fn() {
    await using open = await makeSandbox();
    const [without] = await startEtcd(open);
    await using _without = without!;
    await joinFleet(open, without!.url, "laptop");
    await untilKnown(open, "laptop");
    const check = (machine: Sandbox) => run(compiled, machine, { args: ["fleet", "check"] });
    const bad = await check(open);
    assertEquals(bad.code, 1, bad.stdout + bad.stderr);
    assertMatch(bad.stdout, /^problem +laptop can write the keys of other hosts/m);
    assertMatch(bad.stdout, /^ok +leases work/m);
    await using roles = await makeSandbox();
    const [etcd] = await startEtcd(roles);
    await using _ = etcd!;
    await setUp(roles, etcd!, ["laptop", "hostb"]);
    await passwordFile(roles, "secret");
    await joinFleet(roles, etcd!.url, "laptop", ...login(roles, "laptop"));
    await untilKnown(roles, "laptop");
    const good = await check(roles);
    assertEquals(good.code, 0, good.stdout + good.stderr);
    assertEquals(
      good.stdout.replaceAll(/3\.[0-9.]+/g, "3"),
      [
        "ok       etcd 3",
        "ok       leases work: a key goes with its lease",
        "ok       laptop can write its own keys",
        "ok       other hosts' keys are refused",
        "ok       other people's keys are refused",
        "ok       the clocks agree",
        "",
      ].join("\n"),
    );
    const { stdout } = await run(compiled, roles, { args: ["fleet", "check", "--json"] });
    assert(JSON.parse(stdout).every(({ severity }: { severity: string }) => severity === "ok"));
    // The keys that the check wrote are deleted, or expire with their lease.
    const text = await etcdctl(
      ...[etcd!.url, "--user", "root:admin", "get", "--prefix", "/", "--keys-only"] as const,
    );
    assertEquals(text.split("\n").filter((line) => line.includes("check")), []);
  },
});

Deno.test({
  name: "a wrong password and a host with another host's user are reported",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox);
    await using _ = etcd!;
    await setUp(sandbox, etcd!, ["laptop", "hostb"]);
    await passwordFile(sandbox, "wrong");
    const wrong = await joinFleet(sandbox, etcd!.url, "laptop", ...login(sandbox, "laptop"));
    await untilStatus(
      "the login is refused",
      sandbox,
      ({ failure }) => /authentication failed|invalid user/.test(failure ?? ""),
    );
    // The correct password takes effect as soon as the file has it, without a restart.
    await passwordFile(sandbox, "secret");
    await untilStatus("it is published", sandbox, isPublished, 90_000);
    wrong.child.kill("SIGTERM");
    await wrong.ended;
    await joinFleet(sandbox, etcd!.url, "hostb", ...login(sandbox, "laptop"));
    await untilStatus(
      "it is not published",
      sandbox,
      ({ unpublished }) => /permission denied/.test(unpublished ?? ""),
    );
  },
});

Deno.test({
  name: "a new password counts without a restart",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const [etcd] = await startEtcd(sandbox, { args: ["--auth-token-ttl", "3"] });
    await using _ = etcd!;
    await setUp(sandbox, etcd!, ["laptop"]);
    await passwordFile(sandbox, "secret");
    const serving = await joinFleet(sandbox, etcd!.url, "laptop", ...login(sandbox, "laptop"));
    await untilKnown(sandbox, "laptop");
    const admin = ["--user", "root:admin"];
    await etcdctl(etcd!.url, ...admin, "user", "delete", userOf("laptop"));
    await etcdctl(etcd!.url, ...admin, "user", "add", `${userOf("laptop")}:another`);
    await etcdctl(etcd!.url, ...admin, "user", "grant-role", userOf("laptop"), userOf("laptop"));
    await passwordFile(sandbox, "another");
    // The old token is invalid, so this requires a login with the new password.
    const editor = await startEditor(sandbox);
    const registry = new RegistryClient({ socket: sandbox.path("run/sessionctl/registry.sock") });
    await registry.addSession({ socketPath: editor.socketPath, workspace: { folders: ["/srv"] } });
    await untilKnown(sandbox, "laptop", 1);
    serving.child.kill("SIGTERM");
    assertEquals(await serving.ended, 0);
  },
});
