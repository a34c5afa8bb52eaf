import { useState } from 'react';
import { View } from 'react-native';

import { useRoutingSettings } from '@/api/queries';
import type { RoutingSettings } from '@/api/types';
import { Bar } from '@/features/route/Bar';
import { fraction } from '@/format/decimal';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { RoutingEditor } from './RoutingEditor';
import { FACTORS, percentOf } from './weights';
import { policyName, policyText, weightName } from './words';

/** How the exchange for an order is chosen: what holds, and whose wish that is. */
export function RoutingCard() {
  const settings = useRoutingSettings();
  const [editing, setEditing] = useState(false);
  if (!settings.data) {
    return (
      <Card title="Routing" flush testID="routing-settings">
        {settings.isError ? (
          <Failure error={settings.error} onRetry={() => void settings.refetch()} />
        ) : (
          <Skeleton rows={3} />
        )}
      </Card>
    );
  }
  return (
    <Card title="Routing" testID="routing-settings">
      {editing ? (
        <RoutingEditor settings={settings.data} onDone={() => setEditing(false)} />
      ) : (
        <View style={{ gap: space.l }}>
          <InForce settings={settings.data} />
          <Button
            kind="secondary"
            label="Change routing"
            onPress={() => setEditing(true)}
            style={{ alignSelf: 'flex-start' }}
            testID="routing-edit"
          />
        </View>
      )}
    </Card>
  );
}

/** What the next order is routed by. */
export function InForce({ settings: it }: { settings: RoutingSettings }) {
  const palette = usePalette();
  const scored = it.effective_policy === 'weighted_score';
  return (
    <View style={{ gap: space.m }}>
      <Txt variant="small" tone="muted">
        {policyText(it.effective_policy)}
      </Txt>
      <Facts>
        <Fact label="Orders go by" value={policyName(it.effective_policy)} testID="routing-policy" />
        <Fact label="Chosen by" value={it.policy === undefined ? 'The platform' : 'You'} testID="routing-by" />
        {scored ? <Fact label="Weights set by" value={it.weights === undefined ? 'The platform' : 'You'} /> : null}
      </Facts>
      {scored ? (
        <View role="list" aria-label="Weights" style={{ gap: space.s }}>
          {FACTORS.map((factor) => (
            <View key={factor} role="listitem" style={{ flexDirection: 'row', alignItems: 'center', gap: space.m }}>
              <Txt variant="small" style={{ width: 92 }}>
                {weightName(factor)}
              </Txt>
              <View style={{ flex: 1 }}>
                <Bar share={fraction(it.effective_weights[factor], 1)} colour={palette.accent} height={6} />
              </View>
              <Txt variant="small" tabular align="right" style={{ width: 52 }} testID={`routing-weight-${factor}`}>
                {`${percentOf(it.effective_weights[factor])}\u00a0%`}
              </Txt>
            </View>
          ))}
        </View>
      ) : null}
    </View>
  );
}
