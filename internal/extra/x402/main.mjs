// The x402 packages of others and a node: they buy a call of its tool, and sell
// one to its agent; and the lies that neither must believe.
// usage: node main.mjs FOLDER-WITH-BINARIES EMPTY-FOLDER
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {x402Client} from '@x402/core/client';
import {x402Facilitator} from '@x402/core/facilitator';
import {decodePaymentSignatureHeader, encodePaymentRequiredHeader, encodePaymentResponseHeader, x402HTTPClient} from '@x402/core/http';
import {toFacilitatorEvmSigner} from '@x402/evm';
import {ExactEvmScheme as Buyer} from '@x402/evm/exact/client';
import {ExactEvmScheme as Settler} from '@x402/evm/exact/facilitator';
import {createPublicClient, createWalletClient, defineChain, erc20Abi, http, publicActions} from 'viem';
import {generatePrivateKey, privateKeyToAccount} from 'viem/accounts';
import {begin, bin, check, home, play, serveGreeter, type, typed} from './peers.mjs';

// foreignShop sells a greeting for a price. what changes what it asks for.
function foreignShop(facilitator, price) {
  const shop = {sold: 0, change: requirements => requirements};
  shop.server = createServer(async (request, response) => {
    const requirements = shop.change(structuredClone(price));
    const header = request.headers['payment-signature'];
    const ask = error => {
      response.writeHead(402, {'PAYMENT-REQUIRED': encodePaymentRequiredHeader({x402Version: 2, error,
        resource: {url: shop.url, description: 'a greeting', mimeType: 'application/json'}, accepts: [requirements]})});
      response.end('{}');
    };
    if(!header) {
      return ask('payment required');
    }
    const payload = decodePaymentSignatureHeader(header);
    const verdict = await facilitator.verify(payload, requirements);
    if(!verdict.isValid) {
      return ask(verdict.invalidReason);
    }
    const settled = await facilitator.settle(payload, requirements);
    if(!settled.success) {
      return ask(settled.errorReason);
    }
    shop.sold++;
    response.writeHead(200, {'Content-Type': 'application/json', 'PAYMENT-RESPONSE': encodePaymentResponseHeader(settled)});
    response.end(JSON.stringify({hello: new URL(request.url, shop.url).searchParams.get('name')}));
  });
  return new Promise(resolve => shop.server.listen(0, '127.0.0.1', () => {
    shop.url = `http://127.0.0.1:${shop.server.address().port}/greet`;
    resolve(shop);
  }));
}

async function main() {
  const buyer = privateKeyToAccount(generatePrivateKey()), settler = privateKeyToAccount(generatePrivateKey()), seller = privateKeyToAccount(generatePrivateKey());
  await typed('init', '--name', 'acme');
  const {settlement_address: settlement} = await typed('status');
  const devnet = JSON.parse(await begin(`${bin}/chio-devnet`, '--listen', '127.0.0.1:0', '--json', '--block-ms', '50',
    ...[settlement, buyer.address, settler.address].flatMap(address => ['--fund', address])));
  const chain = defineChain({id: devnet.chain_id, name: 'devnet', nativeCurrency: {name: 'coin', symbol: 'C', decimals: 18}, rpcUrls: {default: {http: [devnet.rpc]}}});
  const eyes = createPublicClient({chain, transport: http(), pollingInterval: 50});
  const holds = address => eyes.readContract({address: devnet.token, abi: erc20Abi, functionName: 'balanceOf', args: [address]});
  const wallet = createWalletClient({account: settler, chain, transport: http(), pollingInterval: 50}).extend(publicActions);
  const network = `eip155:${devnet.chain_id}`;
  const facilitator = new x402Facilitator().register(network, new Settler(toFacilitatorEvmSigner(wallet)));
  const price = {scheme: 'exact', network, amount: '20000', asset: devnet.token, payTo: seller.address, maxTimeoutSeconds: 120,
    extra: {name: await eyes.readContract({address: devnet.token, abi: erc20Abi, functionName: 'name'}), version: '2'}};
  const shop = await foreignShop(facilitator, price);

  writeFileSync(`${home}/chio-node.yaml`, JSON.stringify({
    name: 'acme', p2p: {listen: ['/ip4/127.0.0.1/tcp/0']}, settlement: {chain: 'devnet'},
    chains: [{name: 'devnet', chain_id: devnet.chain_id, rpc: devnet.rpc, token: devnet.token, channel: devnet.channel}],
    x402: {
      sell: {listen: '127.0.0.1:0', tools: [{path: '/greet', server: 'greeter', tool: 'greet', price: '0.05 USDC', description: 'greets'}]},
      buy: {tools: [{name: 'greet', url: shop.url, method: 'GET', max_price: '0.03 USDC'}]},
    },
  }));
  const node = await serveGreeter();
  await buys(node, buyer, holds, settlement, network);
  await sells(shop, holds, settlement, seller);
}

