/** The weights of the score as they are typed, in per cent: pure, so that it can be tested without a screen. */
import type { RoutingWeights } from '@/api/types';
import { add, compare, divide, multiply, parse, round, sign, trim } from '@/format/decimal';

export type Factor = keyof RoutingWeights;

export const FACTORS: readonly Factor[] = ['fees', 'reliability', 'latency', 'load', 'record'];

export type WeightText = Record<Factor, string>;

export const percentOf = (weight: string): string => trim(round(multiply(weight, '100'), 4));

export function textOf(weights: RoutingWeights): WeightText {
  return each((factor) => percentOf(weights[factor]));
}

/** All of them together in per cent; nothing while one cannot be read. */
export function sumOf(text: WeightText): string | null {
  if (FACTORS.some((factor) => wrong(text[factor]) !== null)) return null;
  return trim(FACTORS.reduce((sum, factor) => add(sum, clean(text[factor])), '0'));
}

/** The weights, or what is wrong with them field by field and together. */
export function weightsOf(text: WeightText): {
  weights?: RoutingWeights;
  problems: Partial<Record<Factor, string>>;
  all?: string;
} {
  const problems: Partial<Record<Factor, string>> = {};
  FACTORS.forEach((factor) => {
    const problem = wrong(text[factor]);
    if (problem) problems[factor] = problem;
  });
  const sum = sumOf(text);
  if (sum === null) return { problems };
  if (compare(sum, '100') !== 0) return { problems, all: `Together they are ${sum} %; they must be 100 %.` };
  return { problems, weights: each((factor) => trim(divide(clean(text[factor]), '100', 8) ?? '0')) };
}

function wrong(text: string): string | null {
  const value = clean(text);
  if (value === '' || !parse(value)) return 'Enter a number.';
  return sign(value) < 0 || compare(value, '100') > 0 ? '0 to 100 %.' : null;
}

const clean = (text: string): string => text.replace(/[\s,%]/g, '');

function each(value: (factor: Factor) => string): Record<Factor, string> {
  return {
    fees: value('fees'),
    reliability: value('reliability'),
    latency: value('latency'),
    load: value('load'),
    record: value('record'),
  };
}
