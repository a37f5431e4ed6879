// secrets - what a server's log may not hold of the calls that went over it (T-02): known shapes, and what was really handed out.

/** Shapes that only secrets, tokens and descriptions of sessions have. */
const SHAPES = [
  ['a token', /eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+/],
  ['SDP', /a=(ice-ufrag|ice-pwd|fingerprint):/],
  ['a candidate', /candidate:/],
];

/** Environment variables that give a server its secrets. */
const SECRET_VARIABLE = /^PARLEY_.*(SECRET|KEYS?|PASSWORD)$/;
const SECRET_MIN = 12;

/** secret text -> what it is; of this test process. */
const known = new Map();

function remember(kind, text) {
  if (typeof text === 'string' && text.length >= SECRET_MIN) known.set(text, kind);
}

/** Remembers the secrets that a server is started with. @param {Record<string, string>} env */
export function rememberSecretsOf(env) {
  for (const [name, value] of Object.entries(env)) if (SECRET_VARIABLE.test(name)) remember(name, value);
}

function rememberMessage(text) {
  const message = JSON.parse(text);
  remember('the token of a hello', message.token);
  for (const { credential } of message.iceServers ?? []) remember('a TURN password', credential);
}

/** Remembers what the messages of a page hold. @param {import('playwright-core').Page} page */
export function rememberSecretsIn(page) {
  page.on('websocket', (socket) => {
    for (const event of ['framesent', 'framereceived'])
      socket.on(event, ({ payload }) => typeof payload === 'string' && rememberMessage(payload));
  });
}

/** Which secrets `text` holds: none, or a few words for each. */
export function leaksIn(text) {
  const shapes = SHAPES.filter(([, shape]) => shape.test(text));
  const texts = [...known].filter(([secret]) => text.includes(secret));
  return [...shapes.map(([kind, shape]) => `${kind}: ${text.match(shape)[0]}`), ...texts.map(([secret, kind]) => `${kind}: ${secret}`)];
}

/** How many secrets of a kind were seen: none means that nothing was searched for. */
export function rememberedCount(kind) {
  return [...known.values()].filter((one) => one === kind).length;
}
