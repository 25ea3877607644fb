// Compiles contracts/src with the settings below and writes contracts/artifacts.
// Run: npm ci --ignore-scripts && npm run compile. The output is byte for byte
// reproducible: no metadata, no CBOR, no paths of this machine.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, "..", "src");
const out = join(here, "..", "artifacts");

const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  viaIR: true,
  evmVersion: "prague",
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const sources = {};
for (const file of readdirSync(src).filter((f) => f.endsWith(".sol")).sort()) {
  sources[`src/${file}`] = { content: readFileSync(join(src, file), "utf8") };
}

const imported = {};
const findImports = (path) => {
  try {
    const contents = readFileSync(join(here, "node_modules", path), "utf8");
    imported[path] = sha256(contents);
    return { contents };
  } catch {
    return { error: `${path} is not installed; run npm ci --ignore-scripts` };
  }
};

const input = {
  language: "Solidity",
  sources,
  settings: {
    ...settings,
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};
const result = JSON.parse(solc.compile(JSON.stringify(input), { import: findImports }));
const messages = result.errors ?? [];
for (const m of messages) console.error(m.formattedMessage);
if (messages.length > 0) process.exit(1);

mkdirSync(out, { recursive: true });
for (const path of Object.keys(sources)) {
  const name = path.slice("src/".length, -".sol".length);
  const contract = result.contracts[path][name];
  const artifact = {
    name,
    compiler: solc.version(),
    settings,
    source: { path, sha256: sha256(sources[path].content) },
    imports: Object.fromEntries(Object.entries(imported).sort()),
    abi: contract.abi,
    bin: contract.evm.bytecode.object,
    runtime: contract.evm.deployedBytecode.object,
  };
  writeFileSync(join(out, `${name}.json`), JSON.stringify(artifact, null, 1) + "\n");
  console.log(`${name}: ${contract.evm.deployedBytecode.object.length / 2} bytes`);
}
