// The public header is usable by itself: one source, one include folder, and from C++ as well.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'packet-lab-standalone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
#include <pl_aio.h>
#include <stdio.h>

static int
count( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  (void)batch; (void)opt_batch_idx; (void)flush;
  *(unsigned long *)ctx += batch_cnt;
  return PL_AIO_SUCCESS;
}

int
main( void ) {
  unsigned long     seen = 0UL;
  pl_aio_t          aio;
  pl_aio_pkt_info_t batch[3] = {};
  if( !pl_aio_new( &aio, &seen, count ) ) return 1;
  int code = pl_aio_send( pl_aio_join( &aio ), batch, 3UL, NULL, 1 );
  printf( "%s %lu\\n", pl_aio_strerror( code ), seen );
  return 0;
}
`;

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Compiles and runs the program; answers what it printed. */
function compiled(compiler: string, name: string, args: readonly string[]): string {
  const source = join(folder, name);
  const program = `${source}.out`;
  writeFileSync(source, PROGRAM);
  execFileSync(compiler, [...args, '-I', 'native/include', source, '-o', program], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  return execFileSync(program, { encoding: 'utf8' });
}

describe('pl_aio.h', () => {
  test('needs nothing but native/src/aio.c', () => {
    expect(compiled('cc', 'plain.c', ['native/src/aio.c'])).toBe('success 3\n');
  });
  test.each(['c11', 'c17', 'gnu17'])('compiles without a warning as %s', (standard) => {
    const args = [`-std=${standard}`, '-Wall', '-Wextra', '-Werror', 'native/src/aio.c'];
    expect(compiled('cc', `${standard}.c`, args)).toBe('success 3\n');
  });
  describe.each(['c++17', 'c++20'])('in %s', (standard) => {
    test('compiles without a warning and links', (context) => {
      context.skip(!has('g++'), 'g++ is not installed');
      const object = join(folder, 'aio.o');
      const args = ['-std=gnu17', '-I', 'native/include', '-c', 'native/src/aio.c', '-o', object];
      execFileSync('cc', args, { cwd: ROOT, stdio: 'pipe' });
      const flags = [`-std=${standard}`, '-Wall', '-Wextra', '-Werror', '-pedantic', object];
      expect(compiled('g++', `${standard.replaceAll('+', 'p')}.cpp`, flags)).toBe('success 3\n');
    });
  });
});
