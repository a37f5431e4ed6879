// cluster.mjs - several real servers that are nodes of one cluster, over a real Redis.
import { randomBytes } from 'node:crypto';

import { startRedis } from './redis.mjs';
import { startServer } from './server.mjs';

/** Servers that have come to know each other, by the name of each. */
export class Cluster {
  #key = randomBytes(32).toString('base64');
  #config;
  #count = 0;
  nodes = [];

  /** @param {import('./redis.mjs').Redis} redis @param {object} config settings of each node */
  constructor(redis, config) {
    this.redis = redis;
    this.#config = config;
  }

  /**
   * Starts one more node; gives it back once all know it.
   * @param {object} config settings over those of the cluster
   * @param {string} redisUrl where it is to reach Redis
   */
  async add(config = {}, redisUrl = this.redis.url) {
    const name = `node-${++this.#count}`;
    const settings = { 'cluster.node_name': name, ...this.#config, ...config };
    const env = { PARLEY_CLUSTER_KEY: this.#key, PARLEY_CLUSTER_REDIS_URL: redisUrl };
    const node = await startServer({ config: settings, env });
    Object.assign(node, { nodeName: name });
    const others = this.nodes;
    this.nodes = [...others, node];
    await Promise.all([
      node.logged('bus.up'),
      ...others.flatMap((other) => [
        other.logged('cluster.node_joined', (event) => event.name === name),
        node.logged('cluster.node_joined', (event) => event.name === other.nodeName),
      ]),
    ]);
    return node;
  }

  /** Ends a node as a crash would. */
  async kill(node) {
    this.nodes = this.nodes.filter((other) => other !== node);
    await node.kill();
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.redis.kill();
  }
}

/** @param {number} size how many nodes */
export async function startCluster(size, config = {}) {
  const cluster = new Cluster(await startRedis(), config);
  for (let i = 0; i < size; i++) await cluster.add();
  return cluster;
}
