/** What can go wrong with a call, as the screens need to tell it apart. */
import type { Problem } from './types';

/** The server answered with problem details. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }
}

/** No answer came: no network, a refused connection or a time-out. What was sent may or may not have arrived. */
export class NoAnswerError extends Error {
  constructor(readonly reason: 'network' | 'timeout') {
    super(
      reason === 'timeout'
        ? 'The server took too long to answer. Check your connection and try again.'
        : 'The server cannot be reached. Check your connection and try again.',
    );
    this.name = 'NoAnswerError';
  }
}

/** The session is over; sign in again. */
export class SignedOutError extends Error {
  constructor() {
    super('Your session has ended. Sign in again.');
    this.name = 'SignedOutError';
  }
}

/** The stable code of a refusal; nothing for other errors. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.problem.code : undefined;
}

/** Whether trying the same call again can help. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof ApiError && (error.problem.status >= 500 || error.problem.status === 429);
}

/** How long the server asks to wait, in milliseconds, at most half a minute. */
export function retryAfterMs(error: unknown): number | undefined {
  const seconds = error instanceof ApiError ? error.problem.retry_after : undefined;
  return seconds === undefined ? undefined : Math.min(30, seconds) * 1000;
}

/** Said in place of the server's words, which are for programs. */
const PLAIN: Readonly<Record<string, string>> = {
  settings_changed:
    'These settings were changed elsewhere meanwhile. What holds now was read again: look at it, then save once more.',
  password_refused: 'This is not your password.',
};

const ADVICE: Readonly<Record<string, string>> = {
  key_can_withdraw:
    'This key may withdraw money. Make a key at the exchange without the withdraw right and connect that one.',
  credential_refused: 'Check that key and secret were copied whole, and that the key is enabled.',
  client_order_id_reused: 'This order was already sent with other contents. Start a new order.',
  no_execution_venue_available:
    'No connected exchange can take this order now. Connect one, add funds, or try a smaller size.',
};

/** Words for people: what happened and what to do. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    const { code, detail, title, retry_after } = error.problem;
    const said = PLAIN[code] ?? (detail || title);
    const advice = ADVICE[code];
    const wait = retry_after === undefined ? '' : ` Try again in ${retry_after} s.`;
    const sentence = sentenceOf(said);
    return `${advice && advice !== said ? `${sentence} ${advice}` : sentence}${wait}`;
  }
  if (error instanceof Error) return error.message;
  return 'Something went wrong. Try again.';
}

/** The server's words as a sentence: `a stop must be ...` becomes `A stop must be ... .` */
export function sentenceOf(words: string): string {
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
