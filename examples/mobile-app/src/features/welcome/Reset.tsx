import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'expo-router';
import { useState } from 'react';

import { useServices } from '@/lib/services';
import { Button } from '@/ui/Button';
import { Field } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { Front } from './Front';
import { EmailField, FrontCard, PasswordField } from './FrontCard';
import { emailError, passwordError } from './rules';

/** A new password, by a token from whoever runs the server. */
export function Reset() {
  const router = useRouter();
  const { session } = useServices();
  const [email, setEmail] = useState('');
  const [token, setToken] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const problems = {
    email: emailError(email),
    token: token.trim() ? null : 'Paste the token.',
    password: passwordError(password),
  };
  const reset = useMutation({
    mutationFn: () => session.resetPassword(email.trim(), token.trim(), password),
    gcTime: 0,
  });
  const onSubmit = () => {
    setTried(true);
    if (!problems.email && !problems.token && !problems.password && !reset.isPending) reset.mutate();
  };
  return (
    <Front title="New password">
      <FrontCard title="Set a new password" error={reset.error}>
        {reset.isSuccess ? (
          <>
            <Notice
              live
              tone="positive"
              text="The new password holds. All devices were signed out."
              testID="reset-done"
            />
            <Button label="Sign in" onPress={() => router.replace('/sign-in')} testID="reset-sign-in" />
          </>
        ) : (
          <>
            <Txt variant="small" tone="muted">
              Whoever runs this server makes a token for you on its machine: nija admin reset and your address. It works
              once, for half an hour.
            </Txt>
            <EmailField value={email} onChange={setEmail} error={tried ? problems.email : null} onSubmit={onSubmit} />
            <Field
              label="Token"
              mono
              value={token}
              onChange={setToken}
              autoComplete="off"
              testID="reset-token"
              error={tried ? problems.token : null}
            />
            <PasswordField
              label="New password"
              fresh
              value={password}
              onChange={setPassword}
              error={tried ? problems.password : null}
              onSubmit={onSubmit}
            />
            <Button label="Set it" busy={reset.isPending} onPress={onSubmit} testID="submit" />
            <Button kind="quiet" label="Back to sign in" onPress={() => router.replace('/sign-in')} />
          </>
        )}
      </FrontCard>
    </Front>
  );
}
