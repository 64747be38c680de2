/** Loaded in front of a program: on SIGWINCH it throws what nothing catches. */
Deno.addSignalListener("SIGWINCH", () => {
  setTimeout(() => {
    throw new TypeError("timer");
  }, 0);
  Promise.reject(new RangeError("promise"));
  for (let i = 0; i < 100; i++) Promise.reject("a text");
});
