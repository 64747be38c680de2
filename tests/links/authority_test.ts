import { assert, assertEquals } from "@std/assert";
import { authorityOf, isSameMachine, readSshName, remoteFileUri } from "../../src/links/mod.ts";

Deno.test("a host is named to the editor as Remote-SSH spells it", () => {
  assertEquals(authorityOf({ host: "hostb" }), "ssh-remote+hostb");
  assertEquals(authorityOf({ host: "b.example.org", user: "ann" }), "ssh-remote+ann@b.example.org");
  // {"hostName":"HostB"}
  assertEquals(
    authorityOf({ host: "HostB" }),
    "ssh-remote+7b22686f73744e616d65223a22486f737442227d",
  );
});

Deno.test("spellings of the same machine are recognized, and others are not", () => {
  const spelled = authorityOf({ host: "HostB" });
  assert(isSameMachine(spelled, "ssh-remote+hostb"));
  assert(isSameMachine("ssh-remote%2Bhostb", "ssh-remote+hostb"));
  assert(isSameMachine(authorityOf({ host: "b", user: "ann", port: 22 }), "ssh-remote+ann@b"));
  assert(!isSameMachine("ssh-remote+hostb", "ssh-remote+hostc"));
  assert(!isSameMachine("ssh-remote+7b", "ssh-remote+"));
  assert(!isSameMachine("ssh-remote+hostb", "wsl+hostb"));
});

Deno.test("ssh destinations are parsed, and words that ssh would take for options are refused", () => {
  assertEquals(readSshName("hostb"), { host: "hostb" });
  assertEquals(readSshName("ann@hostb"), { host: "hostb", user: "ann" });
  assertEquals(readSshName("ssh://ann@hostb:2222"), { host: "hostb", user: "ann", port: 2222 });
  for (const wrong of ["", "-oProxyCommand=x", "a b", "@b", "a@", "a;b", "$(x)", "b:22"]) {
    assertEquals(readSshName(wrong), undefined, wrong);
  }
});

Deno.test("a path with any characters becomes a URI of the remote machine", () => {
  assertEquals(
    remoteFileUri("ssh-remote+hostb", "/a b/50%#?.ts"),
    "vscode-remote://ssh-remote+hostb/a%20b/50%25%23%3F.ts",
  );
  assertEquals(
    remoteFileUri("ssh-remote+hostb", "/x/@evil:80/vscode://y\n"),
    "vscode-remote://ssh-remote+hostb/x/@evil:80/vscode://y%0A",
  );
});
