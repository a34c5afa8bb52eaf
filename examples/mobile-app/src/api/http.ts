/** One HTTP call with a deadline, and its answer as JSON or as a typed error. */
import { ApiError, NoAnswerError } from './errors';
import type { Problem } from './types';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  method: Method;
  path: string;
  query?: Query;
  body?: unknown;
  token?: string;
  /** The version that a change is based on. */
  ifMatch?: string;
  signal?: AbortSignal;
}

export interface Http {
  baseUrl: () => string;
  fetch: typeof fetch;
  /** Milliseconds until a call is given up. */
  timeoutMs: number;
}

export function withQuery(path: string, query: Query = {}): string {
  const parts = Object.entries(query)
    .filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return parts.length ? `${path}?${parts.join('&')}` : path;
}

/** Sends one call. Throws `ApiError` for an error answer and `NoAnswerError` when there was none. */
export async function send<T>(http: Http, call: Call): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), http.timeoutMs);
  const forward = () => deadline.abort();
  call.signal?.addEventListener('abort', forward);
  try {
    const response = await http.fetch(`${http.baseUrl()}${withQuery(call.path, call.query)}`, {
      method: call.method,
      headers: headersOf(call),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: deadline.signal,
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(problemOf(response.status, text));
    return (text ? JSON.parse(text) : undefined) as T;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (call.signal?.aborted) throw error;
    if (error instanceof SyntaxError) throw new ApiError(problemOf(502, ''));
    throw new NoAnswerError(deadline.signal.aborted ? 'timeout' : 'network');
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', forward);
  }
}

function headersOf(call: Call): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (call.body !== undefined) headers['Content-Type'] = 'application/json';
  if (call.ifMatch) headers['If-Match'] = call.ifMatch;
  if (call.token) headers['Authorization'] = `Bearer ${call.token}`;
  return headers;
}

/** A proxy in between may answer without problem details; make one up so that screens see one shape. */
function problemOf(status: number, text: string): Problem {
  try {
    const value = JSON.parse(text) as Partial<Problem>;
    if (typeof value.code === 'string') {
      return {
        type: value.type ?? 'about:blank',
        title: value.title ?? value.code,
        status,
        code: value.code,
        detail: value.detail ?? '',
        request_id: value.request_id,
        order: value.order,
        retry_after: value.retry_after,
      };
    }
  } catch {
    // Not JSON: fall through.
  }
  return {
    type: 'about:blank',
    title: 'Unexpected answer',
    status,
    code: `http_${status}`,
    detail: `The server answered with status ${status}. Try again; if it stays so, contact support.`,
  };
}
