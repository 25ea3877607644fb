// What both programs of this folder need: a node and its chain as child processes,
// and a count of what held.
import {execFile, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

export const [bin, home] = process.argv.slice(2);
const run = promisify(execFile);
export const children = [];
let checks = 0;

export function check(what, holds, seen = '') {
  if(!holds) {
    throw new Error(`"${what}" does not hold: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
  }
  checks++;
}

export async function until(what, holds) {
  for(let turn = 0; turn < 600; turn++) {
    if(await holds()) {
      return check(what, true);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  check(what, false);
}

// begin starts a program and returns its first line.
export function begin(program, ...args) {
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
  children.push(child);
  let said = '';
  child.stderr.on('data', text => { said += text; });
  return new Promise((resolve, reject) => {
    createInterface({input: child.stdout}).once('line', resolve);
    child.once('exit', code => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
}

export async function type(...args) {
  try {
    return {code: 0, ...await run(`${bin}/chio-node`, ['--home', home, '--json', ...args])};
  } catch(error) {
    return {code: error.code, stdout: error.stdout, stderr: error.stderr};
  }
}

export async function typed(...args) {
  const done = await type(...args);
  check(args.join(' '), done.code === 0, done.stdout + done.stderr);
  return JSON.parse(done.stdout);
}

// serveGreeter runs our node and the tool that it sells.
export async function serveGreeter() {
  const node = JSON.parse(await begin(`${bin}/chio-node`, '--home', home, 'up', '--json'));
  children.push(spawn(`${bin}/chio-node`, ['--home', home, 'mcp', 'serve', '--headless', '--server-id', 'greeter', '--', process.execPath,
    fileURLToPath(new URL('tool.mjs', import.meta.url))], {stdio: 'ignore'}));
  await until('the tool is served', async () => JSON.stringify(await typed('status')).includes('"greeter"'));
  return node;
}

// play runs a program, says how much held, and ends what it began.
export async function play(main, what) {
  try {
    await main();
    console.log(`x402: ${checks} checks with ${what} passed`);
  } finally {
    children.reverse().forEach(child => child.kill());
  }
  process.exit(0);
}
