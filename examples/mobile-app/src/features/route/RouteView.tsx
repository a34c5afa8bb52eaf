import { View } from 'react-native';

import { sentenceOf } from '@/api/errors';
import type { RoutingDecision } from '@/api/types';
import { useNamedVenues } from '@/api/use-venue-name';
import { assets, money, price } from '@/format/money';
import { policyName } from '@/features/routing/words';
import { space } from '@/theme/tokens';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { CandidateView } from './CandidateView';
import { Shares } from './Shares';

export function whyTitle(decision: RoutingDecision | undefined): string {
  if ((decision?.shares ?? []).length > 1) return 'Why these exchanges';
  return decision && !decision.venue ? 'Why no exchange' : 'Why this exchange';
}

/** Why this exchange: the candidates, best first, what each scored and what decided. */
export function RouteView({ decision, compact }: { decision: RoutingDecision; compact?: boolean }) {
  const named = useNamedVenues();
  const { quote } = assets(decision.symbol);
  const shares = decision.shares ?? [];
  const alone = decision.candidates.some((candidate) => candidate.eligible);
  return (
    <View style={{ gap: space.m }} testID="route">
      {shares.length > 0 ? (
        <>
          <Txt testID="route-reason">
            {alone
              ? 'Sharing this order out is cheaper than the best exchange alone.'
              : 'No exchange could take this order alone; together they can.'}
          </Txt>
          <Shares shares={shares} symbol={decision.symbol} />
          <Txt variant="strong" level={3}>
            Each exchange alone
          </Txt>
        </>
      ) : decision.venue ? (
        <Txt testID="route-reason">{sentenceOf(named(decision.reason))}</Txt>
      ) : (
        <Notice tone="warning" text="No exchange could take this order; each one’s reasons are below." />
      )}
      <View role="list" aria-label="Exchanges that were compared" style={{ gap: space.s }}>
        {decision.candidates.map((candidate) => (
          <CandidateView
            key={candidate.venue}
            candidate={candidate}
            chosen={candidate.venue === decision.venue}
            compact={compact}
          />
        ))}
      </View>
      <Facts>
        {decision.estimated_price !== undefined ? (
          <Fact label="Expected price" value={price(decision.estimated_price, quote)} testID="route-price" />
        ) : null}
        {decision.estimated_fees !== undefined ? (
          <Fact label="Expected fees" value={money(decision.estimated_fees, quote)} />
        ) : null}
        {decision.estimated_latency_ms !== undefined ? (
          <Fact label="Expected answer time" value={`${decision.estimated_latency_ms} ms`} />
        ) : null}
        {decision.venue || shares.length > 0 ? <Fact label="Chosen by" value={policyName(decision.policy)} /> : null}
      </Facts>
    </View>
  );
}
