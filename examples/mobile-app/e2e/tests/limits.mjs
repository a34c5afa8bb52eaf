// Risk and routing settings: what holds, what waits, and changes that cross.
import { newUser } from '../lib/api.mjs';
import { open, signIn } from '../lib/browser.mjs';
import { equal, ok } from '../lib/expect.mjs';

async function toSettings(page, login) {
  await signIn(page, login);
  await page.getByTestId('nav-settings').click();
  await page.getByTestId('routing-policy').waitFor();
}

export const tests = [
  {
    name: 'routing is changed to one’s own weights and back to the platform’s',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page, faults } = await open(browser, config);
      await toSettings(page, login);
      equal(await page.getByTestId('routing-by').textContent(), 'The platform', 'who chose the policy');
      await page.getByTestId('routing-edit').click();
      await page.getByTestId('routing-choice-weighted_score').click();
      await page.getByTestId('routing-weights-own').click();
      for (const [factor, weight] of [
        ['fees', '70'],
        ['reliability', '10'],
        ['latency', '10'],
        ['load', '5'],
        ['record', '6'],
      ])
        await page.getByTestId(`routing-field-${factor}`).fill(weight);
      await page.getByTestId('routing-save').click();
      await page.getByTestId('routing-problem').getByText('Together they are 101 %').waitFor();
      await page.getByTestId('routing-field-record').fill('5');
      await page.getByTestId('routing-save').click();
      await page.getByTestId('routing-by').getByText('You').waitFor();
      equal(await page.getByTestId('routing-weight-fees').textContent(), '70\u00a0%', 'weight of the fees');
      const stands = await api.get('/v1/settings/routing');
      equal(Number(stands.effective_weights.fees), 0.7, 'weight of the fees at the server');
      await page.getByTestId('routing-edit').click();
      await page.getByTestId('routing-choice-platform').click();
      await page.getByTestId('routing-weights-platform').click();
      await page.getByTestId('routing-save').click();
      await page.getByTestId('routing-by').getByText('The platform').waitFor();
      ok((await api.get('/v1/settings/routing')).weights === undefined, 'weights of their own are left');
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
  {
    name: 'routing that another device changes while it is edited is said before anything is overwritten',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page } = await open(browser, config);
      await toSettings(page, login);
      await page.getByTestId('routing-edit').click();
      await page.getByTestId('routing-choice-weighted_score').click();
      await api.change('/v1/settings/routing', { policy: 'expected_cost' });
      await page.getByTestId('routing-conflict').getByText('lowest expected cost holds now').waitFor();
      equal((await api.get('/v1/settings/routing')).policy, 'expected_cost', 'policy after the conflict');
      await page.getByTestId('routing-save').click();
      await page.getByTestId('routing-by').getByText('You').waitFor();
      equal((await api.get('/v1/settings/routing')).policy, 'weighted_score', 'policy after it was seen');
      await context.close();
    },
  },
  {
    name: 'limits of one’s own: tighter at once, looser with the password and later, and a change that crosses is said',
    async run({ browser, config }) {
      const { login, api } = await newUser(config);
      const { context, page, faults } = await open(browser, config);
      await toSettings(page, login);
      await page.getByTestId('risk-edit').click();
      await page.getByTestId('risk-field-max_equity_share').fill('abc');
      await page.getByTestId('risk-save').click();
      await page.getByText('Use digits and one decimal point.').waitFor();
      await page.getByTestId('risk-field-max_equity_share').fill('4');
      await page.getByTestId('risk-field-positions').fill('2');
      await page.getByTestId('risk-save').click();
      await page.getByTestId('risk-share').getByText('4\u00a0%').waitFor();
      equal((await api.get('/v1/settings/risk')).limits.positions, 2, 'open positions at the server');

      await page.getByTestId('risk-edit').click();
      await page.getByTestId('risk-field-max_equity_share').fill('3');
      await api.change('/v1/settings/risk', { limits: { max_equity_share: '0.025', positions: 2 } });
      await page.getByTestId('risk-conflict').waitFor();
      await page.getByTestId('risk-share').getByText('2.5\u00a0%').waitFor();
      await page.getByTestId('risk-save').click();
      // 3 is looser than what stands now.
      await page.getByTestId('risk-password').fill('not the password');
      await page.getByTestId('risk-confirm').click();
      await page.getByText('This is not your password.').waitFor();
      await page.getByTestId('risk-password').fill(login.password);
      await page.getByTestId('risk-confirm').click();
      const year = new Date().getFullYear();
      await page
        .getByTestId('risk-pending')
        .getByText(new RegExp(`in force from .*${year}`))
        .waitFor();
      const waiting = await api.get('/v1/settings/risk');
      equal(Number(waiting.pending.limits.max_equity_share), 0.03, 'the limit that waits');
      equal(Number(waiting.effective.max_equity_share), 0.025, 'the limit that holds');
      await page.getByTestId('risk-take-back').click();
      await page.getByTestId('risk-pending').waitFor({ state: 'detached' });
      equal(faults.join('; '), '', 'faults');
      await context.close();
    },
  },
];
