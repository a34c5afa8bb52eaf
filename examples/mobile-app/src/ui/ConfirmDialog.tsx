import { useState, type ReactNode } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { space } from '@/theme/tokens';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Field } from './Field';
import { Notice } from './states';
import { Txt } from './Txt';

interface Props {
  title: string;
  /** What happens, and what cannot be undone. */
  text: string;
  /** What is to be chosen as well. */
  children?: ReactNode;
  /** The button that does it, and the one that does not. */
  label: string;
  away: string;
  danger?: boolean;
  busy: boolean;
  error: unknown;
  /** A name that has to be typed, so that nobody ends another thing than the one they mean. */
  typed?: string;
  /** The account's password is asked for; empty otherwise. */
  withPassword?: boolean;
  onConfirm: (password: string) => void;
  onClose: () => void;
  /** Before `-dialog`, `-name`, `-password`, `-error`, `-cancel` and `-confirm`. */
  testID: string;
}

/** Asks before something is done. */
export function ConfirmDialog(props: Props) {
  const { title, text, children, label, away, danger, busy, error, typed, withPassword, onConfirm, onClose, testID } =
    props;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const isNamed = typed === undefined || name.trim() === typed.trim();
  return (
    <Dialog title={title} onClose={onClose} testID={`${testID}-dialog`}>
      <Txt tone="muted">{text}</Txt>
      {children}
      {typed === undefined ? null : (
        <Field
          label={`Type “${typed}” to confirm`}
          value={name}
          onChange={setName}
          autoComplete="off"
          testID={`${testID}-name`}
        />
      )}
      {withPassword ? (
        <Field
          label="Your password"
          value={password}
          onChange={setPassword}
          secureTextEntry
          autoComplete="current-password"
          testID={`${testID}-password`}
        />
      ) : null}
      {error ? <Notice live tone="negative" text={messageOf(error)} testID={`${testID}-error`} /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label={away} onPress={onClose} style={{ flexGrow: 1 }} testID={`${testID}-cancel`} />
        <Button
          kind={danger ? 'danger' : 'primary'}
          label={label}
          busy={busy}
          disabled={!isNamed || (withPassword === true && password === '')}
          onPress={() => onConfirm(password)}
          style={{ flexGrow: 1 }}
          testID={`${testID}-confirm`}
        />
      </View>
    </Dialog>
  );
}
