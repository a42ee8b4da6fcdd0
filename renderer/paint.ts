/**
 * Calls back once what was drawn so far is on the screen: after the next frame and one task.
 * A hidden or covered window gets no frames, so a timer stands in: the feed must not die there.
 */
export function afterPaint(done: () => void): void {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(once, document.hidden ? 100 : 250);
  if (!document.hidden) requestAnimationFrame(() => setTimeout(once, 0));
}
