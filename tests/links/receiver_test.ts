import { assert, assertEquals, assertMatch } from "@std/assert";
import { compiled, makeSandbox, spawn, startEditor, until } from "../support/mod.ts";
import { startDesktop } from "../support/desktop_editor.ts";
import { RegistryClient } from "../../src/registry/mod.ts";
import { askLink, deliveryOf, makeLink, startLinkedRegistry, startServing } from "./support.ts";

const FOLDER = "vscode-remote://ssh-remote+hostb/home/ann/api";

Deno.test("a delivery opens in the desktop editor, at its line, as a file of the linked machine", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox, { windows: [{ folders: [FOLDER] }] });
  const { ask, log } = await startLinkedRegistry(sandbox);
  const items = [{ kind: "file", path: "/home/ann/api/src/a b.ts", line: 12, column: 3 }];
  const answer = await ask("/v1/deliveries", deliveryOf([], { items }));
  assertEquals(answer, { answer: "accepted", window: "Visual Studio Code" });
  const { args } = await desktop.nextStart();
  assertEquals(args["file-uri"], [
    "vscode-remote://ssh-remote+hostb/home/ann/api/src/a%20b.ts:12:3",
  ]);
  assertEquals([args.goto, args.wait], [true, undefined]);
  assertMatch(
    log().join("\n"),
    /hostb \(ann@b\): opened \/home\/ann\/api\/src\/a b.ts:12 in Visual/,
  );
});

Deno.test("a registered window that holds the path goes before the desktop editor", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const editor = await startEditor(sandbox);
  const { ask, socket } = await startLinkedRegistry(sandbox);
  const registry = new RegistryClient({ socket });
  const workspace = { folders: [FOLDER] };
  await registry.addSession({ socketPath: editor.socketPath, kind: "code-server", workspace });
  const found = await ask("/v1/find", { version: 1, paths: ["/home/ann/api/a.ts"] });
  assertEquals(found.window, { name: "code-server", folder: "/home/ann/api" });
  await ask("/v1/deliveries", deliveryOf(["/home/ann/api/a.ts"]));
  assertEquals((await editor.nextMessage()).fileURIs, [`${FOLDER}/a.ts`]);
  // Its folder does not hold this one.
  await ask("/v1/deliveries", deliveryOf(["/home/ann/web/b.ts"]));
  assertEquals((await desktop.nextStart()).args["file-uri"], [
    "vscode-remote://ssh-remote+hostb/home/ann/web/b.ts",
  ]);
});

Deno.test("a window of the same machine in another spelling is found, and gets its own spelling", async () => {
  await using sandbox = await makeSandbox();
  const authority = "ssh-remote+7b22686f73744e616d65223a22486f737442227d";
  const folders = [`vscode-remote://${authority}/home/ann/api`];
  const desktop = await startDesktop(sandbox, { windows: [{ folders }] });
  const { ask } = await startLinkedRegistry(sandbox);
  await ask("/v1/deliveries", deliveryOf(["/home/ann/api/a.ts"]));
  assertEquals((await desktop.nextStart()).args["file-uri"], [
    `vscode-remote://${authority}/home/ann/api/a.ts`,
  ]);
});

Deno.test("a window of another machine or of this one gets nothing over a link", async () => {
  await using sandbox = await makeSandbox();
  const editor = await startEditor(sandbox);
  const { ask, socket } = await startLinkedRegistry(sandbox);
  const workspace = { folders: ["/home/ann/api", "vscode-remote://ssh-remote+hostc/home/ann/api"] };
  await new RegistryClient({ socket }).addSession({ socketPath: editor.socketPath, workspace });
  const answer = await ask("/v1/deliveries", deliveryOf(["/home/ann/api/a.ts"]));
  assertEquals([answer.answer, answer.reason], ["refused", "no-window"]);
  assertEquals(editor.messages, []);
});

Deno.test("a delivery that claims to come from another machine is refused and logged", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { ask, log } = await startLinkedRegistry(sandbox);
  const authority = "ssh-remote+production";
  const answer = await ask("/v1/deliveries", deliveryOf(["/etc/shadow"], { authority }));
  assertEquals([answer.answer, answer.reason], ["refused", "authority"]);
  assertEquals(desktop.starts.length, 0);
  await until("the log tells", () => log().some((line) => line.includes("refused /etc/shadow")));
});

