import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { held } from './processes';

const ROUNDS = 1000;
/** Thread pools, arenas and V8's own spaces have their size after this many. */
const WARM_UP = 200;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('a thousand starts and stops of eight instances leave nothing behind', async (context) => {
  context.skip(process.platform !== 'linux', 'what a process holds is read from /proc');
  const lab = new Lab();
  while (lab.list().length < 8) lab.add();
  const ids = lab.list().map((instance) => instance.id);
  ids.forEach((id, i) => {
    const faulty = { faultOn: true, fault: { drop: '0.1', reorder: '0.1' } };
    const options = { loopback: i === 7 ? { attach: 'A' } : i % 2 ? { delay: '1ms', reorder: '0.1' } : {} };
    const backend = i === 6 ? 'null' : 'loopback';
    lab.get(id).configure({
      ...defaultSettings(),
      backend,
      options,
      stop: 'never',
      rate: i === 0 ? 'max' : '10kpps',
      ...(i % 3 ? {} : faulty),
    });
  });
  const rounds = async (n: number) => {
    for (let i = 0; i < n; i++) {
      await Promise.all(ids.map((id) => lab.get(id).start()));
      await lab.stopAll();
    }
    collect();
    return held('self');
  };
  const before = await rounds(WARM_UP);
  const after = await rounds(ROUNDS);
  expect(lab.list().map(({ run }) => run)).toEqual(ids.map(() => WARM_UP + ROUNDS));
  expect(after).toMatchObject({ descriptors: before.descriptors, threads: before.threads });
  // V8 maps and unmaps pages of its heap at will; what a run left behind would be there a thousand times.
  expect(Math.abs(after.mappings - before.mappings)).toBeLessThan(ROUNDS / 10);
  await lab.close();
}, 300_000);
