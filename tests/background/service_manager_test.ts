/**
 * The protocol of systemd's services, tested with a stand-in for the manager and with systemd's own
 * programs.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { RegistryClient } from "../../src/registry/mod.ts";
import {
  echo,
  makeCertificate,
  readAll,
  serveUnix,
  writeAll,
  writePair,
} from "../relay/support.ts";
import {
  compiled,
  freePort,
  makeSandbox,
  run,
  type Sandbox,
  spawn,
  until,
} from "../support/mod.ts";

const onLinux = { ignore: Deno.build.os !== "linux" };

/** A stand-in for the service manager that records what services report to it. */
function startManager(sandbox: Sandbox) {
  const path = sandbox.path("notify.sock");
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const messages: string[] = [];
  const receiving = (async () => {
    for await (const [bytes] of socket) messages.push(new TextDecoder().decode(bytes));
  })();
  sandbox.defer(async () => {
    socket.close();
    await receiving;
  });
  const has = (text: string) => messages.some((message) => message.startsWith(text));
  return { path, messages, has };
}

/** Starts sessionctl as a service with a watchdog limit of 400 ms. */
function startService(sandbox: Sandbox, manager: { path: string }, args: readonly string[]) {
  const env = { ...sandbox.env, NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "400000" };
  return spawn({ ...sandbox, env }, compiled.command, args);
}

for (const more of [[], ["--supervise"]]) {
  const command = ["serve", "--no-state", ...more].join(" ");
  Deno.test({
    ...onLinux,
    name: `${command} tells its manager that it is ready, alive and stopping`,
    async fn() {
      await using sandbox = await makeSandbox();
      const manager = startManager(sandbox);
      const service = startService(sandbox, manager, command.split(" "));
      await until("it is ready", () => manager.has("READY=1\nSTATUS="));
      await until("it is alive", () => manager.has("WATCHDOG=1"));
      if (more.length === 0) {
        assertEquals(
          (await new RegistryClient({
            socket: sandbox.path("run/sessionctl/registry.sock"),
            timeoutMs: 20_000,
          }).health()).pid,
          service.child.pid,
        );
      }
      await service.stop();
      await until("it says that it stops", () => manager.has("STOPPING=1"));
    },
  });
}

Deno.test({
  ...onLinux,
  name: "relay tells its manager that it is ready, reloads and stops",
  async fn() {
    await using sandbox = await makeSandbox();
    const manager = startManager(sandbox);
    const to = sandbox.path("target.sock");
    const args = ["relay", "--listen", "127.0.0.1:0", "--self-signed", "--to", to];
    const service = startService(sandbox, manager, args);
    await until("it is ready", () => manager.has("READY=1\nSTATUS=listening on 127.0.0.1:"));
    service.child.kill("SIGHUP");
    await until("it reloads", () => manager.has("RELOADING=1"));
    const reloading = manager.messages.findIndex((message) => message.startsWith("RELOADING"));
    assertMatch(manager.messages[reloading]!, /^RELOADING=1\nMONOTONIC_USEC=[0-9]+$/);
    await until(
      "it is ready again",
      () => manager.messages.slice(reloading).some((message) => message.startsWith("READY=1")),
    );
    await service.stop();
    await until("it says that it stops", () => manager.has("STOPPING=1"));
  },
});

Deno.test({
  ...onLinux,
  name: "serve --supervise sends no watchdog signals while its registry hangs",
  async fn() {
    await using sandbox = await makeSandbox();
    const manager = startManager(sandbox);
    startService(sandbox, manager, ["serve", "--no-state", "--supervise"]);
    const signs = () => manager.messages.filter((message) => message === "WATCHDOG=1").length;
    await until("it is alive", () => signs() > 0);
    const socket = sandbox.path("run/sessionctl/registry.sock");
    const client = new RegistryClient({ socket, timeoutMs: 20_000 });
    const { pid } = await client.health();
    Deno.kill(pid, "SIGSTOP");
    const goOn = () => Deno.kill(pid, "SIGCONT");
    sandbox.defer(goOn);
    // A signal requested earlier may still arrive; the manager's limit is 400 ms.
    await until("no sign came within the manager's limit", async () => {
      const before = signs();
      await delay(450);
      return signs() === before;
    });
    goOn();
    const silent = signs();
    await until("it is alive again", () => signs() > silent);
  },
});

for (const workers of ["1", "2"]) {
  Deno.test({
    ...onLinux,
    name: `a relay with ${workers} reports ready again when the new certificate is in use`,
    async fn() {
      await using sandbox = await makeSandbox();
      const manager = startManager(sandbox);
      const target = sandbox.path("target.sock");
      serveUnix(sandbox, target, echo);
      const { cert, key } = await writePair(sandbox, await makeCertificate());
      const listen = ["relay", "--listen", "127.0.0.1:0", "--workers", workers];
      const args = [...listen, "--cert", cert, "--key", key, "--to", target];
      const service = startService(sandbox, manager, args);
      const ready = () => manager.messages.filter((message) => message.startsWith("READY=1"));
      await until("it is ready", () => ready().length === 1);
      const port = Number(/:([0-9]+)$/.exec(ready()[0]!)![1]);
      const fresh = await makeCertificate();
      await writePair(sandbox, fresh);
      service.child.kill("SIGHUP");
      await until("it is ready again", () => ready().length === 2);
      for (let times = 0; times < 8; times++) {
        // The client trusts only the new certificate.
        const conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [fresh.cert] });
        await conn.handshake();
        conn.close();
      }
      await service.stop();
    },
  });
}

