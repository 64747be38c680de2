import type { Sandbox } from "../../../tests/support/mod.ts";
import { installed } from "../../../tests/relay/support.ts";
import { SESSIONCTL } from "../lib/mod.ts";
import { MINIMAL, OURS } from "./targets.ts";

/** A program that carries TLS connections to a Unix socket. */
export interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly ours?: boolean;
}

export interface Scene {
  readonly sandbox: Sandbox;
  readonly cert: string;
  readonly key: string;
  /** The certificate and the key in one file, as HAProxy requires. */
  readonly both: string;
  /** The compiled `minimal_relay.ts`. */
  readonly minimal: string;
  readonly backend: string;
  /** The certificate in PEM, the trust anchor of the load. */
  readonly anchor: string;
  /** The port on which the target accepts TLS. */
  readonly farPort: number;
}

const NODE_SCRIPT = `
const tls = require("tls"), net = require("net"), fs = require("fs");
const [port, to, cert, key] = process.argv.slice(1);
tls.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key), allowHalfOpen: true }, (client) => {
  const target = net.connect({ path: to, allowHalfOpen: true });
  client.pipe(target).pipe(client);
  client.on("error", () => target.destroy());
  target.on("error", () => client.destroy());
}).listen({ port: +port, host: "127.0.0.1", backlog: 4096 });
`;

/** The size of the minimal relay's buffers, as large as our largest. */
const BUFFER_BYTES = 64 * 1024;

/**
 * The installed contestants, and the names of the missing ones.
 *
 * @param options.bufferBytes The size of the minimal relay's two buffers for each connection.
 * @param options.sticky Whether our workers share the clients by their address.
 */
export function contestants(
  scene: Scene,
  port: () => number,
  { workers = 1, bufferBytes = BUFFER_BYTES, sticky = false } = {},
): { found: (Contestant & { port: number })[]; missing: string[] } {
  const makers: Record<string, [string, (port: number) => Contestant]> = {
    [OURS]: [SESSIONCTL, (at) => ours(scene, at, workers, sticky)],
    [MINIMAL]: [scene.minimal, (at) => minimal(scene, at, workers, bufferBytes)],
    "nginx stream": ["nginx", (at) => nginx(scene, at, workers)],
    "HAProxy": ["haproxy", (at) => haproxy(scene, at, workers)],
    ...(workers > 1 ? {} : {
      "stunnel": ["stunnel", (at) => stunnel(scene, at)],
      "Node tls to net": ["node", (at) => node(scene, at)],
    } as Record<string, [string, (port: number) => Contestant]>),
  };
  const found: (Contestant & { port: number })[] = [];
  const missing: string[] = [];
  for (const [name, [command, make]] of Object.entries(makers)) {
    if (!command.includes("/") && !available(command)) {
      missing.push(name);
      continue;
    }
    const at = port();
    found.push({ ...make(at), port: at });
  }
  return { found, missing };
}

function available(command: string): boolean {
  return installed(command) || programPath(command) !== command;
}

/** Servers are often installed in directories that are not on an ordinary user's PATH. */
export function programPath(command: string): string {
  const directory = ["/usr/sbin", "/usr/local/sbin"].find((one) => exists(`${one}/${command}`));
  return directory === undefined ? command : `${directory}/${command}`;
}

function write(scene: Scene, name: string, text: string): string {
  const file = scene.sandbox.path(name);
  Deno.writeTextFileSync(file, text);
  return file;
}

function ours(
  { cert, key, backend }: Scene,
  port: number,
  workers: number,
  sticky: boolean,
): Contestant {
  const args = ["relay", "--listen", `127.0.0.1:${port}`, "--cert", cert, "--key", key];
  const more = ["--to", backend, "--workers", String(workers)];
  if (sticky) more.push("--balance", "client");
  return { name: OURS, command: SESSIONCTL, args: [...args, ...more], ours: true };
}

function minimal(scene: Scene, port: number, workers: number, bytes: number): Contestant {
  const { backend, cert, key } = scene;
  const args = [String(bytes), "forward", String(port), backend, cert, key, String(workers)];
  return { name: MINIMAL, command: scene.minimal, args };
}

function nginx(scene: Scene, port: number, workers: number): Contestant {
  const { cert, key, backend } = scene;
  const module = "/usr/lib/nginx/modules/ngx_stream_module.so";
  const load = exists(module) ? `load_module ${module};` : "";
  const root = Deno.uid() === 0 ? "user root;" : "";
  const config = `${load} ${root} daemon off; worker_processes ${workers};
    worker_rlimit_nofile 20000; pid ${
    scene.sandbox.path(`nginx-${port}.pid`)
  }; error_log stderr crit;
    events { worker_connections 16384; }
    stream { server { listen 127.0.0.1:${port} ssl backlog=4096; ssl_certificate ${cert};
      ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3; proxy_pass unix:${backend};
      proxy_timeout 1h; } }`;
  const file = write(scene, `nginx-${port}.conf`, config);
  return {
    name: "nginx stream",
    command: programPath("nginx"),
    args: ["-c", file, "-e", "stderr"],
  };
}

function haproxy(scene: Scene, port: number, workers: number): Contestant {
  const config = `global
  nbthread ${workers}
  maxconn 8000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen relay
  bind 127.0.0.1:${port} ssl crt ${scene.both} backlog 4096
  server target unix@${scene.backend}
`;
  const file = write(scene, `haproxy-${port}.cfg`, config);
  return { name: "HAProxy", command: programPath("haproxy"), args: ["-db", "-q", "-f", file] };
}

function stunnel(scene: Scene, port: number): Contestant {
  const config = `foreground = yes
pid =
debug = 0
[relay]
accept = 127.0.0.1:${port}
connect = ${scene.backend}
cert = ${scene.cert}
key = ${scene.key}
`;
  return {
    name: "stunnel",
    command: programPath("stunnel"),
    args: [write(scene, `stunnel-${port}.conf`, config)],
  };
}

function node({ cert, key, backend }: Scene, port: number): Contestant {
  return {
    name: "Node tls to net",
    command: "node",
    args: ["-e", NODE_SCRIPT, String(port), backend, cert, key],
  };
}

/** Contestants that carry connections from a Unix socket to a TLS server. */
export function reverseContestants(
  scene: Scene,
): { found: (Contestant & { path: string })[]; missing: string[] } {
  const at = (name: string) => scene.sandbox.path("run", `${name}.sock`);
  const own: Contestant & { path: string } = {
    name: OURS,
    command: SESSIONCTL,
    args: [
      ...["relay", "connect", "--listen", at("own"), "--to", `127.0.0.1:${scene.farPort}`],
      ...["--ca", scene.cert, "--server-name", "localhost"],
    ],
    ours: true,
    path: at("own"),
  };
  const bare: Contestant & { path: string } = {
    name: MINIMAL,
    command: scene.minimal,
    args: [String(BUFFER_BYTES), "reverse", at("minimal"), String(scene.farPort), scene.cert],
    path: at("minimal"),
  };
  if (!available("stunnel")) return { found: [own, bare], missing: ["stunnel"] };
  const config = `foreground = yes
pid =
debug = 0
[relay]
client = yes
accept = ${at("stunnel")}
connect = 127.0.0.1:${scene.farPort}
CAfile = ${scene.cert}
verifyChain = yes
checkHost = localhost
`;
  const file = write(scene, "stunnel-client.conf", config);
  const command = programPath("stunnel");
  return {
    found: [own, bare, { name: "stunnel", command, args: [file], path: at("stunnel") }],
    missing: [],
  };
}

function exists(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}
