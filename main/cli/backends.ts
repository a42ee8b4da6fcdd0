import { type BackendOption, defaultText } from '../../app/backend/descriptor';
import { group } from '../../app/quantity/parse';
import { BACKENDS } from '../backends/table';

function range(option: BackendOption): string {
  switch (option.kind) {
    case 'whole':
    case 'bytes':
      return `${group(option.min)} to ${group(option.max)}`;
    case 'rate':
      return `max, or 0 to ${group(option.max)}`;
    case 'probability':
      return '0 to 1';
    case 'duration':
      return `0 to ${option.maxNs / 1e9}s`;
    case 'output':
      return 'a file name';
    case 'instance':
      return 'in the window only';
    case 'choice':
      return option.words.join(' or ');
  }
}

/** `packet-lab backends`: what can be sent through, and with which options. */
export function listBackends(json: boolean): string {
  if (json) {
    const backends = BACKENDS.map(({ unavailable, ...rest }) => ({
      ...rest,
      available: unavailable === null,
      unavailable,
    }));
    return `${JSON.stringify({ backends })}\n`;
  }
  const lines: string[] = [];
  for (const backend of BACKENDS) {
    lines.push(`${backend.name.padEnd(10)} ${backend.unavailable ?? backend.summary}`);
    lines.push(`           flush: ${backend.flush}`);
    for (const option of backend.options) {
      const dflt = defaultText(option);
      const value = dflt === '' ? `${option.name}=` : `${option.name}=${dflt}`;
      lines.push(`           ${value.padEnd(16)} ${option.help} (${range(option)})`);
    }
    lines.push('');
  }
  return lines.join('\n');
}