Deno.test({
  ...onLinux,
  name:
    "run tells its manager that its command is running, and the command cannot notify in its place",
  async fn() {
    await using sandbox = await makeSandbox();
    const manager = startManager(sandbox);
    const script = 'echo "socket=$NOTIFY_SOCKET watchdog=$WATCHDOG_USEC"; exec sleep 60';
    const args = ["run", "--name", "api", "--", "sh", "-c", script];
    const service = startService(sandbox, manager, args);
    await until("it is ready", () => manager.has("READY=1\nSTATUS=run api runs, pid "));
    await until("the command speaks", () => service.lines.length > 0);
    assertEquals(service.lines[0], "socket= watchdog=");
    await run(compiled, sandbox, { args: ["run", "--relaunch", "api"] });
    await until("it reloads", () => manager.has("RELOADING=1"));
    await service.stop();
    await until("it says that it stops", () => manager.has("STOPPING=1"));
  },
});

async function which(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("which", { args: [program], stdout: "null" }).output();
  return success;
}

const activate = { ignore: Deno.build.os !== "linux" || !await which("systemd-socket-activate") };

Deno.test({
  ...activate,
  name: "serve uses the socket that systemd has bound, and serves the client that waits on it",
  async fn() {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("run/sessionctl/registry.sock");
    await Deno.mkdir(sandbox.path("run/sessionctl"), { mode: 0o700 });
    const args = ["-l", socket, ...passed(sandbox), compiled.command, "serve", "--no-state"];
    const service = spawn(sandbox, "systemd-socket-activate", args);
    await until("systemd listens", () => service.errors.join().includes("Listening on"));
    // The first connection starts the registry.
    const client = new RegistryClient({ socket, timeoutMs: 20_000 });
    assertEquals((await client.health()).pid, service.child.pid);
    for (let number = 0; number < 50; number++) {
      await client.addSession({ socketPath: `/${number}.sock` });
    }
    assertEquals((await client.list()).length, 50);
    assertEquals(Deno.statSync(socket).mode! & 0o777, 0o600);
    assertEquals(await service.stop(), 0);
    // The socket belongs to the manager: the next connection starts the service again.
    assert(exists(socket));
  },
});

Deno.test({
  ...activate,
  name: "serve refuses a socket from systemd that differs from its --socket",
  async fn() {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("run/other.sock");
    const args = ["-l", socket, ...passed(sandbox), compiled.command, "serve", "--no-state"];
    const own = ["--socket", sandbox.path("run/own.sock")];
    const service = spawn(sandbox, "systemd-socket-activate", [...args, ...own]);
    await until("systemd listens", () => service.errors.join().includes("Listening on"));
    (await Deno.connect({ transport: "unix", path: socket })).close();
    assertEquals(await service.ended, 2);
    assertMatch(service.errors.join("\n"), /--socket names another path/);
  },
});

Deno.test({
  ...activate,
  name: "relay uses the port that systemd has bound, even after its certificate is reloaded",
  async fn() {
    await using sandbox = await makeSandbox();
    const target = sandbox.path("target.sock");
    serveUnix(sandbox, target, echo);
    const { cert, key } = await writePair(sandbox, await makeCertificate());
    const port = freePort();
    const listen = `127.0.0.1:${port}`;
    const args = ["relay", "--listen", listen, "--cert", cert, "--key", key, "--to", target];
    const service = activated(sandbox, listen, args);
    const talk = async () => {
      const caCerts = [await Deno.readTextFile(cert)];
      const conn = await connectSoon(() =>
        Deno.connectTls({ hostname: "localhost", port, caCerts })
      );
      await writeAll(conn, new TextEncoder().encode("there and back"));
      await conn.closeWrite();
      assertEquals(await readAll(conn), "there and back");
      conn.close();
    };
    for (let times = 0; times < 5; times++) await talk();
    await writePair(sandbox, await makeCertificate());
    service.child.kill("SIGHUP");
    // The client trusts only the new certificate.
    await until("the new certificate is shown", () => talk().then(() => true, () => false));
    for (let times = 0; times < 5; times++) await talk();
    assertEquals(await service.stop(), 0);
  },
});

Deno.test({
  ...activate,
  name:
    "relay refuses a port that systemd has bound on all interfaces when clients are not authenticated",
  async fn() {
    await using sandbox = await makeSandbox();
    const port = freePort();
    const to = ["--self-signed", "--to", sandbox.path("target.sock")];
    const args = ["relay", "--listen", `127.0.0.1:${port}`, ...to];
    const service = activated(sandbox, `0.0.0.0:${port}`, args);
    (await connectSoon(() => Deno.connect({ port }))).close();
    assertEquals(await service.ended, 1);
    assertMatch(service.errors.join("\n"), /0\.0\.0\.0 can be reached from other machines/);
  },
});

function activated(sandbox: Sandbox, listen: string, args: readonly string[]) {
  const own = ["-l", listen, ...passed(sandbox), compiled.command, ...args];
  return spawn(sandbox, "systemd-socket-activate", own);
}

/** Connects as soon as a server listens. */
async function connectSoon<Conn>(connect: () => Promise<Conn>): Promise<Conn> {
  let conn: Conn | undefined;
  await until("somebody listens", async () => {
    conn = await connect().catch((error) => {
      if (error instanceof Deno.errors.ConnectionRefused) return undefined;
      throw error;
    });
    return conn !== undefined;
  });
  return conn!;
}

/** systemd-socket-activate passes on only the variables named on its command line. */
function passed(sandbox: Sandbox): string[] {
  return Object.keys(sandbox.env).map((name) => `--setenv=${name}`);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