// buys pays our node with the foreign client.
async function buys(node, buyer, holds, settlement, network) {
  const url = `${node.x402}/greet`;
  const ask = headers => fetch(url, {method: 'POST', body: JSON.stringify({name: 'bob'}), headers});
  const wallet = new x402Client().register(network, new Buyer(buyer));
  wallet.setSpendControls(false); // it would pay in tokens of well-known chains only
  const client = new x402HTTPClient(wallet);
  const unpaid = await ask({});
  check('it asks for money', unpaid.status === 402, `${unpaid.status}`);
  const required = client.getPaymentRequiredResponse(name => unpaid.headers.get(name), await unpaid.json());
  check('the client reads what it costs', required.accepts[0].amount === '50000' && required.accepts[0].payTo.toLowerCase() === settlement, required);
  const payload = await client.createPaymentPayload(required);
  const paid = client.encodePaymentSignatureHeader(payload);
  const before = [await holds(buyer.address), await holds(settlement)];

  const forged = structuredClone(payload);
  forged.payload.authorization.value = '1';
  const refused = await ask(client.encodePaymentSignatureHeader(forged));
  check('a payment of another amount is refused', refused.status === 402, `${refused.status}`);
  const stolen = structuredClone(payload);
  stolen.payload.authorization.nonce = '0x' + '11'.repeat(32);
  check('a changed nonce is refused', (await ask(client.encodePaymentSignatureHeader(stolen))).status === 402);

  const answer = await ask(paid);
  const text = await answer.text();
  check('it is served', answer.status === 200 && text.includes('hello bob'), `${answer.status} ${text}`);
  const settled = client.getPaymentSettleResponse(name => answer.headers.get(name));
  check('the client reads the settlement', settled.success && settled.network === network && /^0x[0-9a-f]{64}$/.test(settled.transaction), settled);
  check('the money moved once', await holds(buyer.address) === before[0] - 50000n && await holds(settlement) === before[1] + 50000n);
  const again = await ask(paid);
  check('asked again, it is the same answer', again.status === 200 && await again.text() === text);
  const other = await fetch(url, {method: 'POST', body: JSON.stringify({name: 'eve'}), headers: paid});
  check('and no other', other.status === 402, `${other.status}`);
  check('the money did not move again', await holds(buyer.address) === before[0] - 50000n);
  const {entries} = await typed('x402', 'sales');
  check('the node has one sale', entries.length === 1 && entries[0].party.toLowerCase() === buyer.address.toLowerCase() && entries[0].tx === settled.transaction, entries);
}

// sells has our node's agent pay the foreign seller.
async function sells(shop, holds, settlement, seller) {
  await typed('capability', 'issue', '--agent', 'researcher', '--server', 'x402', '--tool', 'greet', '--max-total', '0.10 USDC');
  const call = () => type('call', '--agent', 'researcher', 'x402', 'greet', '{"name":"alice"}');
  const before = await holds(settlement);
  const bought = JSON.parse((await call()).stdout);
  check('the agent has its answer', bought.verdict === 'allow' && JSON.stringify(bought.content).includes('alice') && bought.charged_minor === 20000, bought);
  check('the foreign seller was paid', shop.sold === 1 && await holds(seller.address) === 20000n && await holds(settlement) === before - 20000n);
  for(const [what, change] of [
    ['dearer than its maximum', r => ({...r, amount: '30001'})],
    ['in another token', r => ({...r, asset: seller.address})],
    ['on another chain', r => ({...r, network: 'eip155:1'})],
    ['under another domain', r => ({...r, extra: {...r.extra, version: '9'}})],
    ['to itself', r => ({...r, payTo: settlement})],
  ]) {
    shop.change = change;
    const {code, stdout} = await call();
    check(`nothing is paid for what is ${what}`, code === 3 && shop.sold === 1 && await holds(settlement) === before - 20000n, stdout);
  }
  const {entries} = await typed('x402', 'purchases');
  check('the node has one purchase', entries.length === 1 && entries[0].amount_minor === 20000, entries);
}

await play(main, '@x402/core and @x402/evm');
