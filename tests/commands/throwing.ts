/** Preloaded before a program: throws uncaught errors on SIGWINCH. */
Deno.addSignalListener("SIGWINCH", () => {
  setTimeout(() => {
    throw new TypeError("timer");
  }, 0);
  Promise.reject(new RangeError("promise"));
  for (let i = 0; i < 100; i++) Promise.reject("a text");
});
