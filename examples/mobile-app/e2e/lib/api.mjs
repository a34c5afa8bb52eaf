// The API over plain HTTP, as another client would use it beside the open dashboard.
export async function connect({ url, email, password }) {
  return callsOf(url, await json(await fetch(`${url}/v1/auth/login`, send('POST', { email, password }))));
}

/** A new user, who trades at the paper venue alone: no strategy trades beside them. Their login and their API. */
export async function newUser({ url }) {
  const login = {
    email: `e2e-${Math.random().toString(36).slice(2)}@example.com`,
    password: `made at run time ${Math.random()}`,
  };
  const session = await json(await fetch(`${url}/v1/auth/signup`, send('POST', login)));
  return { login: { url, ...login }, api: callsOf(url, session) };
}

function callsOf(url, session) {
  const headers = { authorization: `Bearer ${session.access_token}` };
  return {
    get: async (path) => json(await fetch(`${url}${path}`, { headers })),
    post: async (path, body) => json(await fetch(`${url}${path}`, send('POST', body, headers))),
    put: async (path, body) => json(await fetch(`${url}${path}`, send('PUT', body, headers))),
    /** As another device changes settings: on top of what stands now. */
    change: async (path, body) => {
      const { version } = await json(await fetch(`${url}${path}`, { headers }));
      return json(await fetch(`${url}${path}`, send('PUT', body, { ...headers, 'if-match': version })));
    },
    /** The refusal of a call that must not go through. */
    refusal: async (path, body) => {
      const response = await fetch(`${url}${path}`, send('POST', body, headers));
      if (response.ok) throw new Error(`${path} went through: ${await response.text()}`);
      return response.json();
    },
  };
}

/** A small market order that every venue takes. */
export async function placeOrder(api, { symbol, side = 'buy', size = '25' }, query = '') {
  return api.post(`/v1/orders${query}`, { symbol, side, size, size_type: 'quote', order_type: 'market' });
}

/** A pair that can be traded, and at least one open position, so that there is something to watch. */
export async function seed(api) {
  const [market] = await api.get('/v1/markets');
  if (!market) throw new Error('the server lists no market');
  const open = await api.get('/v1/positions/open');
  if (open.length === 0) await placeOrder(api, { symbol: market.symbol }, '?wait_ms=5000');
  return market.symbol;
}

/** Asks until there is an answer that is so. */
export async function until(ask, isSo, what) {
  const end = Date.now() + 15_000;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) throw new Error(`never: ${what}; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function send(method, body, headers = {}) {
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function json(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${response.url}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}
