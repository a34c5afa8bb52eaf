import { useMutation } from '@tanstack/react-query';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { BotStatus, Overview } from '@/api/types';
import { ago } from '@/format/time';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** Whether strategies may open positions, and the switch for it. */
export function BotCard({ bot, stopped = false }: { bot: BotStatus; stopped?: boolean }) {
  const { api, cache } = useServices();
  const now = useNow();
  const running = bot.state === 'running';
  const change = useMutation({
    mutationFn: () => (running ? api.pauseBot() : api.resumeBot()),
    onSuccess: (status) => cache.setQueryData<Overview>(keys.overview, (old) => old && { ...old, bot: status }),
  });
  return (
    <Card
      title="Bot"
      action={
        <Badge
          testID="bot-state"
          label={running && stopped ? 'Stopped' : running ? 'Running' : humanise(bot.state)}
          tone={running && stopped ? 'negative' : running ? 'positive' : 'warning'}
        />
      }
    >
      <View style={{ gap: space.m }}>
        <Txt variant="small" tone="muted">
          {stopped && running
            ? 'A kill switch is on: no new positions are opened until it is taken off. Exits still go through.'
            : running
              ? `Strategies may open and close positions. Last changed ${ago(bot.since, now)}.`
              : `No new positions are opened. Exits and stops still go through. Last changed ${ago(bot.since, now)}.`}
        </Txt>
        {change.isError ? <Notice live tone="negative" text={messageOf(change.error)} /> : null}
        <Button
          kind={running ? 'secondary' : 'primary'}
          icon={running ? 'pause' : 'play'}
          label={running ? 'Pause bot' : 'Resume bot'}
          busy={change.isPending}
          onPress={() => change.mutate()}
          testID="bot-toggle"
        />
      </View>
    </Card>
  );
}
