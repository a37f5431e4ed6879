// @ts-check
/** retry - makes a request again that the server could not take at the moment. */

/** For how long in all it waits. */
const PATIENCE_MS = 30_000;
/** When the server did not say how long to wait. */
const AGAIN_MS = 1000;

/** @typedef {(message: Record<string, unknown>) => Promise<import('./messages.js').Message>} Request */

/**
 * Only for what may be done twice: an answer may be lost while a room's home moves.
 * @param {import('./platform.js').Platform} platform
 * @param {Request} request
 * @returns {Request} rejects as that does, `rate_limited` only after a while
 */
export function patient(platform, request) {
  return async (message) => {
    for (let left = PATIENCE_MS; ; ) {
      try {
        return await request(message);
      } catch (error) {
        const { code, retryAfterMs = AGAIN_MS } = /** @type {import('./errors.js').ParleyError} */ (error);
        if (code !== 'rate_limited' || (left -= retryAfterMs + 1) < 0) throw error;
        await new Promise((resolve) => platform.setTimeout(() => resolve(null), retryAfterMs));
      }
    }
  };
}
