// @ts-check
/** stats - the few figures of getStats() that say whether media flows, and how. */

/**
 * @typedef {object} PeerStats
 * @property {RTCPeerConnectionState} connectionState
 * @property {{local: string, remote: string, protocol: string, rttMs: number | null} | null} pair types of the selected candidates
 * @property {{audioPackets: number, audioSamples: number, framesDecoded: number, bytes: number}} received
 * @property {{audioPackets: number, framesEncoded: number, bytes: number}} sent
 */

/**
 * @param {RTCPeerConnection} pc
 * @returns {Promise<PeerStats>}
 */
export async function readStats(pc) {
  const report = await pc.getStats();
  const rows = [...report.values()];
  const inbound = rows.filter((row) => row.type === 'inbound-rtp');
  const outbound = rows.filter((row) => row.type === 'outbound-rtp');
  return {
    connectionState: pc.connectionState,
    pair: selectedPair(report, rows),
    received: {
      audioPackets: sum(inbound, 'audio', 'packetsReceived'),
      audioSamples: sum(inbound, 'audio', 'totalSamplesReceived'),
      framesDecoded: sum(inbound, 'video', 'framesDecoded'),
      bytes: sum(inbound, null, 'bytesReceived'),
    },
    sent: {
      audioPackets: sum(outbound, 'audio', 'packetsSent'),
      framesEncoded: sum(outbound, 'video', 'framesEncoded'),
      bytes: sum(outbound, null, 'bytesSent'),
    },
  };
}

/**
 * @param {any[]} rows
 * @param {string | null} kind
 * @param {string} field
 */
function sum(rows, kind, field) {
  return rows.filter((row) => !kind || row.kind === kind).reduce((total, row) => total + (row[field] ?? 0), 0);
}

/**
 * @param {RTCStatsReport} report
 * @param {any[]} rows
 */
function selectedPair(report, rows) {
  const transport = rows.find((row) => row.type === 'transport' && row.selectedCandidatePairId);
  const pair = transport ? report.get(transport.selectedCandidatePairId) : rows.find((row) => row.type === 'candidate-pair' && row.selected);
  if (!pair) return null;
  const local = report.get(pair.localCandidateId);
  const remote = report.get(pair.remoteCandidateId);
  const rtt = pair.currentRoundTripTime;
  return {
    local: local?.candidateType ?? 'unknown',
    remote: remote?.candidateType ?? 'unknown',
    protocol: local?.protocol ?? 'unknown',
    rttMs: typeof rtt === 'number' ? Math.round(rtt * 1000) : null,
  };
}