Deno.test("a wait ends when the tab is closed", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { ask } = await startLinkedRegistry(sandbox);
  const { wait } = await ask("/v1/deliveries", deliveryOf(["/home/ann/a"], { wait: true }));
  assertEquals(await ask(`/v1/deliveries/${wait}?ms=1`), { answer: "open" });
  const done = ask(`/v1/deliveries/${wait}?ms=20000`);
  await desktop.closeTab();
  assertEquals(await done, { answer: "done" });
  assertEquals((await ask(`/v1/deliveries/${wait}`)).answer, "refused");
});

Deno.test("the refusal of an editor refuses the delivery, and no wait begins", async () => {
  await using sandbox = await makeSandbox();
  await startDesktop(sandbox, { behaviour: "refuse" });
  const { ask } = await startLinkedRegistry(sandbox);
  for (const wait of [false, true]) {
    const answer = await ask("/v1/deliveries", deliveryOf(["/home/ann/a"], { wait }));
    assertEquals([answer.answer, answer.reason], ["refused", "editor"]);
  }
});

Deno.test("a hostile machine opens no more than its allowance, and the link stays usable", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { ask } = await startLinkedRegistry(sandbox);
  const many = Array.from({ length: 1000 }, (_, at) => `/tmp/${at}`);
  assertEquals((await ask("/v1/deliveries", deliveryOf(many))).answer, "accepted");
  assertEquals((await ask("/v1/deliveries", deliveryOf(many))).reason, "rate");
  const answers = [];
  for (let at = 0; at < 200; at++) {
    answers.push((await ask("/v1/deliveries", deliveryOf(["/tmp/a"], { newWindow: true }))).reason);
  }
  assert(answers.filter((reason) => reason === "rate").length > 150);
  assert(desktop.starts.length < 50);
});

Deno.test("links are the same after a restart of the registry", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServing(sandbox);
  const link = await makeLink(first.socket, "hostb", "ssh-remote+hostb");
  await first.serving.stop();
  await startServing(sandbox);
  const found = await askLink(link.socketPath, "/v1/find", { version: 1, paths: [] });
  assertEquals([found.answer, found.authority], ["found", "ssh-remote+hostb"]);
});

Deno.test("100,000 files, a body without an end and other requests are refused, and nothing opens", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { ask, link } = await startLinkedRegistry(sandbox);
  const many = Array.from({ length: 100_000 }, (_, at) => `/tmp/${at}`);
  assertEquals((await ask("/v1/deliveries", deliveryOf(many))).reason, "too-many");
  const huge = deliveryOf(["/tmp/a"], { from: { host: "x".repeat(6 * 1024 * 1024) } });
  assertMatch(String((await ask("/v1/deliveries", huge)).error), /the body exceeds/);
  for (const path of ["/add-session", "/v1/prune", "/v1/sessions", "/v1/links", "/ipc", "/"]) {
    assertEquals((await askLink(link.socketPath, path, {})).answer, "refused", path);
  }
  assertEquals(desktop.starts.length, 0);
});

Deno.test("links to one destination under two authorities stay apart, also over a restart", async () => {
  await using sandbox = await makeSandbox();
  const build = "vscode-remote://ssh-remote+build/home/ann/api";
  const desktop = await startDesktop(sandbox, { windows: [{ folders: [FOLDER, build] }] });
  const { link, socket, serving } = await startLinkedRegistry(sandbox);
  const other = await makeLink(socket, "hostb", "ssh-remote+build");
  const deliver = (socketPath: string, authority: string) =>
    askLink(socketPath, "/v1/deliveries", deliveryOf(["/home/ann/api/a.ts"], { authority }));
  const check = async () => {
    assertEquals(
      (await deliver(link.socketPath, "ssh-remote+hostb")).answer,
      "accepted",
    );
    assertEquals((await desktop.nextStart()).args["file-uri"], [`${FOLDER}/a.ts`]);
    assertEquals((await deliver(other.socketPath, "ssh-remote+build")).answer, "accepted");
    assertEquals((await desktop.nextStart()).args["file-uri"], [`${build}/a.ts`]);
  };
  await check();
  serving.child.kill("SIGTERM");
  await serving.ended;
  await startServing(sandbox);
  await check();
});

