import { expect, test } from 'vitest';
import { type LiveFinding, ok, problem } from '../../app/lab/finding';
import { diagnosisView } from '../../renderer/store/diagnosis';

const make = { pair: 0, end: 'a', change: { what: 'create' } } as const;
const live: LiveFinding = { ...problem('interface', 'pl0a was removed.', null, make), run: 3, since: 0 };
const ended = { phase: 'fault', run: 3 } as const;

test('what mends the finding of a run that has ended is offered while it is still so', () => {
  const gone = problem('interface', 'pl0a is not there.', null, make);
  const still = diagnosisView(ended, { id: 'A', preflight: [gone], live }, live);
  expect(still.shown).toEqual([live]);
  const mended = diagnosisView(
    ended,
    { id: 'A', preflight: [ok('interface', 'pl0a is there.')], live },
    live,
  );
  expect(mended).toMatchObject({ summary: 'How run 3 ended', shown: [{ ...live, action: null }] });
  // What no preflight looks at stays as it was told.
  expect(diagnosisView(ended, { id: 'A', preflight: [], live }, live).shown).toEqual([live]);
});
