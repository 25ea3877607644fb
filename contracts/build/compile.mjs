// Compiles contracts/src with the settings below and writes contracts/artifacts,
// and contracts/testsrc, which only tests deploy, into contracts/devnet/testdata.
// Run: npm ci --ignore-scripts && npm run compile. The output is byte for byte
// reproducible: no metadata, no CBOR, no paths of this machine.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const folders = { src: "artifacts", testsrc: "devnet/testdata" };

const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  viaIR: true,
  evmVersion: "prague",
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

// Where the deployed code differs from one deployment to the next.
const immutables = (references) =>
  Object.values(references ?? {}).flat().map(({ start, length }) => ({ start, length })).sort((a, b) => a.start - b.start);

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const sources = {};
for (const folder of Object.keys(folders)) {
  for (const file of readdirSync(join(here, "..", folder)).filter((f) => f.endsWith(".sol")).sort()) {
    sources[`${folder}/${file}`] = { content: readFileSync(join(here, "..", folder, file), "utf8") };
  }
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
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"] } },
  },
};
const result = JSON.parse(solc.compile(JSON.stringify(input), { import: findImports }));
const messages = result.errors ?? [];
for (const m of messages) console.error(m.formattedMessage);
if (messages.length > 0) process.exit(1);

for (const path of Object.keys(sources)) {
  const [folder] = path.split("/");
  const out = join(here, "..", folders[folder]);
  mkdirSync(out, { recursive: true });
  for (const [name, contract] of Object.entries(result.contracts[path])) {
    if (contract.evm.bytecode.object === "") continue; // an interface
    const artifact = {
      name,
      compiler: solc.version(),
      settings,
      source: { path, sha256: sha256(sources[path].content) },
      imports: Object.fromEntries(Object.entries(imported).sort()),
      abi: contract.abi,
      bin: contract.evm.bytecode.object,
      runtime: contract.evm.deployedBytecode.object,
      immutables: immutables(contract.evm.deployedBytecode.immutableReferences),
    };
    writeFileSync(join(out, `${name}.json`), JSON.stringify(artifact, null, 1) + "\n");
    console.log(`${name}: ${contract.evm.deployedBytecode.object.length / 2} bytes`);
  }
}
