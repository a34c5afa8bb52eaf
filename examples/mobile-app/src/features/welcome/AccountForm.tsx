import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

import { ASKS_FOR_SERVER, saveServerUrl, serverUrl } from '@/lib/server-url';
import { Button } from '@/ui/Button';
import { Field } from '@/ui/Field';
import { EmailField, FrontCard, PasswordField } from './FrontCard';
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
    <FrontCard title={title} error={enter.error}>
      {ASKS_FOR_SERVER ? (
        <Field label="Server address" value={server} onChange={setServer} inputMode="url" placeholder="https://" />
      ) : null}
      <EmailField value={email} onChange={setEmail} error={tried ? problems.email : null} onSubmit={onSubmit} />
      <PasswordField
        label="Password"
        fresh={fresh}
        value={password}
        onChange={setPassword}
        error={tried ? problems.password : null}
        onSubmit={onSubmit}
      />
      <Button label={submitLabel} busy={enter.isPending} onPress={onSubmit} testID="submit" />
      {footer}
    </FrontCard>
  );
}
