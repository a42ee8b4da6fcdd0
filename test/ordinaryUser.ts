import { execFileSync } from 'node:child_process';

/** Somebody a program is started as. */
export interface Person {
  readonly name: string;
  /** What `spawn` takes; empty for whoever runs the tests. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

export const isRoot = process.getuid?.() === 0;

/** Whoever runs the tests. */
export const self: Person = { name: isRoot ? 'root' : 'this user', identity: {} };

/** Makes an ordinary user without a login; root only. */
export function makeUser(): Person & { remove: () => void } {
  const name = `pl-lab-${process.pid}`;
  execFileSync('useradd', ['--no-create-home', '--user-group', '--shell', '/usr/sbin/nologin', name]);
  const uid = Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }));
  const gid = Number(execFileSync('id', ['-g', name], { encoding: 'utf8' }));
  return {
    name: 'an ordinary user',
    identity: { uid, gid },
    remove: () => void execFileSync('userdel', [name], { stdio: 'pipe' }),
  };
}
