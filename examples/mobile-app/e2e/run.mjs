// End-to-end tests of the dashboard in Chromium against a running server.
//   NIJA_URL=http://127.0.0.1:8080 NIJA_EMAIL=... NIJA_PASSWORD=... npm run e2e
// Prints `N passed, N failed, N skipped`; screenshots go to e2e/out/.
import { mkdirSync, rmSync } from 'node:fs';

import { connect } from './lib/api.mjs';
import { launch } from './lib/browser.mjs';
import { config, OUT } from './lib/config.mjs';
import { Skip } from './lib/expect.mjs';
import { tests as admin } from './tests/admin.mjs';
import { tests as account } from './tests/account.mjs';
import { tests as looks } from './tests/looks.mjs';
import { tests as live } from './tests/live.mjs';
import { tests as trading } from './tests/trading.mjs';
import { tests as kill } from './tests/kill.mjs';
import { tests as keys } from './tests/keys.mjs';
import { tests as limits } from './tests/limits.mjs';
import { tests as protection } from './tests/protection.mjs';
import { tests as settings } from './tests/settings.mjs';

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const only = process.argv[2];
const all = [
  ...account,
  ...live,
  ...trading,
  ...kill,
  ...protection,
  ...settings,
  ...keys,
  ...limits,
  ...admin,
  ...looks,
].filter(({ name }) => !only || name.includes(only));
const api = await connect(config);
const browser = await launch();
const count = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const { name, run } of all) {
    const started = Date.now();
    const outcome = await attempt(() => run({ browser, api, config }));
    count[outcome.kind] += 1;
    console.log(
      `${{ passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[outcome.kind]} ${name} (${Date.now() - started} ms)${outcome.text}`,
    );
  }
} finally {
  await browser.close();
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;

async function attempt(run) {
  try {
    await run();
    return { kind: 'passed', text: '' };
  } catch (error) {
    if (error instanceof Skip) return { kind: 'skipped', text: `: ${error.message}` };
    return { kind: 'failed', text: `\n     ${String(error.stack ?? error).replaceAll('\n', '\n     ')}` };
  }
}
