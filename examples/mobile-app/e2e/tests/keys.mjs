// The end of a key, and lines of the vault's log that the browser checks itself.
import { newUser } from '../lib/api.mjs';
import { open, signIn } from '../lib/browser.mjs';
import { equal, ok, Skip } from '../lib/expect.mjs';

const PROOF = '**/v1/credentials/audit/*/proof';

/** A user with a key of their own, which can be destroyed: one on a phone, since the simulated exchanges give no keys away. */
async function withKey(config) {
  const { login, api } = await newUser(config);
  const venue = (await api.get('/v1/venues')).find(({ needs_credential }) => needs_credential)?.id;
  if (!venue) throw new Skip('the server has only venues without keys');
  await api.post('/v1/credentials/device', { venue, label: 'My phone' });
  return { login, api, venue };
}

async function checkLine(page, action) {
  const line = page.getByTestId(`key-event-${action}`).first();
  await line.getByTestId('key-event-open').click();
  await line.getByTestId('proof-check').click();
  return line;
}

export const tests = [
  {
    name: 'a key is disconnected, then destroyed with its name and the password, and the browser proves the line about it',
    async run({ browser, config }) {
      const { login, api, venue } = await withKey(config);
      const { context, page, faults } = await open(browser, config);
      await signIn(page, login);
      await page.getByTestId('nav-settings').click();
      await page.getByTestId(`disconnect-${venue}`).click();
      await page.getByTestId('disconnect-confirm').click();
      await page.getByTestId(`ended-${venue}`).waitFor();
      await page.getByTestId(`manage-${venue}`).click();
      await page.getByTestId('destroy-open').click();
      const confirm = page.getByTestId('destroy-confirm');
      await page.getByTestId('destroy-password').fill('not the password');
      await page.getByTestId('destroy-name').fill('my phone');
      equal(await confirm.getAttribute('aria-disabled'), 'true', 'destroying under another name is disabled');
      await page.getByTestId('destroy-name').fill('My phone');
      await confirm.click();
      await page.getByTestId('destroy-error').getByText('not the account').waitFor();
      equal((await api.get('/v1/credentials'))[0].status, 'revoked', 'status after a wrong password');
      await page.getByTestId('destroy-password').fill(login.password);
      await confirm.click();
      await page.getByTestId('key-destroy').waitFor({ state: 'detached' });
      await page.getByTestId('key-custody').getByText('Nothing is stored of this key any more').waitFor();
      equal((await api.get('/v1/credentials'))[0].status, 'destroyed', 'status at the server');

      const answer = page.waitForResponse(PROOF);
      const line = await checkLine(page, 'destroy');
      await line.getByTestId('proof-holds').waitFor();
      const proof = await (await answer).json();
      equal(proof.entry.action, 'destroy', 'what was proven');
      equal(await line.getByTestId('proof-root').textContent(), proof.checkpoint.root, 'root');
      const pin = await page.evaluate(
        () => Object.entries({ ...localStorage }).find(([key]) => key.startsWith('nija.vault-pin.'))?.[1],
      );
      equal(await line.getByTestId('proof-pin').textContent(), pin, 'the key that is pinned');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'a line or a proof that the server changes is not proven',
    async run({ browser, config }) {
      const { login, venue } = await withKey(config);
      const { context, page, faults } = await open(browser, config);
      // A server that says something else than the log: a proof with a changed entry, and a list with a changed line.
      await page.route(PROOF, async (route) => {
        const response = await route.fetch();
        const proof = await response.json();
        if (proof.entry.action === 'register_device_key') proof.entry.count += 1;
        await route.fulfill({ response, json: proof });
      });
      await page.route('**/v1/credentials/audit?*', async (route) => {
        const response = await route.fetch();
        const list = await response.json();
        for (const item of list.items) if (item.action === 'revoke') item.origin = 'api 203.0.113.7';
        await route.fulfill({ response, json: list });
      });
      await signIn(page, login);
      await page.getByTestId('nav-settings').click();
      await page.getByTestId(`disconnect-${venue}`).click();
      await page.getByTestId('disconnect-confirm').click();
      await page.getByTestId(`ended-${venue}`).waitFor();
      await page.getByTestId(`manage-${venue}`).click();
      const touched = await checkLine(page, 'register_device_key');
      await touched.getByTestId('proof-error').getByText('does not lead to what the vault signed').waitFor();
      const other = await checkLine(page, 'revoke');
      await other.getByTestId('proof-error').getByText('says something else at this place').waitFor();
      ok((await page.getByTestId('proof-holds').count()) === 0, 'a line was proven that should not be');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
];
