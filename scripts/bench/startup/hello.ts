// The minimum of a compiled program, with which start-up times are compared.
console.log("hello");
