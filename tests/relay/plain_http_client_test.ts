import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { plainHttpAnswer } from "../../src/relay/listen/plain_http.ts";
import { makeSandbox, seeded } from "../support/mod.ts";
import { clientProgram } from "./client_program.ts";
import {
  assertEchoes,
  connect,
  descriptorCount,
  echo,
  encode,
  eventually,
  installed,
  readAll,
  type RunningRelay,
  serveUnix,
  startRelay,
  writeAll,
} from "./support.ts";

async function exchange({ port }: RunningRelay, text: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, encode(text));
  return await readAll(conn).catch((error) => String(error));
}

Deno.test("plain HTTP is redirected to https and never reaches the target", async () => {
  await using sandbox = await makeSandbox();
  const socket = sandbox.path("target.sock");
  let reached = 0;
  serveUnix(sandbox, socket, async (conn) => {
    reached++;
    await echo(conn);
  });
  const relay = await startRelay(sandbox, ["--to", socket]);
  const before = descriptorCount(relay.pid);
  const answer = await exchange(
    relay,
    `GET /a?b=c HTTP/1.1\r\nHost: dev.example:${relay.port}\r\n\r\n`,
  );
  assertMatch(answer, /^HTTP\/1\.1 307 Temporary Redirect\r\n/);
  assertStringIncludes(answer, `\r\nLocation: https://dev.example:${relay.port}/a?b=c\r\n`);
  await relay.says(
    /refused a connection from 127\.0\.0\.1:[0-9]+: plain HTTP on the TLS port, redirected to https:\/\/dev\.example/,
  );
  await eventually("its descriptor is free", () => descriptorCount(relay.pid) <= before);
  assertEquals(reached, 0);
  using conn = await connect(relay);
  await assertEchoes(conn);
});

Deno.test({
  name: "curl follows the redirect from http to https on the same port",
  ignore: !installed("curl"),
  fn: async () => {
    await using sandbox = await makeSandbox();
    const socket = sandbox.path("target.sock");
    serveUnix(sandbox, socket, async (conn) => {
      await conn.read(new Uint8Array(1000));
      await writeAll(conn, encode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    });
    const relay = await startRelay(sandbox, ["--to", socket]);
    const { stdout } = await new Deno.Command("curl", {
      args: ["-sSL", "--cacert", sandbox.path("server.pem"), `http://localhost:${relay.port}/x`],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "hello");
  },
});

Deno.test({
  name: "plain HTTP is redirected by a relay with --route, too",
  ignore: clientProgram === undefined,
  fn: async () => {
    await using sandbox = await makeSandbox();
    const args = ["--route", `localhost=${sandbox.path("x.sock")}`];
    const relay = await startRelay(sandbox, args, { program: clientProgram });
    const answer = await exchange(relay, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assertStringIncludes(answer, "\r\nLocation: https://a.example/\r\n");
    await relay.says(/plain HTTP on the TLS port/);
  },
});

Deno.test("bytes that are neither TLS nor HTTP are refused", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startRelay(sandbox, ["--to", sandbox.path("x.sock")]);
  await exchange(relay, "SSH-2.0-OpenSSH_9.2\r\n");
  await relay.says(/refused a connection from 127\.0\.0\.1:[0-9]+: .*InvalidContentType/);
});

Deno.test("a silent client is refused after --handshake-timeout", async () => {
  await using sandbox = await makeSandbox();
  const relay = await startRelay(sandbox, [
    ...["--to", sandbox.path("x.sock"), "--handshake-timeout", "300ms"],
  ]);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  await conn.read(new Uint8Array(1)).catch(() => null);
  await relay.says(
    /refused a connection from 127\.0\.0\.1:[0-9]+: the TLS handshake exceeded its time limit/,
  );
});

const answerTo = (text: string) => {
  const answer = plainHttpAnswer(encode(text));
  return answer && { text: new TextDecoder().decode(answer.bytes), reason: answer.reason };
};

Deno.test("a request without a usable host for the redirect gets 400", () => {
  for (
    const text of [
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a.example/x?\r\n\r\n",
      "GET http://other.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n",
    ]
  ) assertMatch(answerTo(text)!.text, /^HTTP\/1\.1 400 /, text);
});

Deno.test("the redirect to https keeps the token in the URL, and the log omits it", () => {
  const answer = answerTo("GET /?token=secret HTTP/1.1\r\nHost: a.example\r\n\r\n")!;
  assertStringIncludes(answer.text, "Location: https://a.example/?token=secret\r\n");
  assertEquals(answer.reason.includes("secret"), false);
});

Deno.test("the response to any bytes other than TLS is one head with fixed fields", () => {
  const random = seeded(1);
  const pieces = ["GET ", "/", " HTTP/1.1", "\r\n", "\n", "Host: ", "a.example", ":", "\0", "\x85"];
  for (let i = 0; i < 20_000; i++) {
    const length = 1 + Math.floor(random() * 12);
    const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join(
      "",
    );
    const answer = answerTo(i % 2 ? text : `GET / HTTP/1.1\r\n${text}`);
    if (!answer) continue;
    const [head] = answer.text.split("\r\n\r\n");
    const names = head!.split("\r\n").slice(1).map((line) => line.split(":")[0]);
    const fields = ["Content-Type", "Content-Length", "Connection"];
    assertEquals(names.filter((name) => name !== "Location"), fields, text);
  }
});
