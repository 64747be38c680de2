// The smallest compiled program, the baseline for start-up times.
console.log("hello");
