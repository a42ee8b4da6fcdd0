import { duration, grouped, si } from '../../../app/quantity/format';
import { callCount } from '../../../app/stats/calls';
import { keptText } from '../../store/callWords';
import {
  type ChartRow,
  chartRows,
  niceScale,
  peak,
  SPAN_WORDS,
  stallWords,
  timeAxis,
  timeLabel,
} from '../../store/chart';
import type { Shown } from '../../store/exportText';
import { barsOf, stallsAt, topOf, windowOf } from '../../store/strip';
import { CODE_LINES, type LineStyle, THROUGHPUT_LINES } from './lines';
import { type Colours, coloursOf, hatch, paintStrip, STRIP_LEFT } from './stripCanvas';

/** What is seen as a picture: drawn anew, so that it is whole whatever the window's size and scrolling. */

const WIDTH = 1200;
const MARGIN = 24;
const INNER = WIDTH - 2 * MARGIN;
const CHART = 240;
const STRIP = 110;
const SCALE = 2;

interface Pen {
  readonly ctx: CanvasRenderingContext2D;
  readonly colours: Colours;
}

function write(
  pen: Pen,
  text: string,
  x: number,
  y: number,
  size = 12,
  colour = pen.colours.text,
  weight = 400,
) {
  pen.ctx.font = `${weight} ${size}px system-ui, sans-serif`;
  pen.ctx.fillStyle = colour;
  pen.ctx.textAlign = 'left';
  pen.ctx.textBaseline = 'alphabetic';
  pen.ctx.fillText(text, x, y);
}

function colourOf(line: LineStyle, colours: Colours): string {
  const table: Readonly<Record<string, string>> = {
    taken: colours.taken,
    received: colours.received,
    success: colours.success,
    again: colours.again,
    inval: colours.inval,
  };
  return table[line.metric] ?? colours.text;
}

function dashOf({ dash }: LineStyle): number[] {
  return dash === '0' ? [] : dash.split(' ').map(Number);
}

/** From the least to the most in each bucket, as the window shows it. */
function drawBand(
  { ctx, colours }: Pen,
  line: LineStyle,
  rows: readonly ChartRow[],
  at: (row: ChartRow, value: number) => readonly [number, number],
): void {
  ctx.fillStyle = colourOf(line, colours);
  ctx.globalAlpha = 0.22;
  rows.forEach((row, i) => {
    const from = row[`${line.metric}Range`];
    const next = rows[i + 1];
    const to = next?.[`${line.metric}Range`];
    if (!from || !next || !to) return; // a gap stays a gap
    ctx.beginPath();
    ctx.moveTo(...at(row, from[0]));
    ctx.lineTo(...at(row, from[1]));
    ctx.lineTo(...at(next, to[1]));
    ctx.lineTo(...at(next, to[0]));
    ctx.fill();
  });
  ctx.globalAlpha = 1;
}

