/** Hermes has no Web Crypto; sealing and order ids need its random numbers. */
import { getRandomValues } from 'expo-crypto';

const scope = globalThis as { crypto?: Partial<Crypto> };
scope.crypto ??= {};
scope.crypto.getRandomValues ??= getRandomValues as Crypto['getRandomValues'];
