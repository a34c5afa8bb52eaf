import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { ApiError, messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import { useRiskSettings } from '@/api/queries';
import type { ChangeRiskSettings, PendingLimits, RiskLimits, RiskSettings } from '@/api/types';
import { NONE, money, rate } from '@/format/money';
import { dateTime } from '@/format/time';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Dialog } from '@/ui/Dialog';
import { Fact, Facts } from '@/ui/Facts';
import { Field } from '@/ui/Field';
import { Segmented } from '@/ui/Segmented';
import { Failure, Notice, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';

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

function Limits({ settings }: { settings: RiskSettings }) {
  const { api, cache } = useServices();
  /** The level that waits for a password. */
  const [asked, setAsked] = useState<string | null>(null);
  const keep = (changed: RiskSettings) => {
    cache.setQueryData(keys.risk, changed);
    setAsked(null);
  };
  const reread = (error: unknown) => {
    if (error instanceof ApiError && error.problem.code === 'settings_changed')
      void cache.invalidateQueries({ queryKey: keys.risk });
  };
  const change = useMutation({
    mutationFn: (wanted: ChangeRiskSettings) => api.changeRiskSettings(settings.version, wanted),
    onSuccess: keep,
    onError: (error, wanted) => {
      reread(error);
      if (error instanceof ApiError && error.problem.code === 'password_needed') setAsked(wanted.level ?? null);
    },
  });
  const back = useMutation({ mutationFn: () => api.keepRiskSettings(), onSuccess: keep });
  const failed =
    change.isError && !(change.error instanceof ApiError && change.error.problem.code === 'password_needed');
  return (
    <Card title="Risk limits" testID="risk-settings">
      <View style={{ gap: space.m }}>
        <Segmented
          label="Risk level"
          options={settings.levels.map((it) => ({ value: it.level, label: humanise(it.level) }))}
          value={settings.level ?? ''}
          onChange={(level) => change.mutate({ level })}
          testID="risk-level"
        />
        <Txt variant="small" tone="muted">
          {`Tighter limits hold at once. Looser ones need your password and hold after ${hours(settings.loosening_delay_s)}.`}
        </Txt>
        {settings.pending ? (
          <Pending pending={settings.pending} busy={back.isPending} onTakeBack={() => back.mutate()} />
        ) : null}
        {failed && asked === null ? <Notice live tone="negative" text={messageOf(change.error)} /> : null}
        {back.isError ? <Notice live tone="negative" text={messageOf(back.error)} /> : null}
        <LimitFacts limits={settings.effective} />
      </View>
      {asked !== null ? (
        <PasswordDialog
          level={asked}
          delay={settings.loosening_delay_s}
          busy={change.isPending}
          error={failed ? messageOf(change.error) : null}
          onConfirm={(password) => change.mutate({ level: asked, password })}
          onClose={() => {
            change.reset();
            setAsked(null);
          }}
        />
      ) : null}
    </Card>
  );
}

function Pending({ pending, busy, onTakeBack }: { pending: PendingLimits; busy: boolean; onTakeBack: () => void }) {
  const what = pending.level ? humanise(pending.level) : pending.looser.map(humanise).join(', ');
  return (
    <View style={{ gap: space.s }} testID="risk-pending">
      <Notice tone="warning" text={`Looser limits (${what}) take effect on ${dateTime(pending.effective_at)}.`} />
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

/** What holds with the plan's limits. */
export function LimitFacts({ limits }: { limits: RiskLimits }) {
  const share = (text: string | undefined) => (text === undefined ? NONE : rate(text));
  return (
    <Facts>
      <Fact label="Largest order, of equity" value={share(limits.max_equity_share)} testID="risk-share" />
      <Fact label="Largest position" value={money(limits.largest_position)} />
      <Fact label="Open positions" value={limits.positions === undefined ? NONE : String(limits.positions)} />
      <Fact label="Stop for the day at a loss of" value={share(limits.max_daily_loss)} />
      <Fact label="Stop below the best by" value={share(limits.max_drawdown)} />
      <Fact label="Limit price beyond the market" value={share(limits.price_collar)} />
      {limits.allowed_symbols ? (
        <Fact label="Only these symbols" value={limits.allowed_symbols.join(', ') || 'None'} />
      ) : null}
    </Facts>
  );
}

interface PasswordProps {
  level: string;
  delay: number;
  busy: boolean;
  error: string | null;
  onConfirm: (password: string) => void;
  onClose: () => void;
}

function PasswordDialog({ level, delay, busy, error, onConfirm, onClose }: PasswordProps) {
  const [password, setPassword] = useState('');
  return (
    <Dialog title={`Loosen your limits to ${humanise(level).toLowerCase()}?`} onClose={onClose} testID="risk-dialog">
      <Txt tone="muted">{`They hold after ${hours(delay)}. Until then you can take it back.`}</Txt>
      <Field
        label="Your password"
        value={password}
        onChange={setPassword}
        secureTextEntry
        autoComplete="current-password"
        error={error}
        testID="risk-password"
      />
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Keep the limits" onPress={onClose} style={{ flex: 1 }} />
        <Button
          label="Loosen"
          busy={busy}
          disabled={password === ''}
          onPress={() => onConfirm(password)}
          style={{ flex: 1 }}
          testID="risk-confirm"
        />
      </View>
    </Dialog>
  );
}

/** `24 hours`, `90 minutes`. */
export function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes % 60 || minutes === 0) return `${minutes} minutes`;
  return minutes === 60 ? '1 hour' : `${minutes / 60} hours`;
}
