import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportSchema } from '../../app/ipc/export';
import { addSample, addStall, emptyHistory } from '../../app/stats/series';
import { CSV_COLUMNS, csvCell, csvOf, exportName, jsonOf, type Shown } from '../../renderer/store/exportText';
import { fakeCalls } from './fakeCalls';
import { FakeLab } from './fakeLab';

function shown(): Shown {
  const lab = new FakeLab({ stop: 'never', options: { loopback: { ring: '64', drain: '2000' } } });
  let snapshot: Shown['snapshot'] = null;
  lab.listen((message) => {
    const stats = message as { name?: string; payload?: { live: { snapshot: Shown['snapshot'] }[] } };
    if (stats.name === 'stats') snapshot = stats.payload?.live[0]?.snapshot ?? null;
  });
  lab.start('A');
  lab.tick(1);
  if (!snapshot) throw new Error('no statistics');
  const history = emptyHistory();
  for (let t = 0.1; t < 3; t += 0.1)
    addSample(history, t, { taken: t * 1000, received: null, bytes: 60, success: 5, again: 1, inval: 0 });
  addStall(history, { from: 3, to: 8, seconds: 5, who: 'both' });
  const reading = fakeCalls(1, snapshot, 64, 64);
  return {
    instance: 'A',
    run: 1,
    backend: 'loopback',
    asked: 'max',
    span: '30s',
    history,
    snapshot,
    reading: { ...reading, sentences: ['=HYPERLINK("http://x"), "quoted"\nand two lines'] },
    at: '2026-11-23T09:00:00.123Z',
  };
}

/** RFC 4180, as a spreadsheet reads it. */
function parse(csv: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < csv.length; i++) {
    const c = csv[i] ?? '';
    if (quoted) {
      if (c !== '"') cell += c;
      else if (csv[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      rows.at(-1)?.push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') rows.push([]);
    } else cell += c;
  }
  rows.pop();
  return rows;
}

describe('CSV', () => {
  it('is one table with a header and units in the names', () => {
    const view = shown();
    const [header, ...rows] = parse(csvOf(view));
    expect(header).toEqual([...CSV_COLUMNS]);
    expect(new Set(header).size).toBe(header?.length);
    for (const row of rows) expect(row).toHaveLength(CSV_COLUMNS.length);
    const at = (name: string) => CSV_COLUMNS.indexOf(name);
    const of = (record: string) => rows.filter((row) => row[0] === record);
    expect(of('series')).toHaveLength(view.history['30s'].buckets.length);
    expect(of('series')[0]?.[at('taken max (packets/s)')]).toBe('100');
    expect(of('series')[0]?.[at('received max (packets/s)')]).toBe('');
    expect(of('call')).toHaveLength((view.reading?.calls.length ?? 0) / 10);
    expect(of('latency').map((row) => row[at('name')])).toEqual(['p50', 'p90', 'p99', 'p99.9', 'max']);
    expect(of('counter').find((row) => row[at('name')] === 'offered')?.[at('value')]).toBe(
      String(view.snapshot?.offered),
    );
    expect(of('stall')[0]?.[at('value')]).toBe('5');
  });

  it('gives no formula to a spreadsheet and no digits of a locale', () => {
    const view = shown();
    const csv = csvOf(view);
    const causes = parse(csv)
      .filter((row) => row[0] === 'call' && row.at(-1) !== '')
      .map((row) => row.at(-1) ?? '');
    expect(causes.length).toBeGreaterThan(0);
    for (const cause of causes) expect(cause).toBe('\'=HYPERLINK("http://x"), "quoted"\nand two lines');
    expect(csv).not.toMatch(/\d,\d{3}"/);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const read = parse(`${csvCell(text)}\r\n`)[0]?.[0] ?? '';
        expect(read).not.toMatch(/^[=+\-@\t\r]/);
        if (!/\r/.test(text)) expect(read.replace(/^'/, '')).toBe(text.replace(/^'/, ''));
      }),
    );
    expect([csvCell(-5), csvCell(Number.NaN), csvCell(1e21), csvCell(null)]).toEqual(['-5', '', '1e+21', '']);
  });
});

describe('JSON', () => {
  it('holds the same', () => {
    const view = shown();
    const read = JSON.parse(jsonOf(view)) as Record<string, Record<string, unknown>>;
    expect(read).toMatchObject({
      format: 'packet-lab view',
      version: 1,
      instance: 'A',
      counters: { offered: view.snapshot?.offered, calls: view.snapshot?.calls },
      sendCallNs: { p90: view.snapshot?.sendCallNs.p90, clock: 'CLOCK_MONOTONIC' },
      charts: { span: '30s', bucketSeconds: 0.2, stalls: [{ seconds: 5 }] },
      calls: { total: view.reading?.total },
    });
  });

  it('and CSV are made before the first run, too', () => {
    const empty: Shown = { ...shown(), snapshot: null, reading: null, history: emptyHistory() };
    expect(JSON.parse(jsonOf(empty))).toMatchObject({ counters: null, calls: { total: 0, latest: [] } });
    expect(csvOf(empty).split('\r\n')).toHaveLength(8);
  });
});

it('both hold what the far end read from signatures', () => {
  const view = shown();
  if (!view.snapshot) throw new Error('no statistics');
  const times = { n: 9, p50: 1, p90: 2, p99: 3, p999: 4, max: 5 };
  const stream = { id: 3, received: 9, lost: 2, reordered: 1, duplicated: 7, latencyNs: times, gapNs: times };
  const signature = { streams: [stream], unsigned: 6, tooLate: 0, ownLoss: 8 };
  const signed: Shown = { ...view, snapshot: { ...view.snapshot, signature } };
  expect(JSON.parse(jsonOf(signed))).toMatchObject({ signature });
  const rows = parse(csvOf(signed)).filter((row) => row[0] === 'received');
  const value = (name: string) => rows.find((row) => row[2] === name)?.slice(3, 5);
  expect(rows).toHaveLength(4 + 10 + 3);
  expect(value('stream 3 lost')).toEqual(['2', 'packets']);
  expect(value('stream 3 latency p99.9')).toEqual(['4', 'ns']);
  expect(value('stream 3 gap max')).toEqual(['5', 'ns']);
  expect(value('ownLoss')).toEqual(['8', 'frames']);
});

it('the name suits every file system and the request', () => {
  const name = exportName(shown());
  expect(name).toBe('packet-lab A run 1 2026-11-23-09-00-00');
  expect(exportSchema.safeParse({ kind: 'csv', name, content: 'x' }).success).toBe(true);
});
