#!/usr/bin/env node
// The npm compiler as forge calls one: --version, and --standard-json on stdin.
const { createRequire } = require("node:module");
const solc = createRequire(__filename)("solc");
if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else {
  process.stdout.write(solc.compile(require("node:fs").readFileSync(0, "utf8")));
}
