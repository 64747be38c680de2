import { SessionctlError } from "../platform/mod.ts";
import { fingerprintOf, readAuthorities, readCredentials, readNamedFile } from "./certificate.ts";
import { CertificateWatch, notUsed } from "./certificate_watch.ts";
import {
  checkExposure,
  type ForwardConfig,
  type RelayConfig,
  type ReverseConfig,
} from "./config.ts";
import { newPreface, PREFACE_BYTES } from "./preface.ts";
import { proxyHeader } from "./proxy_header.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import { requireClientKnowledge } from "./runtime.ts";
import { type Descriptors, loadDescriptors } from "./side.ts";
import type { Acceptor, Credentials } from "./types.ts";

const MIN_TOKEN_LENGTH = 16;

/** A relay that runs, with what belongs to it. */
export interface RunningRelay {
  readonly relay: Relay;
  /** The certificate's SHA-256 fingerprint; undefined without one. */
  readonly fingerprint: string | undefined;
  /** Reads the certificate's files again. */
  reload(): void;
  /** Stops what runs beside the relay. */
  stop(): void;
}

/** What of a relay's way of running its process decides. */
export interface StartOptions {
  /** Whether other processes of this relay listen on the same port. */
  readonly shared: boolean;
  /** What all of them use: a throw-away certificate, or what to use while the files are broken. */
  readonly credentials?: Credentials;
  log(line: string): void;
}

/**
 * Starts a relay.
 *
 * @throws {SessionctlError} saying what about the configuration, a file or an address is wrong.
 */
export async function startRelay(
  config: RelayConfig,
  options: StartOptions,
): Promise<RunningRelay> {
  const { raiseFileLimit } = await import("../platform/libc.ts");
  raiseFileLimit();
  const descriptors = await loadDescriptors();
  return config.direction === "forward"
    ? await startForward(config, options, descriptors)
    : await startReverse(config, options, descriptors);
}

type Config<Direction> = RelayConfig & Direction;

async function startForward(
  config: Config<ForwardConfig>,
  options: StartOptions,
  descriptors: Descriptors,
): Promise<RunningRelay> {
  checkExposure(config);
  if (config.clients.clientCaPath !== undefined) requireClientKnowledge("--client-ca");
  if (config.target.kind === "routes") requireClientKnowledge("--route");
  const credentials = await credentialsFor(config, options);
  const guard = await makeGuard(config, options.log);
  const { makeConnector } = await import("./targets.ts");
  const connector = await makeConnector(config, descriptors);
  const relay = new Relay({
    acceptor: await makeAcceptor(config, credentials, options, descriptors),
    connector,
    limits: config.limits,
    prelude: makePrelude(config),
    guard,
    logConnections: config.logConnections,
    log: options.log,
  });
  const watch = config.files && new CertificateWatch({
    files: config.files,
    current: credentials,
    onChange: (fresh) => relay.reload(fresh),
    log: options.log,
  });
  return {
    relay,
    fingerprint: await fingerprintOf(credentials.cert),
    ...reloading(watch),
  };
}

function reloading(watch: CertificateWatch | undefined): Pick<RunningRelay, "reload" | "stop"> {
  return { reload: () => void watch?.reload(true), stop: () => watch?.close() };
}

/** A relay that takes another's place goes on with what that one had, if the files are broken now. */
async function credentialsFor(
  config: ForwardConfig,
  { credentials, log }: StartOptions,
): Promise<Credentials> {
  if (credentials === undefined) return await credentialsOf(config);
  if (config.files === undefined) return credentials;
  try {
    return await credentialsOf(config);
  } catch (error) {
    log(notUsed(error));
    return credentials;
  }
}

/** The credentials of a forward relay's files, or fresh ones. */
export async function credentialsOf(config: ForwardConfig): Promise<Credentials> {
  if (config.files) return await readCredentials(config.files.cert, config.files.key);
  const { selfSigned } = await import("./self_signed.ts");
  return await selfSigned();
}

async function makeAcceptor(
  config: Config<ForwardConfig>,
  credentials: Credentials,
  { shared }: StartOptions,
  descriptors: Descriptors,
): Promise<Acceptor> {
  const listen = { ...config.listen, credentials, alpn: config.alpn, shared };
  const { clientCaPath, allowCn, allowSan } = config.clients;
  if (clientCaPath === undefined && config.target.kind !== "routes") {
    const { TlsAcceptor } = await import("./tls_acceptor.ts");
    return new TlsAcceptor(listen, descriptors);
  }
  const { NodeTlsAcceptor } = await import("./node_tls_acceptor.ts");
  return await NodeTlsAcceptor.listen({
    ...listen,
    clientCa: clientCaPath && await readAuthorities(clientCaPath, "the client CA"),
    allowCn,
    allowSan,
    handshakeMs: config.limits.handshakeMs,
  }, descriptors);
}

async function makeGuard(
  { clients }: ForwardConfig,
  log: (line: string) => void,
): Promise<RelayOptions["guard"]> {
  const { tokenPath, allowOrigins } = clients;
  if (tokenPath === undefined && allowOrigins.length === 0) return undefined;
  const { HttpJudge } = await import("./http_rules.ts");
  const { HttpGuard } = await import("./http_guard.ts");
  const token = tokenPath === undefined ? undefined : readToken(tokenPath, log);
  const judge = new HttpJudge({ token, allowOrigins });
  return (client) => new HttpGuard(client, judge);
}

function readToken(path: string, log: (line: string) => void): string {
  const token = readNamedFile(path, "the token").trim();
  if (token.length < MIN_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) {
    throw new SessionctlError(
      "INVALID_CREDENTIALS",
      `${path}: a token has at least ${MIN_TOKEN_LENGTH} printable characters and no spaces`,
      { hint: `openssl rand -hex 32 > ${path}` },
    );
  }
  if (((Deno.statSync(path).mode ?? 0) & 0o077) !== 0) {
    log(`${path} can be read by others: chmod 600 ${path}`);
  }
  return token;
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
  { log }: StartOptions,
  descriptors: Descriptors,
): Promise<RunningRelay> {
  const { chooseTrust, TlsConnector } = await import("./tls_connector.ts");
  const { listenUnix } = await import("./unix_acceptor.ts");
  chooseTrust(config.caPath !== undefined);
  const credentials = config.files && await readCredentials(config.files.cert, config.files.key);
  const connector = new TlsConnector({
    address: config.connect,
    serverName: config.serverName,
    ca: config.caPath && await readAuthorities(config.caPath, "the CA"),
    credentials,
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
  const watch = config.files && credentials && new CertificateWatch({
    files: config.files,
    current: credentials,
    onChange: (fresh) => connector.reload(fresh),
    log,
  });
  return { relay, fingerprint: undefined, ...reloading(watch) };
}
