// cluster - several nodes behind Debian's HAProxy, each with a way of its own to one Redis, that can be spoiled.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { startFront } from '../e2e/support/front.mjs';
import { freePort } from '../e2e/support/ports.mjs';
import { startRedis } from '../e2e/support/redis.mjs';
import { folderWith } from '../e2e/support/server.mjs';
import { ChaosProxy } from './proxy.mjs';
import { ServerUnderTest } from './server.mjs';

/** Round-robin, and TLS is not its business: each connection goes to the next node that says it is ready. */
const balancerConfig = (port, nodes) => `
global
  maxconn 4000
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  retries 3
  option redispatch
listen parley
  bind 127.0.0.1:${port}
  balance roundrobin
  option httpchk GET /readyz
  default-server inter 300ms fall 1 rise 1
${nodes.map(({ tls, admin }, index) => `  server node${index} 127.0.0.1:${tls} check port ${admin}`).join('\n')}
`;

/** As one ServerUnderTest to the campaign: it starts, is picked from by the nemesis, and is judged as a whole. */
export class ClusterUnderTest {
  #size;
  #config;
  #build;
  #redis;
  #balancer;
  /** @type {ServerUnderTest[]} */
  #nodes = [];
  /** The way of each node to Redis. @type {ChaosProxy[]} */
  #ways = [];
  /** Where the load balancer listens. */
  port = 0;
  certificate = '';

  constructor(size, config, build) {
    this.#size = size;
    this.#config = config;
    this.#build = build;
  }

  async start() {
    this.#redis = await startRedis();
    const key = randomBytes(32).toString('base64');
    const ports = [];
    for (let i = 0; i < this.#size; i += 1) {
      const [tls, admin, way] = [await freePort(), await freePort(), new ChaosProxy()];
      const url = `redis://127.0.0.1:${await way.listen(this.#redis.port)}`;
      const own = {
        server: { tls_listen: [`127.0.0.1:${tls}`] },
        admin: { listen: [`127.0.0.1:${admin}`] },
        cluster: { key, node_name: `node${i}`, redis: { url } },
      };
      ports.push({ tls, admin });
      this.#ways.push(way);
      this.#nodes.push(new ServerUnderTest({ ...this.#config, ...own }, this.#build, this.#nodes[0]));
    }
    await Promise.all(this.#nodes.map((node) => node.start()));
    this.certificate = this.#nodes[0].certificate;
    await this.#startBalancer(ports);
  }

  async #startBalancer(nodes) {
    this.#balancer = await startFront('haproxy', async () => {
      const port = await freePort();
      const folder = folderWith({ 'haproxy.cfg': balancerConfig(port, nodes) });
      return { args: ['-db', '-f', join(folder, 'haproxy.cfg')], port };
    });
    this.port = this.#balancer.port;
  }

  /** A node for a fault to hit. @param {import('./random.mjs').Random} random */
  pick(random) {
    return random.pick(this.#nodes);
  }

  /** Faults of Redis, and of a node's way to it. @param {string} kind @param {import('./random.mjs').Random} random */
  async harm(kind, random) {
    const ms = random.between(500, 8000);
    await this.#harms[kind](random, ms);
  }

  #harms = {
    'bus-cut': async (random, ms) => {
      const way = random.pick(this.#ways);
      for (const pair of way.pairs) pair.freeze(ms);
      await pause(ms);
    },
    'bus-reset': async (random, ms) => {
      const way = random.pick(this.#ways);
      way.refuse(ms);
      for (const pair of way.pairs) pair.cut();
      await pause(ms);
    },
    'redis-kill': async (random, ms) => {
      await this.#redis.kill();
      await pause(ms);
      await this.#redis.start();
    },
    'redis-stop': async (random, ms) => {
      this.#redis.signal('SIGSTOP');
      await pause(ms);
      this.#redis.signal('SIGCONT');
    },
    'redis-flush': async () => this.#redis.command('FLUSHALL'),
  };

  get isRunning() {
    return this.#nodes.some((node) => node.isRunning);
  }

  get cpuSeconds() {
    return this.#nodes.reduce((sum, node) => sum + node.cpuSeconds, 0);
  }

  get starts() {
    return this.#nodes.reduce((sum, node) => sum + node.starts, 0);
  }

  get crashes() {
    return this.#nodes.flatMap((node) => node.crashes);
  }

  get complaints() {
    const all = new Map();
    for (const { complaints } of this.#nodes) for (const [name, count] of complaints) all.set(name, (all.get(name) ?? 0) + count);
    return all;
  }

  get log() {
    return this.#nodes.map(({ log }, index) => `node${index}:\n${log}`).join('\n');
  }

  /** Summed over the nodes. @param {string} name */
  async metric(name) {
    const all = await Promise.all(this.#nodes.map((node) => node.metric(name)));
    return all.reduce((sum, value) => sum + value, 0);
  }

  async kill() {
    await Promise.all(this.#nodes.filter((node) => node.isRunning).map((node) => node.kill()));
    await this.#balancer.stop();
    for (const way of this.#ways) way.close();
    await this.#redis.kill();
  }
}
