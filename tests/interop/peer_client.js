// A MessagePack-RPC client of the npm package msgpack5rpc. Ends with 0 if all replies are right.
'use strict';
const assert = require('assert');
const net = require('net');
const Session = require('msgpack5rpc');

const socket = net.connect(Number(process.argv[3]), process.argv[2]);
const session = new Session();
session.attach(socket, socket);

function call(method, ...args) {
  return new Promise((resolve) => {
    session.request(method, args, (error, result) => resolve({error, result}));
  });
}

async function expectResult(expected, method, ...args) {
  const {error, result} = await call(method, ...args);
  assert.strictEqual(error, null);
  assert.deepStrictEqual(result, expected);
}

async function main() {
  await expectResult(3, 'add', 1, 2);
  for (const value of [null, true, -1, 70000, 1.5, '', 'héllo', [1, [2, []]], {a: {b: 1}},
                       'x'.repeat(1 << 20)]) {
    await expectResult(value, 'echo', value);
  }
  await expectResult(null, 'nothing');
  await expectResult(9, 'pooled', 9);

  assert.strictEqual((await call('fail', 'it broke')).error, 'HANDLER_FAILED: it broke');
  assert.strictEqual((await call('ad', 1, 2)).error,
                     "NOT_FOUND: no method 'ad'; did you mean 'add'?");

  // Many at once; a slow one does not hold the others up.
  const order = [];
  const slow = call('later', 1).then(({result}) => order.push('later ' + result));
  const quick = [];
  for (let i = 0; i < 500; i++) {
    quick.push(call('add', i, i).then(({result}) => {
      assert.strictEqual(result, 2 * i);
      order.push('quick');
    }));
  }
  await Promise.all(quick);
  assert.strictEqual(order.length, 500);
  session.notify('release', []);
  await slow;
  assert.strictEqual(order[500], 'later 1');

  for (let i = 0; i < 10; i++) session.notify('count', []);
  await expectResult(10, 'counted');
  console.log('all replies were right');
  socket.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
