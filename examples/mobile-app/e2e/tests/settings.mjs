import { open, signIn } from '../lib/browser.mjs';
import { equal, ok, Skip } from '../lib/expect.mjs';

export const tests = [
  {
    name: 'an exchange secret leaves the browser only sealed',
    async run({ browser, api, config }) {
      const venues = await api.get('/v1/venues');
      if (!venues.some((venue) => venue.needs_credential)) throw new Skip('the server has only venues without keys');
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await page.goto('/connect');
      const secret = `made-at-run-time-${Math.random().toString(36).slice(2)}`;
      const bodies = [];
      page.on('request', (request) => bodies.push(`${request.url()} ${request.postData() ?? ''}`));
      await page.getByTestId('connect-label').fill('End-to-end');
      await page.getByTestId('connect-key').fill('an-api-key');
      await page.getByTestId('connect-secret').fill(secret);
      const stored = page.waitForRequest('**/v1/credentials/store');
      await page.getByTestId('connect-submit').click();
      const sealed = (await stored).postDataJSON();
      equal(Object.keys(sealed).sort().join(), 'ciphertext,encapsulated_key,key_id,label,venue', 'fields sent');
      equal(Buffer.from(sealed.encapsulated_key, 'base64').length, 32, 'bytes of the encapsulated key');
      // The venue may well refuse a made-up key: then that is said in words.
      await page.getByTestId('connect-done').or(page.getByTestId('connect-error')).waitFor();
      ok(
        !bodies.some((body) => body.includes(secret) || body.includes(Buffer.from(secret).toString('base64'))),
        'the secret was sent in the clear',
      );
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'a new key is checked beside the old one before anything changes',
    async run({ browser, api, config }) {
      const keys = await api.get('/v1/credentials');
      const key = keys.find((one) => one.status === 'active' && one.custody === 'delegated');
      if (!key) throw new Skip('no exchange is connected');
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await page.getByTestId('nav-settings').click();
      await page.getByTestId(`manage-${key.venue}`).click();
      await page.getByTestId('key-custody').getByText('Always on').waitFor();
      await page.getByTestId('key-check').click();
      await page.getByText('just now').first().waitFor();
      const secret = Buffer.from(`made-at-run-time-${Math.random().toString(36).slice(2)}`).toString('base64');
      const bodies = [];
      page.on('request', (request) => bodies.push(request.postData() ?? ''));
      await page.getByTestId('rotation-key').fill('a-made-up-key');
      await page.getByTestId('rotation-secret').fill(secret);
      await page.getByTestId('rotation-begin').click();
      await page.getByTestId('rotation-error').waitFor();
      ok(!bodies.some((body) => body.includes(secret)), 'the secret was sent in the clear');
      const after = (await api.get('/v1/credentials')).find((one) => one.id === key.id);
      equal(after.version, key.version, 'version of the key in use');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'an unlock key is derived on the device and the page says what nobody can do meanwhile',
    async run({ browser, api, config }) {
      const venues = await api.get('/v1/venues');
      if (!venues.some((venue) => venue.needs_credential)) throw new Skip('the server has only venues without keys');
      const { context, page, faults } = await open(browser, config);
      await signIn(page, config);
      await page.goto('/connect');
      await page.getByTestId('connect-custody-session').click();
      await page.getByTestId('connect-away').getByText('nothing here can close a position').waitFor();
      const passphrase = `a passphrase made at run time ${Math.random()}`;
      const bodies = [];
      page.on('request', (request) => bodies.push(request.postData() ?? ''));
      await page.getByTestId('connect-key').fill('an-api-key');
      await page.getByTestId('connect-secret').fill('c2VjcmV0');
      await page.getByTestId('connect-lock').fill(passphrase);
      const stored = page.waitForRequest('**/v1/credentials/session', { timeout: 60_000 });
      await page.getByTestId('connect-submit').click();
      const sent = (await stored).postDataJSON();
      equal(sent.derivation.memory_kib, 65536, 'KiB of the derivation');
      equal(sent.derivation.salt.length, 32, 'digits of the salt');
      // The made-up key opens for its check, and the venue refuses it.
      await page.getByTestId('connect-error').waitFor();
      ok(!bodies.some((body) => body.includes(passphrase)), 'the passphrase was sent');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'older activity is fetched as the end comes near',
    async run({ browser, api, config }) {
      const first = await api.get('/v1/activity?limit=50');
      if (!first.next_cursor) throw new Skip('fewer than 51 lines of activity');
      const { context, page } = await open(browser, config, { width: 360, height: 800 });
      await signIn(page, config);
      await page.getByTestId('nav-activity').click();
      const rows = page.getByTestId('activity-row');
      await rows.first().waitFor();
      await rows.last().scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.querySelectorAll('[data-testid="activity-row"]').length > 50);
      await context.close();
    },
  },
];
