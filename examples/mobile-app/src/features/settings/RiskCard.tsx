import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { codeOf, messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import { useRiskSettings } from '@/api/queries';
import type { ChangeRiskSettings, PendingLimits, RiskLimits, RiskSettings } from '@/api/types';
import { money, rate } from '@/format/money';
import { dateTime } from '@/format/time';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Fact, Facts } from '@/ui/Facts';
import { Segmented } from '@/ui/Segmented';
import { Failure, Notice, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { LimitsEditor } from './LimitsEditor';

/** The user's risk level: tightened at once, loosened later and with the password. */
export function RiskCard() {
  const query = useRiskSettings();
  if (!query.data) {
    return (
      <Card title="Risk limits" flush>
        {query.isError ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton rows={4} />}
      </Card>
    );
  }
  return <Limits settings={query.data} />;
}

/** A change, and the version of the settings that the person saw when they asked for it. */
interface Wanted {
  version: string;
  change: ChangeRiskSettings;
}

function Limits({ settings }: { settings: RiskSettings }) {
  const { api, cache } = useServices();
  /** What waits for a password. */
  const [asked, setAsked] = useState<Wanted | null>(null);
  const [editing, setEditing] = useState(false);
  const keep = (changed: RiskSettings) => {
    cache.setQueryData(keys.risk, changed);
    setAsked(null);
    setEditing(false);
  };
  const change = useMutation({
    mutationFn: ({ version, change }: Wanted) => api.changeRiskSettings(version, change),
    onSuccess: keep,
    onError: (error, wanted) => {
      if (codeOf(error) === 'settings_changed') {
        setAsked(null);
        void cache.invalidateQueries({ queryKey: keys.risk });
      }
      if (codeOf(error) === 'password_needed') setAsked(wanted);
    },
  });
  const back = useMutation({ mutationFn: () => api.keepRiskSettings(), onSuccess: keep });
  const failed = change.isError && codeOf(change.error) !== 'password_needed' ? messageOf(change.error) : null;
  return (
    <Card title="Risk limits" testID="risk-settings">
      <View style={{ gap: space.m }}>
        <Segmented
          label="Risk level"
          options={settings.levels.map((it) => ({ value: it.level, label: humanise(it.level) }))}
          value={settings.level ?? ''}
          onChange={(level) => change.mutate({ version: settings.version, change: { level } })}
          testID="risk-level"
        />
        <Txt variant="small" tone="muted">
          {`${settings.level ? '' : 'None of these levels is set. '}Tighter limits hold at once. Looser ones need your password and hold after ${hours(settings.loosening_delay_s)}.`}
        </Txt>
        {settings.pending ? (
          <Pending pending={settings.pending} busy={back.isPending} onTakeBack={() => back.mutate()} />
        ) : null}
        {failed && asked === null && !editing ? (
          <Notice live tone="negative" text={failed} testID="risk-error" />
        ) : null}
        {back.isError ? <Notice live tone="negative" text={messageOf(back.error)} /> : null}
        <Txt variant="heading" level={3}>
          In force now
        </Txt>
        <LimitFacts limits={settings.effective} />
        {editing ? (
          <LimitsEditor
            own={settings.limits}
            version={settings.version}
            busy={change.isPending}
            error={asked === null && codeOf(change.error) !== 'settings_changed' ? failed : null}
            onSave={(limits) => change.mutate({ version: settings.version, change: { limits } })}
            onCancel={() => {
              change.reset();
              setEditing(false);
            }}
          />
        ) : (
          <Button
            kind="secondary"
            label="Set limits of your own"
            onPress={() => {
              change.reset();
              setEditing(true);
            }}
            style={{ alignSelf: 'flex-start' }}
            testID="risk-edit"
          />
        )}
      </View>
      {asked !== null ? (
        <ConfirmDialog
          title={asked.change.level ? `Loosen your limits to ${asked.change.level}?` : 'Loosen your limits?'}
          text={`They hold after ${hours(settings.loosening_delay_s)}. Until then you can take it back.`}
          label="Loosen"
          away="Keep the limits"
          withPassword
          busy={change.isPending}
          error={failed === null ? null : change.error}
          onConfirm={(password) => change.mutate({ ...asked, change: { ...asked.change, password } })}
          onClose={() => {
            change.reset();
            setAsked(null);
          }}
          testID="risk"
        />
      ) : null}
    </Card>
  );
}

const LIMITS: Readonly<Record<string, string>> = {
  max_equity_share: 'largest order',
  max_daily_loss: 'loss of the day',
  max_drawdown: 'loss below the best',
  largest_position: 'largest position',
  positions: 'open positions',
  price_collar: 'limit price beyond the market',
  allowed_symbols: 'symbols',
};

function Pending({ pending, busy, onTakeBack }: { pending: PendingLimits; busy: boolean; onTakeBack: () => void }) {
  const what = pending.looser.map((name) => LIMITS[name] ?? humanise(name).toLowerCase()).join(', ');
  const level = pending.level ? `Level ${pending.level}` : 'Looser limits';
  return (
    <View style={{ gap: space.s }} testID="risk-pending">
      <Notice tone="warning" text={`${level} (${what}): in force from ${dateTime(pending.effective_at)} on.`} />
      <Button
        kind="secondary"
        label="Take it back"
        busy={busy}
        onPress={onTakeBack}
        style={{ alignSelf: 'flex-start' }}
        testID="risk-take-back"
      />
    </View>
  );
}

const UNLIMITED = 'No limit';

/** What holds with the plan's limits. */
export function LimitFacts({ limits }: { limits: RiskLimits }) {
  const share = (text: string | undefined) => (text === undefined ? UNLIMITED : rate(text));
  return (
    <Facts>
      <Fact label="Largest order, of equity" value={share(limits.max_equity_share)} testID="risk-share" />
      <Fact
        label="Largest position"
        value={limits.largest_position === undefined ? UNLIMITED : money(limits.largest_position)}
      />
      <Fact label="Open positions" value={limits.positions === undefined ? UNLIMITED : String(limits.positions)} />
      <Fact label="Stop for the day at a loss of" value={share(limits.max_daily_loss)} />
      <Fact label="Stop below the best by" value={share(limits.max_drawdown)} />
      <Fact label="Limit price beyond the market" value={share(limits.price_collar)} />
      {limits.allowed_symbols ? (
        <Fact
          label="Only these symbols"
          value={limits.allowed_symbols.join(', ') || 'None: nothing new may be opened'}
        />
      ) : null}
    </Facts>
  );
}

/** `24 hours`, `90 minutes`. */
export function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes % 60 || minutes === 0) return `${minutes} minutes`;
  return minutes === 60 ? '1 hour' : `${minutes / 60} hours`;
}
