// main - `./dev chaos`: one campaign against the real binary, with its figures and the checker's verdict at the end.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runCampaign } from './campaign.mjs';

const number = (text) => ({ type: /** @type {const} */ ('string'), default: text });
const { values } = parseArgs({
  options: { faults: number('1000'), messages: number('1000000'), seed: number('1'), minutes: number('25'), rooms: number('40'), nodes: number('1') },
});
const wish = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
if (Object.values(wish).some((value) => !(value >= 1))) {
  process.stderr.write('chaos: every argument is a number from 1\n');
  process.exit(64);
}

const plan = {
  ...wish,
  least: wish.faults >= 100 ? 3 : 0,
  stops: Math.floor(wish.faults / 200),
  perSecond: wish.messages / (wish.minutes * 60),
  threads: 2,
  graceMs: 30_000,
  longStopMs: 30_000,
  comesAndGoes: true,
  distortion: null,
  only: null,
  limits: {},
  build: 'release',
  endsCalm: true,
};
const file = join('build', 'chaos', `history-${wish.seed}`);
mkdirSync(join('build', 'chaos'), { recursive: true });
const say = (text) => process.stdout.write(`chaos: ${text}\n`);
say(`seed ${wish.seed}, ${wish.nodes} node(s), ${wish.messages} messages, ${wish.faults} faults, about ${wish.minutes} minutes`);
const { figures, troubles, verdict } = await runCampaign(plan, file, say);
for (const [name, value] of Object.entries(figures)) say(`${name} ${JSON.stringify(value)}`);
for (const trouble of troubles) say(`TROUBLE: ${trouble}`);
say(`${file}: ${verdict.text}`);
process.exitCode = verdict.isRight && troubles.length === 0 ? 0 : 1;
