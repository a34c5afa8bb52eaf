/** How to make a key that trades but cannot withdraw, by exchange. */
export interface Guide {
  steps: string[];
  passphrase: boolean;
}

const GUIDES: Readonly<Record<string, Guide>> = {
  kraken: {
    passphrase: false,
    steps: [
      'In Kraken Pro, open Settings, then API, and create a key.',
      'Allow: query funds, query open and closed orders, create and modify orders, cancel orders.',
      'Leave out: withdraw funds. A key that may withdraw is refused.',
    ],
  },
  coinbase: {
    passphrase: false,
    steps: [
      'In the Coinbase developer portal, create a secret API key with ECDSA.',
      'Allow: view and trade. Leave out: transfer. A key that may transfer is refused.',
    ],
  },
  binance: {
    passphrase: false,
    steps: [
      'On Binance, open API Management and create a system-generated (HMAC) key, or an Ed25519 one.',
      'Allow: enable reading, enable spot trading. Restrict it to the address of this server where you can.',
      'Leave out: withdrawals and transfers. A key that may do either is refused.',
    ],
  },
  alpaca: {
    passphrase: false,
    steps: [
      'In the Alpaca dashboard, choose the account (live or paper) and generate an API key.',
      'Alpaca cannot say what a key may do: keep it for this platform alone.',
    ],
  },
  okx: {
    passphrase: true,
    steps: [
      'On OKX, open API and create a key for API trading, with a passphrase of your own.',
      'Allow: read and trade. Bind it to the address of this server where you can: else it ends after 14 days without use.',
      'Leave out: withdraw. A key that may withdraw is refused.',
    ],
  },
};

const GENERAL: Guide = {
  passphrase: false,
  steps: [
    'Create an API key in the settings of the exchange.',
    'Allow reading balances and trading. Leave out withdrawing: such a key is refused.',
  ],
};

/** A second connection of a kind, such as `kraken-b`, is guided like the first. */
export function guideFor(venue: string): Guide {
  return GUIDES[venue.split('-')[0] ?? venue] ?? GENERAL;
}
