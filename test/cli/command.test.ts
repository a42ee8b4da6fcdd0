import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandOf, shellQuote } from '../../app/run/command';
import type { RunPlan } from '../../app/run/plan';
import type { RunResult } from '../../app/run/result';
import { type Chosen, defaultSettings, NOTHING_CHOSEN, planOf } from '../../app/run/settings';
import { BACKENDS } from '../../main/backends/table';
import { readSend } from '../../main/cli/sendArgs';
import { tsharkBytes } from '../oracle';
import { chosenArbitrary, settingsArbitrary } from '../unit/plan/arbitrary';
import { packetLab, scratch } from './cli';

const dir = scratch();

/** The words a real shell makes of a text, asked for in one process. */
function words(texts: readonly string[]): string[][] {
  const script = texts.map((text) => `set -- ${text}\nprintf '%s\\0' "$@"; printf '\\0'`).join('\n');
  const out = execFileSync('sh', ['-s'], { input: script, maxBuffer: 1 << 28, encoding: 'utf8' });
  const lists: string[][] = [];
  let list: string[] = [];
  for (const word of out.split('\0').slice(0, -1)) {
    if (word !== '') list.push(word);
    else {
      lists.push(list);
      list = [];
    }
  }
  return lists;
}

function planned(change: object = {}, chosen: Partial<Chosen> = {}): RunPlan {
  const plan = planOf({ ...defaultSettings(), ...change }, BACKENDS, { ...NOTHING_CHOSEN, ...chosen });
  if (!plan.ok) throw new Error(plan.sentence);
  return plan.plan;
}

function command(plan: RunPlan): { command: string; notes: readonly string[] } {
  const result = commandOf(plan, BACKENDS);
  if (!result.ok) throw new Error(result.sentence);
  return result.value;
}

describe('a run as a command', () => {
  it('quotes every word so that a shell reads it back', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0')),
      fc.constantFrom("it's", '$HOME `id`', '"', '\\', '*', '~', 'a\nb', '\x1b[31m\t\r', '\x85', '-n', "''"),
    );
    fc.assert(
      fc.property(
        fc.array(
          text.filter((s) => s !== ''),
          { minLength: 1, maxLength: 40 },
        ),
        (list) => {
          expect(words(list.map(shellQuote))).toEqual(list.map((word) => [word]));
          for (const quoted of list.map(shellQuote)) {
            // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not get one.
            expect(quoted).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is read by the command line as the same run', async () => {
    const runs = fc.array(fc.tuple(settingsArbitrary, chosenArbitrary), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(runs, async (list) => {
        const plans = list.map(([settings, chosen]) => planned(settings, chosen));
        const read = words(plans.map((plan) => command(plan).command));
        for (const [i, plan] of plans.entries()) {
          const [program, send, ...rest] = read[i] ?? [];
          expect([program, send]).toEqual(['packet-lab', 'send']);
          const { inputs: _files, ...got } = (await readSend(rest)).plan;
          // The command line has no end by hand: thirty days stand for it, and the person is told.
          const never = plan.stop.after.kind === 'never';
          const stop = never ? { ...plan.stop, after: { kind: 'duration', ns: 30 * 86_400e9 } } : plan.stop;
          // Nor is it attached to anybody.
          const { attach: _, ...options } = plan.backend.options;
          expect(got).toEqual({ ...plan, backend: { ...plan.backend, options }, stop, force: false });
          expect(command(plan).notes.some((note) => note.includes('30 days'))).toBe(never);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('says only what is not a default', () => {
    const hex = '02 00 00';
    expect(command(planned({ hex, rate: 'max', stop: 'once' }))).toEqual({
      command: 'packet-lab send --backend loopback --hex 020000',
      notes: [],
    });
    const text = {
      hex,
      rate: '10 kpps',
      options: { loopback: { ring: '64', delay: '1.5ms' } },
      faultOn: true,
    };
    expect(command(planned(text, { peer: "/tmp/it's here" })).command).toBe(
      "packet-lab send --backend loopback --opt ring=64 --opt delay=1.5ms --hex 020000 --rate 10kpps --duration 10s --fault drop=0 --peer-out '/tmp/it'\\''s here'",
    );
  });

  it('is one instance alone', () => {
    const attached = command(planned({ options: { loopback: { attach: 'B' } }, rate: 'max', stop: 'once' }));
    expect(attached.command).not.toContain('attach');
    expect(attached.notes).toEqual(['A command is one instance alone: it is not attached to B.']);
  });

  it('refuses what send cannot say, with the way that can', () => {
    const more = [
      { written: { hex: '00' }, stream: { kind: 'frames' as const, frames: [Uint8Array.of(0)] } },
    ];
    expect(commandOf(planned({}, { more }), BACKENDS)).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(/has 2 streams: press Save plan and use packet-lab run/),
    });
    const receiver = planned({ backend: 'af_packet', options: { af_packet: { role: 'receive' } } });
    expect(commandOf(receiver, BACKENDS)).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(/^role=receive counts what another instance sends/),
    });
  });

  it('runs in a real shell with the same counts', async () => {
    const peer = join(dir, "peer of $HOME and 'quotes'.pcapng");
    const options = { loopback: { loss: '0.25', mtu: '100' } };
    const fault = { drop: '0.1', 'again-every': '7' };
    const settings = { options, stop: '500 packets', rate: 'max', seed: '9', faultOn: true, fault };
    const { command: line } = command(planned(settings, { peer }));
    const [argv = []] = words([line]);
    const { stdout, stderr } = await packetLab(...argv.slice(1), '--json');
    expect(stderr).toBe('');
    const result: RunResult = JSON.parse(stdout);
    expect(result).toMatchObject({ offered: 500, stoppedBy: 'count' });
    expect((await tsharkBytes(peer)).length).toBe(result.received);
  });
});