function drawLine(
  { ctx, colours }: Pen,
  line: LineStyle,
  rows: readonly ChartRow[],
  at: (row: ChartRow, value: number) => readonly [number, number],
): void {
  ctx.strokeStyle = colourOf(line, colours);
  ctx.lineWidth = 1.75;
  ctx.setLineDash(dashOf(line));
  ctx.beginPath();
  let down = false;
  for (const row of rows) {
    const value = row[`${line.metric}Max`];
    if (value == null) {
      down = false; // a gap stays a gap
      continue;
    }
    const [x, y] = at(row, value);
    if (down) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    down = true;
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawChart(
  pen: Pen,
  shown: Shown,
  title: string,
  lines: readonly LineStyle[],
  unit: string,
  top: number,
): void {
  const { ctx, colours } = pen;
  const level = shown.history[shown.span];
  const metrics = lines.map((line) => line.metric);
  const rows = chartRows(level, metrics, shown.history.stalls);
  const scale = niceScale(peak(level, metrics));
  const last = level.buckets.at(-1);
  const axis = timeAxis(shown.span, last ? last.t + level.width : 0);
  const left = MARGIN + 64;
  const plot = { top: top + 28, width: INNER - 72, height: CHART - 56 };
  const xOf = (t: number) => left + ((t - axis.from) / (axis.to - axis.from)) * plot.width;
  const yOf = (value: number) => plot.top + (1 - value / scale.max) * plot.height;
  write(pen, `${title}, ${unit}`, MARGIN, top + 14, 13, colours.text, 600);
  let x = MARGIN + 240;
  for (const line of lines) {
    const value = last ? rows.at(-1)?.[`${line.metric}Max`] : null;
    ctx.strokeStyle = colourOf(line, colours);
    ctx.lineWidth = 2;
    ctx.setLineDash(dashOf(line));
    ctx.beginPath();
    ctx.moveTo(x, top + 9.5);
    ctx.lineTo(x + 18, top + 9.5);
    ctx.stroke();
    ctx.setLineDash([]);
    write(pen, `${line.word} ${value == null ? '–' : si(value, unit)}`, x + 24, top + 14);
    x += 180;
  }
  for (const tick of scale.ticks) {
    ctx.fillStyle = colours.hairline;
    ctx.fillRect(left, Math.round(yOf(tick)), plot.width, 1);
    ctx.textAlign = 'right';
    ctx.fillStyle = colours.text2;
    ctx.font = '11px system-ui, sans-serif';
    ctx.fillText(si(tick), left - 8, yOf(tick) + 4);
  }
  for (const tick of axis.ticks)
    write(pen, timeLabel(tick), xOf(tick) - 10, plot.top + plot.height + 16, 11, colours.text2);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, plot.top - 2, plot.width, plot.height + 4);
  ctx.clip();
  for (const stall of shown.history.stalls) {
    ctx.fillStyle = colours.hairline;
    ctx.fillRect(xOf(stall.from), plot.top, Math.max(2, xOf(stall.to) - xOf(stall.from)), plot.height);
    write(pen, stallWords(stall), xOf(stall.from) + 4, plot.top + 12, 11);
  }
  const at = (row: ChartRow, value: number) => [xOf(row.t), yOf(value)] as const;
  for (const line of lines) drawBand(pen, line, rows, at);
  for (const line of lines) drawLine(pen, line, rows, at);
  ctx.restore();
}

function drawFigures(pen: Pen, shown: Shown, top: number): void {
  const s = shown.snapshot;
  const figures: readonly (readonly [string, number | null | undefined])[] = [
    ['Offered', s?.offered],
    ['Taken', s?.taken],
    ['Refused', s?.refused],
    ['Unexamined', s?.unexamined],
    ['Completed', s?.completed],
    ['Received', s?.received],
  ];
  figures.forEach(([name, value], i) => {
    const x = MARGIN + (INNER / figures.length) * i;
    write(pen, name, x, top + 12, 11, pen.colours.text2);
    write(pen, value == null ? '–' : grouped(value), x, top + 36, 20, pen.colours.text, 600);
  });
}

function drawLatency(pen: Pen, shown: Shown, top: number): void {
  const l = shown.snapshot?.sendCallNs;
  const text =
    l && l.n > 0
      ? `p50 ${duration(l.p50)}   p90 ${duration(l.p90)}   p99 ${duration(l.p99)}   p99.9 ${duration(l.p999)}   max ${duration(l.max)}`
      : '–';
  write(pen, 'Send-call latency', MARGIN, top + 12, 13, pen.colours.text, 600);
  write(pen, `${text}   (CLOCK_MONOTONIC before and after each call)`, MARGIN + 240, top + 12);
}

function drawStrip(pen: Pen, shown: Shown, top: number): void {
  const { reading } = shown;
  write(pen, `Recent calls: ${keptText(reading ?? undefined)}`, MARGIN, top + 12, 13, pen.colours.text, 600);
  let x = MARGIN + 500;
  for (const [word, colour] of [
    ['taken', pen.colours.success],
    ['refused, AGAIN', pen.colours.again],
    ['refused, INVAL', pen.colours.inval],
    ['unexamined', pen.colours.axis],
  ] as const) {
    pen.ctx.fillStyle = colour;
    if (word === 'unexamined') hatch(pen.ctx, x, top + 3, 10, 10, colour);
    else pen.ctx.fillRect(x, top + 3, 10, 10);
    write(pen, word, x + 16, top + 12, 12, pen.colours.text2);
    x += 150;
  }
  if (!reading) return;
  const [from, to] = windowOf(callCount(reading.calls), INNER - STRIP_LEFT, -1);
  const bars = barsOf(reading.calls, from, to);
  const stalls = stallsAt(reading.calls, from, to, shown.history.stalls);
  const strip = document.createElement('canvas');
  strip.width = INNER * SCALE;
  strip.height = STRIP * SCALE;
  const ctx = strip.getContext('2d');
  if (!ctx) return;
  ctx.scale(SCALE, SCALE);
  paintStrip(
    ctx,
    {
      bars,
      top: topOf(bars),
      selected: -1,
      hovered: -1,
      marked: [0, 0],
      stalls: stalls.map(({ row, stall }) => ({ row, words: stallWords(stall) })),
    },
    { width: INNER, height: STRIP },
    pen.colours,
  );
  pen.ctx.drawImage(strip, MARGIN, top + 20, INNER, STRIP);
}

/** The picture as base64 of a PNG. */
export function pictureOf(shown: Shown): string {
  const canvas = document.createElement('canvas');
  const height = 100 + 2 * CHART + 40 + STRIP + 40;
  canvas.width = WIDTH * SCALE;
  canvas.height = height * SCALE;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('The picture could not be drawn: there is no memory for it.');
  ctx.scale(SCALE, SCALE);
  const pen: Pen = { ctx, colours: coloursOf(document.documentElement) };
  ctx.fillStyle = pen.colours.surface;
  ctx.fillRect(0, 0, WIDTH, height);
  const about = [
    `Instance ${shown.instance}`,
    `run ${shown.run}`,
    shown.backend,
    ...(shown.asked === null ? [] : [`asked ${shown.asked}`]),
    SPAN_WORDS[shown.span].toLowerCase(),
    shown.at,
  ].join(' · ');
  write(pen, 'Packet Lab', MARGIN, 30, 15, pen.colours.text, 600);
  write(pen, about, MARGIN + 110, 30, 12, pen.colours.text2);
  drawFigures(pen, shown, 44);
  const counted = shown.snapshot?.received != null;
  const lines = counted ? THROUGHPUT_LINES : THROUGHPUT_LINES.filter(({ metric }) => metric !== 'received');
  drawChart(pen, shown, 'Throughput', lines, 'pps', 100);
  drawChart(pen, shown, 'Send calls by code', CODE_LINES, 'calls/s', 100 + CHART);
  drawLatency(pen, shown, 104 + 2 * CHART);
  drawStrip(pen, shown, 134 + 2 * CHART);
  return canvas.toDataURL('image/png').slice('data:image/png;base64,'.length);
}
