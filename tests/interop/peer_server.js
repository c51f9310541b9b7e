// A MessagePack-RPC server of the npm package msgpack5rpc, used as its own example does.
'use strict';
const net = require('net');
const Session = require('msgpack5rpc');

let counted = 0;

net.createServer((socket) => {
  const session = new Session();
  const held = [];  // replies of 'later', which go behind the next one
  socket.on('error', () => {});
  session.attach(socket, socket);
  session.on('notification', (method) => {
    if (method === 'count') counted += 1;
  });
  session.on('request', (method, args, response) => {
    if (method === 'later') {
      held.push(() => response.send(args[0]));
      return;
    }
    if (method === 'add') response.send(args[0] + args[1]);
    else if (method === 'echo') response.send(args[0]);
    else if (method === 'fail') response.send(args[0], true);
    else if (method === 'nothing') response.send(null);
    else if (method === 'counted') response.send(counted);
    else response.send('unknown method ' + method, true);
    held.splice(0).forEach((send) => send());
  });
}).listen(0, '127.0.0.1', function () {
  console.log('listening 127.0.0.1:' + this.address().port);
});
