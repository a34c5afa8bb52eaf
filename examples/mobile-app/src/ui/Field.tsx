import { useId } from 'react';
import { TextInput, View, type TextInputProps } from 'react-native';

import { usePalette } from '@/theme/theme';
import { MONO, radius, SANS, space, TARGET, type as scale } from '@/theme/tokens';
import { Txt } from './Txt';

interface Props extends Pick<
  TextInputProps,
  | 'autoComplete'
  | 'inputMode'
  | 'secureTextEntry'
  | 'placeholder'
  | 'onSubmitEditing'
  | 'onBlur'
  | 'autoFocus'
  | 'maxLength'
  | 'testID'
> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Says what belongs here, below the field. */
  help?: string;
  /** Says what is wrong and what to do; takes the place of `help`. */
  error?: string | null;
  /** Short text inside, at the end: a unit. */
  unit?: string;
  mono?: boolean;
}

/** A labelled text field. */
export function Field({ label, value, onChange, help, error, unit, mono, ...input }: Props) {
  const palette = usePalette();
  const id = useId();
  const note = error ?? help;
  return (
    <View style={{ gap: 6 }}>
      <Txt variant="label" tone="muted" nativeID={`${id}-label`}>
        {label}
      </Txt>
      <View>
        <TextInput
          {...input}
          value={value}
          onChangeText={onChange}
          aria-labelledby={`${id}-label`}
          accessibilityLabel={process.env.EXPO_OS === 'web' ? undefined : label}
          {...(note ? WEB_DESCRIBED(`${id}-note`, Boolean(error)) : null)}
          autoCapitalize="none"
          autoCorrect={false}
          spellCheck={false}
          placeholderTextColor={palette.muted}
          style={[
            scale.body,
            {
              minHeight: TARGET,
              borderRadius: radius.m,
              borderWidth: 1,
              paddingHorizontal: space.m,
              paddingRight: unit ? 64 : space.m,
              color: palette.text,
              backgroundColor: palette.canvas,
              borderColor: error ? palette.negative : palette.edge,
              fontVariant: ['tabular-nums'],
              fontFamily: mono ? MONO : SANS,
            },
          ]}
        />
        {unit ? (
          <View
            pointerEvents="none"
            style={{ position: 'absolute', right: space.m, top: 0, bottom: 0, justifyContent: 'center' }}
          >
            <Txt variant="small" tone="muted">
              {unit}
            </Txt>
          </View>
        ) : null}
      </View>
      {note ? (
        <Txt variant="small" tone={error ? 'negative' : 'muted'} nativeID={`${id}-note`}>
          {note}
        </Txt>
      ) : null}
    </View>
  );
}

/** Ties the note to the field for screen readers on the web, where React Native has no property for it. */
function WEB_DESCRIBED(id: string, invalid: boolean): object {
  return process.env.EXPO_OS === 'web' ? { 'aria-describedby': id, 'aria-invalid': invalid } : {};
}
