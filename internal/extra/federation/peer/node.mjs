// A chio-node under test: its home, its process, and what its operator types.
import {execFile, spawn} from 'node:child_process';
import {appendFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {promisify} from 'node:util';

const run = promisify(execFile);

export async function startNode(binary, home) {
  const type = async (...args) => {
    try {
      return {code: 0, ...await run(binary, ['--home', home, ...args])};
    } catch(error) {
      return {code: error.code, stdout: error.stdout, stderr: error.stderr};
    }
  };
  const {did, log_id: log, kernel_key: kernel} = JSON.parse((await type('init', '--name', 'acme', '--json')).stdout);
  appendFileSync(`${home}/chio-node.yaml`, 'p2p:\n  listen: [/ip4/127.0.0.1/tcp/0]\n');
  const child = spawn(binary, ['--home', home, 'up', '--json'], {stdio: ['ignore', 'pipe', 'pipe']});
  let said = '';
  child.stderr.on('data', text => { said += text; });
  const lines = createInterface({input: child.stdout});
  const up = await new Promise((resolve, reject) => {
    lines.once('line', line => resolve(JSON.parse(line)));
    child.once('exit', code => reject(new Error(`the node ended with ${code}: ${said}`)));
  });
  const ended = new Promise(resolve => child.once('exit', resolve));
  return {
    did, log, kernel, address: up.peer.split('@')[1], api: up.api, type, said: () => said,
    stop: async () => { child.kill(); await ended; },
  };
}
