import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { ASKS_FOR_SERVER, saveServerUrl, serverUrl } from '@/lib/server-url';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { emailError, passwordError } from './rules';

interface Props {
  title: string;
  submitLabel: string;
  /** A new password is held to the rules for passwords; an existing one is not judged. */
  fresh: boolean;
  submit: (email: string, password: string) => Promise<void>;
  footer: ReactNode;
}

/** Address and password, for signing in and for signing up. */
export function AccountForm({ title, submitLabel, fresh, submit, footer }: Props) {
  const [server, setServer] = useState(serverUrl);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const problems = {
    email: emailError(email),
    password: fresh ? passwordError(password) : password ? null : 'Enter your password.',
  };
  const enter = useMutation({
    mutationFn: async () => {
      if (ASKS_FOR_SERVER) await saveServerUrl(server);
      await submit(email.trim(), password);
    },
  });
  const onSubmit = () => {
    setTried(true);
    if (!problems.email && !problems.password && !enter.isPending) enter.mutate();
  };
  return (
    <Card>
      <View style={{ gap: space.l }}>
        <Txt variant="title" level={1}>
          {title}
        </Txt>
        {enter.isError ? <Notice live tone="negative" text={messageOf(enter.error)} testID="form-error" /> : null}
        {ASKS_FOR_SERVER ? (
          <Field label="Server address" value={server} onChange={setServer} inputMode="url" placeholder="https://" />
        ) : null}
        <Field
          label="Email"
          value={email}
          onChange={setEmail}
          inputMode="email"
          autoComplete="email"
          testID="email"
          error={tried ? problems.email : null}
          onSubmitEditing={onSubmit}
        />
        <Field
          label="Password"
          value={password}
          onChange={setPassword}
          secureTextEntry
          testID="password"
          autoComplete={fresh ? 'new-password' : 'current-password'}
          onSubmitEditing={onSubmit}
          help={fresh ? 'At least 12 characters. A few unrelated words are good.' : undefined}
          error={tried ? problems.password : null}
        />
        <Button label={submitLabel} busy={enter.isPending} onPress={onSubmit} testID="submit" />
        {footer}
      </View>
    </Card>
  );
}
