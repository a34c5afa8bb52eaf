// Node has Web Crypto, but the jest environment of React Native hides it.
import { webcrypto } from 'node:crypto';
import { TextDecoder, TextEncoder } from 'node:util';

const scope = globalThis as Record<string, unknown>;
if (!(globalThis.crypto as Crypto | undefined)?.getRandomValues) scope['crypto'] = webcrypto;
scope['TextEncoder'] ??= TextEncoder;
scope['TextDecoder'] ??= TextDecoder;
