// Two organisations settle on a second implementation of the chain: anvil. They
// fund, call, pay, redeem, meet a reorganisation, close with consent and alone;
// chain and ledgers agree to the unit after each, and hledger reads the same
// balances out of the exported journals.
// usage: node main.mjs FOLDER-WITH-BINARIES EMPTY-FOLDER REPOSITORY
import {execFile, spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {createPublicClient, createTestClient, createWalletClient, defineChain, encodeFunctionData, http, parseEther} from 'viem';
import {mnemonicToAccount} from 'viem/accounts';

const [bin, home, root] = process.argv.slice(2);
const run = promisify(execFile);
const children = [];
const chainID = 31338, usdc = 1_000_000n, price = 30_000n;
let checks = 0;

function check(what, holds, seen = '') {
  if(!holds) {
    throw new Error(`"${what}" does not hold: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
  }
  checks++;
}

async function until(what, holds) {
  let seen;
  for(let turn = 0; turn < 300; turn++) {
    seen = await holds();
    if(seen === true) {
      return check(what, true);
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  check(what, false, seen);
}

function begin(program, args, ready) {
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
  children.push(child);
  let said = '';
  child.stderr.on('data', text => { said += text; });
  return new Promise((resolve, reject) => {
    createInterface({input: child.stdout}).on('line', line => ready.test(line) && resolve(line));
    child.once('exit', code => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
}

// An organisation is a home and what its operator types.
class Organisation {
  constructor(name) {
    this.name = name;
    this.home = `${home}/${name}`;
  }
  async type(...args) {
    try {
      return {code: 0, ...await run(`${bin}/chio-node`, ['--home', this.home, '--json', ...args])};
    } catch(error) {
      return {code: error.code, stdout: error.stdout, stderr: error.stderr};
    }
  }
  async typed(...args) {
    const done = await this.type(...args);
    check(`${this.name}: ${args.join(' ')}`, done.code === 0, done.stdout + done.stderr);
    return JSON.parse(done.stdout);
  }
  async init() {
    this.did = (await this.typed('init', '--name', this.name)).did;
    this.address = (await this.typed('status')).settlement_address;
  }
  async up(chain) {
    writeFileSync(`${this.home}/chio-node.yaml`, JSON.stringify({name: this.name, p2p: {listen: ['/ip4/127.0.0.1/tcp/0']},
      federation: {sync_interval_seconds: 1}, chains: [chain], settlement: {chain: chain.name}}));
    writeFileSync(`${this.home}/terms.yaml`, JSON.stringify({ingress: {tool_access: {default: 'allow'}}, egress: {tool_access: {default: 'allow'}},
      accepted_currencies: ['USDC'], money: {currency: 'USDC', settle_currency: 'USDC', credit_minor: 10_000_000, max_unvouchered_minor: 10_000_000}}));
    this.peer = JSON.parse(await begin(`${bin}/chio-node`, ['--home', this.home, 'up', '--json'], /peer/)).peer;
  }
}

function artifact(name) {
  return JSON.parse(readFileSync(`${root}/contracts/artifacts/${name}.json`));
}

async function deployed(wallet, eyes, name, args) {
  const {abi, bin: code} = artifact(name);
  const hash = await wallet.deployContract({abi, bytecode: `0x${code}`, args});
  return (await eyes.waitForTransactionReceipt({hash})).contractAddress.toLowerCase();
}

async function main() {
  const anvil = fileURLToPath(new URL('node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', import.meta.url));
  const line = await begin(anvil, ['--port', '0', '--chain-id', `${chainID}`, '--slots-in-an-epoch', '1'], /Listening on/);
  const rpc = `http://${line.match(/127\.0\.0\.1:\d+/)[0]}`;
  const chain = defineChain({id: chainID, name: 'anvil', nativeCurrency: {name: 'coin', symbol: 'C', decimals: 18}, rpcUrls: {default: {http: [rpc]}}});
  const options = {chain, transport: http(), pollingInterval: 50};
  const wallet = createWalletClient({...options, account: mnemonicToAccount('test test test test test test test test test test test junk')});
  const eyes = createPublicClient(options), hand = createTestClient({...options, mode: 'anvil'});

  const token = artifact('DevUSDC').abi;
  const code = await deployed(wallet, eyes, 'DevUSDC', []);
  const money = await deployed(wallet, eyes, 'DevProxy', [code, encodeFunctionData({abi: token, functionName: 'initialize', args: [wallet.account.address]})]);
  const channel = await deployed(wallet, eyes, 'ChioChannel', [3600n]);
  const holds = address => eyes.readContract({address: money, abi: token, functionName: 'balanceOf', args: [address]});

  const acme = new Organisation('acme'), globex = new Organisation('globex');
  for(const o of [acme, globex]) {
    await o.init();
    await eyes.waitForTransactionReceipt({hash: await wallet.sendTransaction({to: o.address, value: parseEther('10')})});
    await eyes.waitForTransactionReceipt({hash: await wallet.writeContract({address: money, abi: token, functionName: 'mint', args: [o.address, 100n * usdc]})});
  }
  for(const o of [acme, globex]) {
    await o.up({name: 'anvil', chain_id: chainID, rpc, token: money, channel});
  }
  writeFileSync(`${home}/prices.yaml`, 'prices: {greet: 0.03 USDC}\n');
  children.push(spawn(`${bin}/chio-node`, ['--home', globex.home, 'mcp', 'serve', '--headless', '--server-id', 'greeter', '--prices', `${home}/prices.yaml`, '--',
    process.execPath, `${root}/internal/extra/x402/tool.mjs`], {stdio: 'ignore'}));
  await until('the tool is served', async () => JSON.stringify(await globex.typed('status')).includes('"greeter"'));
  const {treaty_hash: treaty} = await acme.typed('federate', globex.peer, '--dry-run');
  await acme.typed('federate', globex.peer, '--accept', treaty);
  await globex.typed('federate', 'accept', acme.did, treaty);
  await acme.typed('capability', 'issue', '--agent', 'researcher', '--server', `${globex.did}/greeter`, '--tool', 'greet', '--max-total', '5.00 USDC');

  let paid = 0n;
  const call = async () => {
    await until('the call is made', async () => {
      const {code, stdout} = await acme.type('call', '--agent', 'researcher', `${globex.did}/greeter`, 'greet', '{"name":"bob"}');
      return code === 0 || stdout;
    });
    paid += price;
  };
  const settled = async what => {
    await until(`${what}: both settle`, async () => {
      for(const o of [acme, globex]) {
        const {code, stdout} = await o.type('settle', 'run');
        if(code !== 0) {
          return stdout;
        }
      }
      const got = await holds(globex.address) - 100n * usdc;
      return got === paid || `${got} of ${paid}`;
    });
  };
  const booked = async (what, locked) => {
    await hand.mine({blocks: 4});
    await until(`${what}: chain and ledgers agree`, async () => {
      for(const [o, want] of [[acme, -paid - locked], [globex, paid]]) {
        const {accounts = []} = JSON.parse((await o.type('ledger', 'balance', 'usdc')).stdout);
        const have = accounts.reduce((sum, a) => sum + BigInt(a.debits ?? 0) - BigInt(a.credits ?? 0), 0n);
        const {differences} = await o.typed('ledger', 'verify');
        const chain = await holds(o.address) - 100n * usdc;
        if(have !== want || chain !== want || differences.length > 0) {
          await o.type('settle', 'run');
          return `${o.name}: ledger ${have}, chain ${chain}, want ${want}; ${differences}`;
        }
      }
      return true;
    });
  };

  await acme.typed('settle', 'fund', globex.did, '5 USDC');
  await call();
  await call();
  await settled('two calls');
  await booked('two calls', 5n * usdc - paid);

  await call(); // and its redemption is undone, and made again
  await settled('before a reorganisation');
  await hand.request({method: 'anvil_reorg', params: [1, []]});
  check('the redemption is undone', await holds(globex.address) === 100n * usdc + paid - price);
  await hand.mine({blocks: 1});
  await settled('after a reorganisation');
  await booked('after a reorganisation', 5n * usdc - paid);

  await call();
  await acme.typed('settle', 'run');
  const {exits: [together]} = await acme.typed('settle', 'close', globex.did);
  check('closed with consent', together.state === 'withdrawn', together);
  await booked('closed with consent', 0n);

  await acme.typed('settle', 'fund', globex.did, '1 USDC');
  await call();
  await settled('in the second life');
  const {exits: [alone]} = await acme.typed('settle', 'close', globex.did, '--force');
  check('it closes', alone.state === 'closing', alone);
  const early = await acme.type('settle', 'withdraw', globex.did);
  check('not before the grace period', early.code === 1 && early.stdout.includes('CHIO-SETTLE-GRACE'), early.stdout);
  await hand.increaseTime({seconds: 3601});
  await hand.mine({blocks: 1});
  const {exits: [back]} = await acme.typed('settle', 'withdraw', globex.did);
  check('it came back', back.state === 'withdrawn', back);
  await booked('left alone', 0n);
  await journal(acme);
  await journal(globex);
}

// journal has hledger add up what an organisation exports.
async function journal(o) {
  const file = `${home}/${o.name}.journal`;
  await o.typed('ledger', 'export', '--format', 'hledger', '--out', file);
  await run('hledger', ['-f', file, 'check', '-s']);
  const {stdout} = await run('hledger', ['-f', file, 'balance', '--flat', '-N', '-E', '-O', 'csv']);
  const theirs = new Map();
  for(const [, account, amounts] of stdout.matchAll(/^"([^"]+)","([^"]+)"$/gm)) {
    for(const amount of account === 'account' || amounts === '0' ? [] : amounts.split(', ')) {
      const [, units, currency] = /^(-?[0-9.]+) ([A-Z]+)$/.exec(amount) ?? [];
      check(`${o.name}: an amount of ${account}`, currency, amount);
      theirs.set(`${account} ${currency}`, BigInt(units.replace('.', '')));
    }
  }
  const {accounts} = await o.typed('ledger', 'accounts');
  check(`${o.name}: there are books`, accounts.length > 2, accounts);
  for(const a of accounts) {
    const ours = BigInt(a.debits ?? 0) - BigInt(a.credits ?? 0), got = theirs.get(`${a.account} ${a.currency}`) ?? 0n;
    check(`${o.name}: hledger has ${ours} for ${a.account}`, got === ours, `${got}`);
  }
}

try {
  await main();
  console.log(`anvil: ${checks} checks passed`);
} finally {
  children.reverse().forEach(child => child.kill());
}
process.exit(0);
