// The API over plain HTTP, as another client would use it beside the open dashboard.
export async function connect({ url, email, password }) {
  const session = await json(await fetch(`${url}/v1/auth/login`, post({ email, password })));
  const headers = { authorization: `Bearer ${session.access_token}` };
  return {
    get: async (path) => json(await fetch(`${url}${path}`, { headers })),
    post: async (path, body) => json(await fetch(`${url}${path}`, post(body, headers))),
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

function post(body, headers = {}) {
  return { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function json(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${response.url}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}
