// The least a compiled program can do: what start-up times are compared with.
console.log("hello");