Deno.test("the link that was idle longest makes room when all are taken, and old ones go", async () => {
  await using sandbox = await makeSandbox();
  const first = await startServing(sandbox);
  const links = [];
  for (let at = 0; at < 256; at++) {
    links.push(await makeLink(first.socket, `host${at}`, `ssh-remote+host${at}`));
  }
  await askLink(links[0]!.socketPath, "/v1/find", { version: 1, paths: [] });
  await makeLink(first.socket, "another", "ssh-remote+another");
  const names = async () => {
    const answer = await askLink(first.socket, "/v1/links");
    return (answer.links as { destination: string }[]).map(({ destination }) => destination);
  };
  assertEquals(
    [(await names()).length, (await names()).includes("host0"), (await names()).includes("host1")],
    [256, true, false],
  );
  await first.serving.stop();
  const long = Date.now() / 1000 - 31 * 24 * 3600;
  await Deno.utime(links[5]!.socketPath.replace(/sock$/, "json"), long, long);
  await startServing(sandbox);
  assertEquals([(await names()).length, (await names()).includes("host5")], [255, false]);
});

Deno.test("a machine names the folder of its next link, and no path that ssh would misread", async () => {
  await using sandbox = await makeSandbox();
  const { ask, socket } = await startLinkedRegistry(sandbox);
  const folder = async () => (await makeLink(socket, "hostb", "ssh-remote+hostb")).remoteFolder;
  const name = (remoteFolder: unknown) => ask("/v1/find", { version: 1, paths: [], remoteFolder });
  await name("/run/user/1000");
  assertEquals(await folder(), "/run/user/1000");
  for (
    const bad of [
      "/run:/etc",
      "/run user",
      "/a\nMatch all",
      "run",
      "/..",
      "/%d",
      `/${"x".repeat(80)}`,
      1,
    ]
  ) {
    await name(bad);
    assertEquals(await folder(), "/run/user/1000");
  }
  for (let at = 0; at < 10; at++) await folder();
  assertEquals(await folder(), undefined);
});

Deno.test("watch prints the requests of a linked machine and their results", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox);
  const { ask } = await startLinkedRegistry(sandbox);
  const watching = spawn(sandbox, compiled.command, ["watch"]);
  await until("watch follows the deliveries", async () => {
    await ask("/v1/deliveries", deliveryOf(["/home/ann/a"], { authority: "ssh-remote+x" }));
    return watching.lines.length > 0;
  });
  assertMatch(
    watching.lines[0]!,
    /^delivery hostb \(ann@b\): refused \/home\/ann\/a: this link is/,
  );
  const json = spawn(sandbox, compiled.command, ["watch", "--json"]);
  await until("watch --json follows the deliveries", async () => {
    await ask("/v1/deliveries", deliveryOf(["/home/ann/b"]));
    return json.lines.length > 0;
  });
  const { type, delivery } = JSON.parse(json.lines[0]!);
  assertEquals([type, delivery.link, delivery.window], ["delivery", "hostb", "Visual Studio Code"]);
  assertEquals([delivery.itemCount, delivery.items[0].path], [1, "/home/ann/b"]);
  assert(desktop.starts.length > 0);
  await Promise.all([watching.stop(), json.stop()]);
});

Deno.test("a machine that names a second one is refused, also as an earlier version would read it", async () => {
  await using sandbox = await makeSandbox();
  const desktop = await startDesktop(sandbox, { windows: [{ folders: [FOLDER] }] });
  const { ask } = await startLinkedRegistry(sandbox);
  const paths = ["/home/ann/api/a.ts"];
  for (const change of [{ version: 2, via: "hostc" }, { version: 2, via: "../hostb" }]) {
    const found = await ask("/v1/find", { paths, ...change });
    assertEquals([found.answer, found.reason], ["refused", "not-allowed"]);
    const answer = await ask("/v1/deliveries", deliveryOf(paths, change));
    assertEquals([answer.answer, answer.reason], ["refused", "not-allowed"]);
  }
  for (const change of [{ via: "hostc" }, { version: 2 }, { version: 3, via: "hostc" }]) {
    const answer = await ask("/v1/deliveries", deliveryOf(paths, change));
    assertEquals([answer.answer, answer.reason], ["refused", "version"]);
  }
  assertEquals(desktop.starts.length, 0);
});
