import { factorName } from '@/format/words';

const POLICIES: Readonly<Record<string, { name: string; text: string }>> = {
  weighted_score: {
    name: 'Best score',
    text: 'Each exchange gets points for fees, reliability, speed, load and its record; the most points win.',
  },
  expected_cost: {
    name: 'Lowest expected cost',
    text: 'What filling your order would cost is worked out for each exchange: price for this size, fees, delay and the risk of failure.',
  },
};

export const policyName = (policy: string): string => POLICIES[policy]?.name ?? policy;
export const policyText = (policy: string): string => POLICIES[policy]?.text ?? '';
export const POLICY_NAMES = Object.keys(POLICIES);

/** Of all pairs, where a decision is about one. */
export const weightName = (factor: string): string => (factor === 'record' ? 'Record' : factorName(factor));
