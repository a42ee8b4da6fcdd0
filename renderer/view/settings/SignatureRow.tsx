import type { Settings } from '../../../app/run/plan';
import { Switch } from './Switch';

/** The switch that has packets signed, with what it does and what is wrong with it. */
export function SignatureRow(props: {
  settings: Settings;
  error: string | undefined;
  locked: string | null;
  onChange: (on: boolean) => void;
}) {
  const { settings, error, locked, onChange } = props;
  return (
    <div className="field signature-row">
      <Switch
        field="signature"
        name="Signature"
        on={settings.signature}
        locked={locked}
        onChange={onChange}
      />
      <span className="hint">in the last 24 B of each payload</span>
      {error !== undefined && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
