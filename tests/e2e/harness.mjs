// harness.mjs - all that a scene needs: the real server, scripted peers, tokens, raw sockets, and bounded waiting.
export { BINARY, ROOT, folderWith, runParley, startServer } from './support/server.mjs';
export { Peer, SUBPROTOCOL, UpgradeRefused, connectPeer, meet, openPeer } from './support/peer.mjs';
export { comeBack, gather, killAndRestart, knockWith, restart } from './support/sessions.mjs';
export { API_KEY, API_SECRET, claimsOf, mintToken, mintWithKey, newSigningKey, nowSeconds, signToken } from './support/token.mjs';
export { faultOfLine, parseLogLine } from './support/lines.mjs';
export { OPCODE, dial, frame, rawRequest, rawUpgrade, upgradeRequest } from './support/raw.mjs';
export { leaks, marker, plant, plantedCandidate, plantedCount, plantedSdp } from './support/secrets.mjs';
export { Inbox, WAIT_MS, eventually, within } from './support/wait.mjs';
export { skipWithoutRedis, startRedis } from './support/redis.mjs';
export { startCluster } from './support/cluster.mjs';
