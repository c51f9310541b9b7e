// Clients of the npm package eureka-js-client against the registry HOST PORT. Says where it is on
// standard output; ends with 0 if all went as it should.
'use strict';
const assert = require('assert');
const http = require('http');
const {Eureka} = require('eureka-js-client');

const [host, port] = [process.argv[2], Number(process.argv[3])];
const quiet = {debug() {}, info() {}, warn() {}, error() {}, level() {}};

function client(app, eureka, root) {
  return new Eureka(Object.assign({
    logger: quiet,
    eureka: Object.assign({
      host, port,
      heartbeatInterval: 100,
      registryFetchInterval: 100,
      requestRetryDelay: 20,
    }, eureka),
    instance: {
      instanceId: `127.0.0.1:${app}`,
      app,
      hostName: '127.0.0.1',
      ipAddr: '127.0.0.1',
      vipAddress: `${app}.vip,shared`,
      port: {$: 8080 + app.length, '@enabled': 'true'},
      dataCenterInfo: {
        '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo',
        name: 'MyOwn',
      },
      metadata: {'no xml <name>': 'v'},
    },
  }, root));
}

function start(eureka) {
  return new Promise((resolve, reject) => {
    eureka.start((error) => (error ? reject(error) : resolve()));
  });
}

function stop(eureka) {
  return new Promise((resolve, reject) => {
    eureka.stop((error) => (error ? reject(error) : resolve()));
  });
}

function next(eureka, event) {
  return new Promise((resolve) => eureka.once(event, resolve));
}

// Asks again whenever the client may have news.
async function eventually(what, holds) {
  const end = Date.now() + 20000;
  while (!holds()) {
    assert.ok(Date.now() < end, `it never happened that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function send(method, path) {
  return new Promise((resolve, reject) => {
    http.request({host, port, method, path}, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    }).on('error', reject).end();
  });
}

const of = (eureka, app) => eureka.getInstancesByAppId(app);

async function main() {
  const full = client('full', {});
  const delta = client('delta', {}, {shouldUseDelta: true});
  const all = client('watcher', {registerWithEureka: false, filterUpInstances: false});
  await Promise.all([start(full), start(delta), start(all)]);

  for (const each of [full, delta, all]) {
    await eventually('everybody is seen', () => of(each, 'full').length && of(each, 'DELTA').length);
    await eventually('vips are', () => each.getInstancesByVipAddress('shared').length === 2);
    assert.strictEqual(each.getInstancesByVipAddress('full.vip')[0].metadata['no xml <name>'], 'v');
    assert.strictEqual(of(each, 'delta')[0].port.$, 8085);
  }
  await Promise.all([next(full, 'heartbeat'), next(delta, 'heartbeat')]);

  // Out of service: gone for those who want what is up, and only marked for the others.
  const status = '/eureka/v2/apps/DELTA/127.0.0.1:delta/status';
  assert.strictEqual(await send('PUT', status + '?value=OUT_OF_SERVICE'), 200);
  await eventually('it is filtered', () => of(full, 'delta').length === 0);
  await eventually('it is marked', () => of(all, 'delta')[0].status === 'OUT_OF_SERVICE');
  assert.strictEqual(await send('DELETE', status + '?value=UP'), 200);
  await eventually('it is back', () => of(full, 'delta').length === 1);

  // A server that appears later reaches even those who only read what has changed.
  const late = client('later', {});
  await start(late);
  await eventually('a delta brings it', () => of(delta, 'later').length === 1);

  // The registry loses its memory: a heartbeat is answered 404, which makes them register.
  const again = [full, delta, late].map((each) => next(each, 'registered'));
  console.log('restart the registry');
  await Promise.all(again);
  await eventually('all are seen again', () => ['full', 'delta', 'later'].every(
      (app) => of(full, app).length === 1));
  console.log('registered again');

  const gone = next(late, 'deregistered');
  await stop(late);
  await gone;
  await eventually('it is off the list', () => of(full, 'later').length === 0);
  await eventually('and a delta says so', () => of(delta, 'later').length === 0);
  await Promise.all([stop(full), stop(delta), stop(all)]);
  console.log('all went as it should');
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
