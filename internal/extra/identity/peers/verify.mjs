// The foreign verifiers judge the same documents as our gate. Prints a table,
// and fails if one of them refuses what is whole or accepts what our gate
// refuses, unless differences.mjs says so.
// usage: node verify.mjs CASES.json
import {readFileSync} from 'node:fs';
import {documents, judges as ofJSON} from './peers.mjs';
import {judges as ofSD} from './sdjwt.mjs';
import {judges as ofTokens} from './tokens.mjs';
import {differences} from './differences.mjs';

const handed = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for(const [url, document] of Object.entries(handed.documents)) {
  documents.set(url, document);
}

const rows = new Map();
const surprises = [];
const seen = new Map();
for(const c of handed.cases) {
  const judges = [...ofJSON, ...ofTokens, ...ofSD].filter(j => j.takes(c));
  if(!judges.length) {
    surprises.push(`nobody judges ${c.by}, ${c.suite}, ${c.name}`);
  }
  for(const judge of judges) {
    const {name} = judge;
    const {ok, why} = await judge.verify(c);
    const key = `${c.by} | ${c.suite} | ${name}`;
    const row = rows.get(key) ?? {whole: 0, accepted: 0, bad: 0, refused: 0};
    rows.set(key, row);
    if(c.good && !c.change) {
      row.whole++;
      row.accepted += ok;
    } else if(!c.good) {
      row.bad++;
      row.refused += !ok;
    }
    if(ok === c.good) {
      continue;
    }
    const known = differences.find(d => d.of(c, name));
    if(known) {
      seen.set(known, (seen.get(known) ?? 0) + 1);
    } else {
      surprises.push(`${name}: ${c.by}, ${c.suite}, ${c.name}: ${c.change ?? 'whole'}: accepted is ${ok} (${why})`);
    }
  }
}

console.log('issued by | suite | verified by | whole: accepted | bad: refused');
for(const [key, r] of rows) {
  console.log(`${key} | ${r.whole ? `${r.accepted}/${r.whole}` : '-'} | ${r.refused}/${r.bad}`);
}
for(const d of differences) {
  console.log(`difference, met ${seen.get(d) ?? 0} times: ${d.what}`);
  if(!seen.has(d)) {
    surprises.push(`a difference is gone: ${d.what}`);
  }
}
for(const s of surprises) {
  console.error(s);
}
if(surprises.length) {
  console.error(`${surprises.length} surprises`);
}
process.exit(surprises.length ? 1 : 0);
