import type { AioCodeName } from '../../app/aio/codes';
import type { InstanceInfo, JournalEntry } from '../../app/ipc/contract';
import type { FindingLevel } from '../../app/lab/finding';
import type { PreflightLine } from '../store/preflight';

/** Small shapes that say with form and colour what the word beside them says. All are 10 × 10 CSS pixels. */

type Shape = 'disc' | 'ring' | 'triangle' | 'square' | 'half' | 'check' | 'dash';

const PATHS: Readonly<Record<Shape, string>> = {
  disc: 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z',
  ring: 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM5 2.6a2.4 2.4 0 1 1 0 4.8a2.4 2.4 0 1 1 0-4.8z',
  triangle: 'M5 .8L9.6 9H.4z',
  square: 'M1.2 1.2h7.6v7.6H1.2z',
  half: 'M5 1a4 4 0 0 0 0 8zM5 1a4 4 0 0 1 0 8V7.6a2.6 2.6 0 0 0 0-5.2z',
  check: 'M3.9 9L.6 5.7l1.3-1.3l2 2L8.2 1.6l1.3 1.2z',
  dash: 'M1.5 4.1h7v1.8h-7z',
};

export function Mark({ shape, tone }: { shape: Shape; tone: string }) {
  return (
    <svg className={`mark tone-${tone}`} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <path d={PATHS[shape]} fillRule="evenodd" fill="currentColor" />
    </svg>
  );
}

const PHASES: Readonly<Record<InstanceInfo['phase'], readonly [Shape, string]>> = {
  idle: ['ring', 'quiet'],
  opening: ['half', 'success'],
  running: ['disc', 'success'],
  stopping: ['half', 'again'],
  done: ['check', 'quiet'],
  fault: ['square', 'inval'],
};

export function PhaseMark({ phase }: { phase: InstanceInfo['phase'] }) {
  const [shape, tone] = PHASES[phase];
  return <Mark shape={shape} tone={tone} />;
}

const CODES: Readonly<Record<AioCodeName, Shape>> = { success: 'disc', again: 'triangle', inval: 'square' };

export function CodeMark({ code }: { code: AioCodeName }) {
  return <Mark shape={CODES[code]} tone={code} />;
}

const LEVELS: Readonly<Record<JournalEntry['level'], readonly [Shape, string]>> = {
  info: ['dash', 'quiet'],
  warning: ['triangle', 'warning'],
  fault: ['square', 'inval'],
};

export function LevelMark({ level }: { level: JournalEntry['level'] }) {
  const [shape, tone] = LEVELS[level];
  return <Mark shape={shape} tone={tone} />;
}

const PREFLIGHT: Readonly<Record<PreflightLine['level'], readonly [Shape, string]>> = {
  good: ['check', 'success'],
  note: ['dash', 'quiet'],
  warning: ['triangle', 'again'],
  stop: ['square', 'inval'],
};

export function PreflightMark({ level }: { level: PreflightLine['level'] }) {
  const [shape, tone] = PREFLIGHT[level];
  return <Mark shape={shape} tone={tone} />;
}

const FINDINGS: Readonly<Record<FindingLevel, readonly [Shape, string]>> = {
  ok: ['check', 'success'],
  warning: ['triangle', 'again'],
  problem: ['square', 'inval'],
};

export function FindingMark({ level }: { level: FindingLevel }) {
  const [shape, tone] = FINDINGS[level];
  return <Mark shape={shape} tone={tone} />;
}
