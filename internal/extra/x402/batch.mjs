// A foreign client of the scheme batch-settlement pays a node from a deposit. Its
// package knows the contract by the one address that public chains have it at; here
// it is our test contract at another, so the address is changed in the package
// before it is loaded. Nothing else of it is.
// usage: node batch.mjs FOLDER-WITH-BINARIES EMPTY-FOLDER REPOSITORY
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createPublicClient, createWalletClient, defineChain, erc20Abi, getAddress, http, toFunctionSelector} from 'viem';
import {generatePrivateKey, privateKeyToAccount} from 'viem/accounts';
import {begin, bin, check, home, play, serveGreeter, typed, until} from './peers.mjs';

const published = {BatchSettlement: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003', BatchCollector: '0x4020806089470a89826cB9fB1f4059150b550004'};

// load returns the client package, with other addresses.
async function load(addresses) {
  const folder = new URL('node_modules/@x402/evm/dist/esm/', import.meta.url);
  const changed = {BatchSettlement: 0, BatchCollector: 0};
  for(const file of readdirSync(folder, {recursive: true}).filter(name => name.endsWith('.mjs'))) {
    const path = join(folder.pathname, file), text = readFileSync(path, 'utf8');
    const next = Object.keys(published).reduce((all, name) => {
      changed[name] += all.split(published[name]).length - 1;
      return all.replaceAll(published[name], getAddress(addresses[name]));
    }, text);
    if(next !== text) {
      writeFileSync(path, next);
    }
  }
  check('the package has both addresses', changed.BatchSettlement > 0 && changed.BatchCollector > 0, changed);
  return {...await import('@x402/evm/batch-settlement/client'), ...await import('@x402/core/client'), ...await import('@x402/core/http')};
}

async function main() {
  const buyer = privateKeyToAccount(generatePrivateKey()), keeper = privateKeyToAccount(generatePrivateKey());
  await typed('init', '--name', 'acme');
  const {settlement_address: settlement} = await typed('status');
  const devnet = JSON.parse(await begin(`${bin}/chio-devnet`, '--listen', '127.0.0.1:0', '--json', '--block-ms', '50',
    ...[settlement, buyer.address, keeper.address].flatMap(address => ['--fund', address])));
  const chain = defineChain({id: devnet.chain_id, name: 'devnet', nativeCurrency: {name: 'coin', symbol: 'C', decimals: 18}, rpcUrls: {default: {http: [devnet.rpc]}}});
  const options = {chain, transport: http(), pollingInterval: 50};
  const eyes = createPublicClient(options), hand = createWalletClient({...options, account: keeper});
  const holds = address => eyes.readContract({address: devnet.token, abi: erc20Abi, functionName: 'balanceOf', args: [address]});
  const artifact = name => JSON.parse(readFileSync(join(process.argv[4], 'contracts/devnet/testdata', `${name}.json`), 'utf8'));
  const deploy = async (name, ...args) => {
    const {abi, bin: code} = artifact(name);
    const {contractAddress} = await eyes.waitForTransactionReceipt({hash: await hand.deployContract({abi, bytecode: `0x${code}`, args})});
    return contractAddress;
  };
  const BatchSettlement = await deploy('BatchSettlement'), BatchCollector = await deploy('BatchCollector', BatchSettlement);
  const theirs = await load({BatchSettlement, BatchCollector});

  writeFileSync(`${home}/chio-node.yaml`, JSON.stringify({
    name: 'acme', p2p: {listen: ['/ip4/127.0.0.1/tcp/0']}, settlement: {chain: 'devnet'},
    chains: [{name: 'devnet', chain_id: devnet.chain_id, rpc: devnet.rpc, token: devnet.token, channel: devnet.channel, confirmations: 1}],
    x402: {sell: {listen: '127.0.0.1:0', tools: [{path: '/greet', server: 'greeter', tool: 'greet', price: '0.05 USDC', description: 'greets'}],
      batch: {contract: BatchSettlement, collector: BatchCollector, min_deposit: '0.20 USDC', claim_above: '0.15 USDC'}}},
  }));
  const node = await serveGreeter();
  await buys(theirs, node, buyer, eyes, holds, settlement, `eip155:${devnet.chain_id}`);
  interfaces(artifact('BatchSettlement'));
}

// buys pays our node with the foreign client.
async function buys(theirs, node, buyer, eyes, holds, settlement, network) {
  const url = `${node.x402}/greet`;
  const signer = {address: buyer.address, signTypedData: data => buyer.signTypedData(data), readContract: call => eyes.readContract(call)};
  const open = () => {
    const wallet = new theirs.x402Client().register(network, new theirs.BatchSettlementEvmScheme(signer));
    wallet.setSpendControls(false); // it would pay in tokens of well-known chains only
    return new theirs.x402HTTPClient(wallet);
  };
  let client = open();
  const ask = (name, headers) => fetch(url, {method: 'POST', body: JSON.stringify({name}), headers});
  const read = answer => name => answer.headers.get(name);
  const buy = async name => {
    const unpaid = await ask(name, {});
    const payload = await client.createPaymentPayload(client.getPaymentRequiredResponse(read(unpaid), await unpaid.json()));
    const answer = await ask(name, client.encodePaymentSignatureHeader(payload));
    return {payload, answer, text: await answer.text(), result: await client.processPaymentResult(payload, read(answer), answer.status)};
  };
  const before = await holds(buyer.address), earned = await holds(settlement);

  const first = await buy('ann');
  check('it comes with a deposit', first.payload.payload.type === 'deposit' && first.payload.payload.deposit.amount === '200000', first.payload);
  check('it is served', first.answer.status === 200 && first.text.includes('hello ann'), `${first.answer.status} ${first.text}`);
  const {settleResponse: settled} = first.result;
  check('the client reads what it cost', settled.success && settled.extra.chargedAmount === '50000' && /^0x[0-9a-f]{64}$/.test(settled.transaction), settled);
  check('the deposit was taken', await holds(buyer.address) === before - 200000n);

  const second = await buy('bob');
  check('the next is a voucher', second.payload.payload.type === 'voucher' && second.payload.payload.voucher.maxClaimableAmount === '100000', second.payload);
  check('it is served too', second.answer.status === 200 && second.text.includes('hello bob') && second.result.settleResponse.transaction === '', second.result);
  const forged = structuredClone(second.payload);
  forged.payload.voucher.maxClaimableAmount = '150000';
  check('a changed voucher is refused', (await ask('eve', client.encodePaymentSignatureHeader(forged))).status === 402);
  check('and so is the same for another call', (await ask('eve', client.encodePaymentSignatureHeader(second.payload))).status === 402);

  client = open(); // it has forgotten everything
  const lost = await buy('cid');
  check('a client that lost its count is told', lost.answer.status === 402 && lost.result.recovered === true, lost.result);
  const third = await buy('cid');
  check('and goes on', third.answer.status === 200 && third.payload.payload.voucher.maxClaimableAmount === '150000', `${third.answer.status} ${third.text}`);

  await until('what it owes is claimed', async () => (await typed('x402', 'channels')).channels[0].unclaimed_minor === 0);
  const {channels} = await typed('x402', 'channels');
  check('the node knows the channel', channels.length === 1 && channels[0].charged_minor === 150000 && channels[0].claimed_minor === 150000 && channels[0].payer.toLowerCase() === buyer.address.toLowerCase(), channels);
  check('the money moved once', await holds(buyer.address) === before - 200000n && await holds(settlement) === earned + 150000n);
  const {entries} = await typed('x402', 'sales');
  check('three calls are sold', entries.length === 3, entries);
  const verdict = await typed('ledger', 'verify');
  check('the ledger holds', !verdict.differences || verdict.differences.length === 0, verdict);
}

// interfaces holds our test contract against the interface that the package calls.
function interfaces({abi}) {
  const chunk = readdirSync(new URL('node_modules/@x402/evm/dist/esm/', import.meta.url)).filter(name => name.endsWith('.mjs'))
    .map(name => readFileSync(new URL(`node_modules/@x402/evm/dist/esm/${name}`, import.meta.url), 'utf8')).find(text => text.includes('batchSettlementABI = ['));
  const names = ['deposit', 'claim', 'settle', 'refund', 'initiateWithdraw', 'finalizeWithdraw', 'getChannelId', 'getVoucherDigest', 'channels', 'pendingWithdrawals', 'receivers', 'refundNonce'];
  const components = /channelConfigComponents = (\[[\s\S]*?\]);/.exec(chunk)[1], claims = /voucherClaimComponents = (\[[\s\S]*?\]);\n/.exec(chunk)[1];
  const foreign = new Function(`const channelConfigComponents = ${components}; const voucherClaimComponents = ${claims}; return ${/batchSettlementABI = (\[[\s\S]*?\n\]);/.exec(chunk)[1]}`)();
  for(const name of names) {
    const selector = of => toFunctionSelector(of.find(entry => entry.type === 'function' && entry.name === name));
    check(`the test contract has the published ${name}`, selector(abi) === selector(foreign));
  }
}

await play(main, 'the batch-settlement client of @x402/evm');
