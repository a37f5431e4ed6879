// distortions - clients with a fault of their own, to show that the checker would see one.

/** Each makes what watchedSocketClass() takes as `distort`, for one client. */
export const DISTORTIONS = {
  /** Passes nothing over: what was sent again, because a server died, looks new to it. */
  forgetful: () => (text) => (isMessage(text) ? text.replace(/,"seq":\d+/, '') : text),

  /** Drops one message in a hundred and receipts it all the same, for receipts are cumulative. */
  deaf: () => {
    let count = 0;
    return (text) => (isMessage(text) && ++count % 100 === 0 ? null : text);
  },
};

/** One that a test's application sent. */
function isMessage(text) {
  return /"type":"(?:relay|broadcast)"/.test(text) && text.includes('"body":{"id":');
}
