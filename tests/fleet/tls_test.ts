/** An etcd with the certificates that `sessionctl fleet init --etcd` makes. */
import { assertEquals, assertMatch } from "@std/assert";
import { compiled, makeSandbox, run, type Sandbox } from "../support/mod.ts";
import { type Etcd, type EtcdTls, hasEtcd, startEtcd } from "./support/etcd.ts";
import { isPublished, joinFleet, statusOf, untilKnown, untilStatus } from "./support/machines.ts";

const hasOpenssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null" })
  .output().then(() => true, () => false);
const ignore = !hasEtcd || !hasOpenssl;

/** Runs the openssl commands that `fleet init` prints, in a new folder. */
async function makeCertificates(sandbox: Sandbox, folder: string): Promise<string> {
  const directory = sandbox.path(folder);
  await Deno.mkdir(directory);
  const { stdout } = await run(compiled, sandbox, {
    args: ["fleet", "init", "--person", "ann", "--etcd", "127.0.0.1", "laptop"],
  });
  const commands = stdout.split("\n").filter((line) => line.startsWith("openssl "));
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", commands.join("\n")],
    cwd: directory,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return directory;
}

function tlsOf(directory: string, asksClients: boolean): EtcdTls {
  const client = { cert: `${directory}/laptop.pem`, key: `${directory}/laptop.key` };
  return {
    ca: `${directory}/ca.pem`,
    cert: `${directory}/127.0.0.1.pem`,
    key: `${directory}/127.0.0.1.key`,
    ...asksClients && { client },
  };
}

const trust = (directory: string) => ["--fleet-ca", `${directory}/ca.pem`];
const prove = (directory: string) => [
  ...trust(directory),
  ...["--fleet-cert", `${directory}/laptop.pem`, "--fleet-key", `${directory}/laptop.key`],
];

async function stop(serving: Awaited<ReturnType<typeof joinFleet>>): Promise<void> {
  serving.child.kill("SIGTERM");
  assertEquals(await serving.ended, 0);
}

Deno.test({
  name: "over TLS, a registry joins that trusts etcd's certificate, and no other",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const directory = await makeCertificates(sandbox, "certificates");
    const [etcd] = await startEtcd(sandbox, { tls: tlsOf(directory, false) });
    await using _ = etcd!;
    const trusting = await joinFleet(sandbox, etcd!.url, "laptop", ...trust(directory));
    await untilKnown(sandbox, "laptop");
    await stop(trusting);
    const other = await makeCertificates(sandbox, "other");
    await stop(await refused(sandbox, etcd!, trust(other), /certificate/i));
    await stop(await refused(sandbox, etcd!, [], /certificate/i));
  },
});

/** Starts a registry that etcd must refuse. @returns the registry, which keeps running. */
async function refused(sandbox: Sandbox, etcd: Etcd, args: string[], reason: RegExp) {
  const serving = await joinFleet(sandbox, etcd.url, "laptop", ...args);
  await untilStatus("it is refused", sandbox, ({ failure }) => reason.test(failure ?? ""));
  return serving;
}

Deno.test({
  name: "an etcd that asks for client certificates takes those of its authority, and no others",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const directory = await makeCertificates(sandbox, "certificates");
    const [etcd] = await startEtcd(sandbox, { tls: tlsOf(directory, true) });
    await using _ = etcd!;
    const proving = await joinFleet(sandbox, etcd!.url, "laptop", ...prove(directory));
    await untilKnown(sandbox, "laptop");
    await stop(proving);
    await stop(await refused(sandbox, etcd!, trust(directory), /./));
    assertMatch((await statusOf(sandbox).catch(() => ({ failure: "ended" }))).failure!, /./);
  },
});

Deno.test({
  name: "new certificates of etcd and of the host count without a restart of the registry",
  ignore,
  async fn() {
    await using sandbox = await makeSandbox();
    const directory = await makeCertificates(sandbox, "certificates");
    const [etcd] = await startEtcd(sandbox, { tls: tlsOf(directory, true) });
    await using _ = etcd!;
    const serving = await joinFleet(sandbox, etcd!.url, "laptop", ...prove(directory));
    await untilKnown(sandbox, "laptop");
    // A new authority that no host trusts yet, as after the loss of the old one's key.
    const renewed = await makeCertificates(sandbox, "renewed");
    for (const { name } of Deno.readDirSync(renewed)) {
      await Deno.rename(`${renewed}/${name}`, `${directory}/${name}`);
    }
    await etcd!.kill();
    await etcd!.restart();
    await untilStatus("it is published again", sandbox, isPublished, 120_000);
    await stop(serving);
  },
});
