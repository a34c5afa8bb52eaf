/** Browsers have all that is needed; `polyfill.native.ts` holds what phones lack. */
export {};
