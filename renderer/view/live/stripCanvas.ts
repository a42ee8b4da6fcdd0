import { type Bar, PITCH } from '../../store/strip';

/** How the strip of recent calls is painted on a canvas, in the window and in an exported picture. */

export const STRIP_LEFT = 44;
const TOP = 14;
/** The lane under the bars: a shape for each call that was not SUCCESS. */
const LANE = 10;

export interface Colours {
  readonly surface: string;
  readonly hairline: string;
  readonly axis: string;
  readonly text: string;
  readonly text2: string;
  readonly accent: string;
  readonly selected: string;
  readonly success: string;
  readonly again: string;
  readonly inval: string;
  readonly taken: string;
  readonly received: string;
  readonly warning: string;
}

/** The theme's colours as they are now. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: token('surface-1'),
    hairline: token('hairline'),
    axis: token('axis'),
    text: token('text'),
    text2: token('text-2'),
    accent: token('accent'),
    selected: token('selected'),
    success: token('code-success'),
    again: token('code-again'),
    inval: token('code-inval'),
    taken: token('line-taken'),
    received: token('line-received'),
    warning: token('warning'),
  };
}

export interface StripPicture {
  readonly bars: readonly Bar[];
  readonly top: number;
  readonly selected: number;
  readonly hovered: number;
  /** Rows of the run time that is marked in the charts: [first, behind the last). */
  readonly marked: readonly [number, number];
  readonly stalls: readonly { readonly row: number; readonly words: string }[];
}

/** Slanted lines in a bar: packets that no one looked at. */
export function hatch(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  w: number,
  h: number,
  colour: string,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let d = -w; d < h + w; d += 3) {
    ctx.moveTo(x, y + d + w);
    ctx.lineTo(x + w, y + d);
  }
  ctx.stroke();
  ctx.restore();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, Math.max(0, w - 1), Math.max(0, h - 1));
}

function codeMark(
  ctx: CanvasRenderingContext2D,
  bar: Bar,
  x: number,
  bottom: number,
  colours: Colours,
): void {
  if (bar.code === 'success') return;
  const y = bottom - LANE + 3;
  ctx.fillStyle = bar.code === 'again' ? colours.again : colours.inval;
  if (bar.code === 'inval') {
    ctx.fillRect(x, y + 1, 4, 4);
    return;
  }
  ctx.beginPath();
  ctx.moveTo(x + 2, y);
  ctx.lineTo(x + 4.5, y + 5);
  ctx.lineTo(x - 0.5, y + 5);
  ctx.fill();
}

function paintBar(
  ctx: CanvasRenderingContext2D,
  bar: Bar,
  x: number,
  base: number,
  scale: number,
  colours: Colours,
): void {
  const w = PITCH - 1;
  if (bar.offered === 0) {
    ctx.fillStyle = colours.axis; // a flush that carried nothing
    ctx.fillRect(x, base - 3, w, 3);
    return;
  }
  // Whatever is there is seen: no part is less than a pixel high.
  const high = (n: number) => (n > 0 ? Math.max(1, Math.round(n * scale)) : 0);
  let y = base;
  const part = (n: number, colour: string) => {
    const h = high(n);
    y -= h;
    ctx.fillStyle = colour;
    ctx.fillRect(x, y, w, h);
  };
  part(bar.taken, colours.success);
  part(bar.refused, bar.code === 'again' ? colours.again : colours.inval);
  const h = high(bar.unexamined);
  if (h > 0) hatch(ctx, x, y - h, w, h, colours.axis);
}

/** Paints the strip into [0, width) × [0, height) of a context that is scaled to CSS pixels. */
export function paintStrip(
  ctx: CanvasRenderingContext2D,
  picture: StripPicture,
  size: { readonly width: number; readonly height: number },
  colours: Colours,
): void {
  const { bars, top, selected, hovered, marked } = picture;
  const base = size.height - LANE;
  const scale = (base - TOP) / top;
  const first = bars[0]?.row ?? 0;
  const place = (row: number) => STRIP_LEFT + (row - first) * PITCH;
  ctx.clearRect(0, 0, size.width, size.height);
  ctx.fillStyle = colours.hairline;
  for (const part of [0, 0.5, 1])
    ctx.fillRect(STRIP_LEFT, Math.round(base - part * (base - TOP)), size.width - STRIP_LEFT, 1);
  ctx.fillStyle = colours.text2;
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  ctx.fillText(top.toLocaleString('en-US'), STRIP_LEFT - 6, TOP + 1);
  ctx.fillText('0 pkt', STRIP_LEFT - 6, base - 1);
  const from = Math.max(first, marked[0]);
  const to = Math.min(first + bars.length, marked[1]);
  if (to > from) {
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = colours.selected;
    ctx.fillRect(place(from) - 0.5, TOP - 4, (to - from) * PITCH, base - TOP + 4);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.accent;
    ctx.fillRect(place(from) - 0.5, base, (to - from) * PITCH, 2);
  }
  for (const bar of bars) {
    paintBar(ctx, bar, place(bar.row), base, scale, colours);
    codeMark(ctx, bar, place(bar.row), size.height, colours);
  }
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 1;
  for (const row of [hovered, selected]) {
    if (row < first || row >= first + bars.length) continue;
    ctx.strokeRect(place(row) - 1.5, TOP - 3.5, PITCH + 1, base - TOP + 4);
    if (row !== selected) continue;
    ctx.fillStyle = colours.accent;
    ctx.beginPath();
    ctx.moveTo(place(row) - 2, 2);
    ctx.lineTo(place(row) + PITCH + 1, 2);
    ctx.lineTo(place(row) + PITCH / 2 - 0.5, TOP - 5);
    ctx.fill();
  }
  for (const stall of picture.stalls) {
    if (stall.row <= first || stall.row >= first + bars.length) continue;
    const x = Math.round(place(stall.row)) - 0.5;
    ctx.strokeStyle = colours.warning;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(x, 0);
    ctx.lineTo(x, base);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = colours.text;
    ctx.textAlign = x > size.width - 90 ? 'right' : 'left';
    ctx.fillText(stall.words, x + (ctx.textAlign === 'left' ? 4 : -4), 6);
  }
}

/** The row under a point, or -1. */
export function rowUnder(bars: readonly Bar[], x: number): number {
  const place = Math.floor((x - STRIP_LEFT) / PITCH);
  return bars[place]?.row ?? -1;
}
