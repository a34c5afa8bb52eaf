import { useState } from 'react';
import { Pressable, View } from 'react-native';

import type { RouteCandidate } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { fraction, round } from '@/format/decimal';
import { basisPoints } from '@/format/money';
import { rejections } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { radius, space, TARGET } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Txt } from '@/ui/Txt';
import { Bar } from './Bar';
import { CostRows } from './CostRows';
import { FactorRows } from './FactorRows';

/** One exchange of a decision: its score as a bar or its cost, and on request the parts of either. */
export function CandidateView({
  candidate,
  chosen,
  compact = false,
}: {
  candidate: RouteCandidate;
  chosen: boolean;
  compact?: boolean;
}) {
  const nameOf = useVenueName();
  const palette = usePalette();
  const [open, setOpen] = useState(chosen && !compact);
  const score = candidate.score === undefined ? undefined : round(candidate.score, 1);
  const rejected = candidate.rejections.length ? rejections(candidate.rejections) : 'Not eligible';
  return (
    <View
      role="listitem"
      testID={`candidate-${candidate.venue}`}
      style={{
        borderWidth: 1,
        borderRadius: radius.m,
        borderColor: chosen ? palette.accent : palette.line,
        backgroundColor: palette.surface,
      }}
    >
      <Pressable
        role="button"
        aria-expanded={open}
        onPress={() => setOpen(!open)}
        style={{ padding: space.m, gap: space.s, minHeight: TARGET, justifyContent: 'center' }}
      >
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
          <Txt variant="strong" style={{ flexShrink: 1 }}>
            {nameOf(candidate.venue)}
          </Txt>
          {chosen ? <Badge tone="accent" label="Chosen" /> : null}
          <View style={{ flex: 1 }} />
          {score === undefined ? (
            <Txt variant="small" tone="muted" align="right" style={{ flexShrink: 1 }}>
              {rejected}
            </Txt>
          ) : candidate.cost ? (
            <Txt variant="strong" tabular>
              {basisPoints(candidate.cost.total)}
            </Txt>
          ) : (
            <Txt variant="strong" tabular>
              {score}
              <Txt variant="small" tone="muted">
                {' / 100'}
              </Txt>
            </Txt>
          )}
        </View>
        {/* A longer bar is a better score; beside a cost it would say the opposite of the number. */}
        {candidate.score === undefined || candidate.cost ? null : (
          <Bar share={fraction(candidate.score, 100)} colour={chosen ? palette.accent : palette.faint} height={8} />
        )}
      </Pressable>
      {open && candidate.cost ? (
        <View style={{ paddingHorizontal: space.m, paddingBottom: space.m }}>
          <CostRows cost={candidate.cost} />
        </View>
      ) : null}
      {open && candidate.factors.length > 0 ? <FactorRows factors={candidate.factors} /> : null}
    </View>
  );
}
