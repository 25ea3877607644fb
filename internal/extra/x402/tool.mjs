// The smallest MCP server: one tool, over standard input and output.
import {createInterface} from 'node:readline';

const tool = {name: 'greet', description: 'greets', inputSchema: {type: 'object', properties: {name: {type: 'string'}}, required: ['name']}};

createInterface({input: process.stdin}).on('line', line => {
  const {id, method, params} = JSON.parse(line);
  const answer = result => id !== undefined && process.stdout.write(JSON.stringify({jsonrpc: '2.0', id, result}) + '\n');
  switch(method) {
    case 'initialize':
      return answer({protocolVersion: params.protocolVersion, capabilities: {tools: {}}, serverInfo: {name: 'greeter', version: '1'}});
    case 'tools/list':
      return answer({tools: [tool]});
    case 'tools/call':
      return answer({content: [{type: 'text', text: `hello ${params.arguments.name}`}]});
    default:
      return answer({});
  }
});
