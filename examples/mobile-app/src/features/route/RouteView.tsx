import { View } from 'react-native';

import type { RoutingDecision } from '@/api/types';
import { assets, money, price } from '@/format/money';
import { humanise } from '@/format/words';
import { space } from '@/theme/tokens';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { CandidateView } from './CandidateView';

/** Why this venue: the candidates, best first, what each scored and what decided. */
export function RouteView({ decision, compact }: { decision: RoutingDecision; compact?: boolean }) {
  const { quote } = assets(decision.symbol);
  return (
    <View style={{ gap: space.m }} testID="route">
      {decision.venue ? (
        <Txt testID="route-reason">{decision.reason}</Txt>
      ) : (
        <Notice tone="warning" text={`No venue could take this order. ${decision.reason}`} />
      )}
      <View role="list" aria-label="Venues that were compared" style={{ gap: space.s }}>
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
        <Fact label="Scored by" value={humanise(decision.policy)} />
      </Facts>
    </View>
  );
}
