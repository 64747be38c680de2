import {
  checkExposure,
  type ForwardConfig,
  type RelayConfig,
  type ReverseConfig,
} from "./config.ts";
import { SessionctlError } from "../errors.ts";
import type { HttpJudge } from "./http/rules.ts";
import { MaterialWatch, readMaterial } from "./credentials/material.ts";
import { newPreface, PREFACE_BYTES } from "./connect/preface.ts";
import { proxyHeader } from "./connect/proxy_header.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import { type Descriptors, loadDescriptors } from "./data/side.ts";
import type { Acceptor, Material } from "./types.ts";

/** A running relay and its parts. */
export interface RunningRelay {
  readonly relay: Relay;
  /** The material that it reads from files, and reads again on changes. */
  readonly watch: MaterialWatch;
}

/** The parts of a relay that depend on how its process runs. */
export interface RelayStartOptions {
  /** Number of processes of this relay, which all listen on its port. */
  readonly processes: number;
  /** Material for all processes: a temporary certificate, or a fallback while the files are broken. */
  readonly fallback?: Material;
  log(line: string): void;
}

/**
 * Starts a relay.
 *
 * @throws {SessionctlError} that names the wrong part of the configuration, file or address.
 */
export async function startRelay(
  config: RelayConfig,
  options: RelayStartOptions,
): Promise<RunningRelay> {
  const { raiseFileLimit } = await import("../platform/ffi/libc.ts");
  raiseFileLimit();
  const descriptors = await loadDescriptors();
  return config.direction === "forward"
    ? await startForward(config, options, descriptors)
    : await startReverse(config, options, descriptors);
}

type Config<Direction> = RelayConfig & Direction;

async function startForward(
  config: Config<ForwardConfig>,
  options: RelayStartOptions,
  descriptors: Descriptors,
): Promise<RunningRelay> {
  checkExposure(config);
  if (config.clients.clientCaPath !== undefined) requireClientKnowledge("--client-ca");
  if (config.target.kind === "routes") requireClientKnowledge("--route");
  const { log } = options;
  const material = await readMaterial(config, log, options.fallback);
  const judge = await makeJudge(config, material);
  const { makeConnector } = await import("./connect/targets.ts");
  const connector = await makeConnector(config, descriptors);
  const relay = new Relay({
    acceptor: await makeAcceptor(config, material, options, descriptors),
    connector,
    limits: config.limits,
    prelude: makePrelude(config),
    guard: judge && await makeGuard(judge),
    logConnections: config.logConnections,
    log,
  });
  const onChange = (fresh: Material) => {
    relay.reload(fresh);
    if (fresh.token !== undefined) judge?.useToken(fresh.token);
  };
  return { relay, watch: new MaterialWatch(config, material, onChange, log) };
}

async function makeAcceptor(
  config: Config<ForwardConfig>,
  { credentials, clientCa }: Material,
  { processes }: RelayStartOptions,
  descriptors: Descriptors,
): Promise<Acceptor> {
  const listen = {
    ...config.listen,
    credentials: credentials!,
    alpn: config.alpn,
    shared: processes > 1,
    clientsAmong: config.balance === "client" ? processes : 1,
  };
  const { clientCaPath, allowCn, allowSan } = config.clients;
  if (clientCaPath === undefined && config.target.kind !== "routes") {
    const { TlsAcceptor } = await import("./listen/tls_acceptor.ts");
    return new TlsAcceptor(listen, descriptors);
  }
  const { NodeTlsAcceptor } = await import("./listen/node_tls_acceptor.ts");
  return await NodeTlsAcceptor.listen({
    ...listen,
    clientCa,
    allowCn,
    allowSan,
  }, descriptors);
}

async function makeJudge(
  { clients: { tokenPath, allowOrigins } }: ForwardConfig,
  { token }: Material,
): Promise<HttpJudge | undefined> {
  if (tokenPath === undefined && allowOrigins.length === 0) return undefined;
  const { HttpJudge } = await import("./http/rules.ts");
  return new HttpJudge({ token, allowOrigins });
}

async function makeGuard(judge: HttpJudge): Promise<RelayOptions["guard"]> {
  const { HttpGuard } = await import("./http/guard.ts");
  return (client, onRejected) => new HttpGuard(client, judge, onRejected);
}

function makePrelude(config: ForwardConfig): RelayOptions["prelude"] {
  const { preface, proxyProtocol } = config;
  if (!preface && !proxyProtocol) return undefined;
  return ({ peer, local }) => {
    const header = proxyProtocol && peer && local
      ? proxyHeader(proxyProtocol, peer, local)
      : new Uint8Array(0);
    const id = preface ? newPreface() : undefined;
    const bytes = new Uint8Array(header.length + PREFACE_BYTES);
    bytes.set(header);
    const { written = 0 } = new TextEncoder().encodeInto(id ?? "", bytes.subarray(header.length));
    return { bytes: bytes.subarray(0, header.length + written), id };
  };
}

async function startReverse(
  config: Config<ReverseConfig>,
  { log }: RelayStartOptions,
  descriptors: Descriptors,
): Promise<RunningRelay> {
  const { chooseTrust, TlsConnector } = await import("./connect/tls_connector.ts");
  const { listenUnix } = await import("./listen/unix_acceptor.ts");
  chooseTrust(config.caPath !== undefined);
  const material = await readMaterial(config, log);
  const connector = new TlsConnector({
    address: config.connect,
    serverName: config.serverName,
    ca: material.ca,
    credentials: material.credentials,
    alpn: config.alpn,
  }, descriptors);
  const acceptor = await listenUnix(config.listenPath, descriptors);
  const relay = new Relay({
    acceptor,
    connector,
    limits: config.limits,
    logConnections: config.logConnections,
    log,
  });
  const onChange = (fresh: Material) => connector.reload(fresh);
  return { relay, watch: new MaterialWatch(config, material, onChange, log) };
}

/** The first runtime whose node:tls server requests client certificates and reports server names. */
const NODE_TLS_SINCE = [2, 9];

/** Whether this runtime supports mutual TLS and routing by server name. */
export function knowsClients(version = Deno.version.deno): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NODE_TLS_SINCE[0]! || (major === NODE_TLS_SINCE[0] && minor >= NODE_TLS_SINCE[1]!);
}

/**
 * @param option The option that needs it, such as "--client-ca".
 * @throws {SessionctlError} `NOT_SUPPORTED`.
 */
function requireClientKnowledge(option: string, version = Deno.version.deno): void {
  if (knowsClients(version)) return;
  throw new SessionctlError(
    "NOT_SUPPORTED",
    `${option} needs a sessionctl that was built with Deno 2.9 or later; this one has ${version}`,
    { hint: "use a release build, or run it from source with Deno 2.9" },
  );
}
