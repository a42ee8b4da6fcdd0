import { execFileSync } from 'node:child_process';

/** Whether tests may install and make users. */
export const isRoot = process.getuid?.() === 0;

/** An ordinary user; `spawn` takes it as it is. */
export interface OrdinaryUser {
  readonly uid: number;
  readonly gid: number;
  remove(): void;
}

/** Makes an ordinary user without a login; root only. */
export function makeUser(): OrdinaryUser {
  const name = `pl-test-${process.pid}`;
  execFileSync('useradd', ['--no-create-home', '--user-group', '--shell', '/usr/sbin/nologin', name]);
  const id = (which: '-u' | '-g') => Number(execFileSync('id', [which, name], { encoding: 'utf8' }));
  const remove = () => void execFileSync('userdel', [name], { stdio: 'pipe' });
  return { uid: id('-u'), gid: id('-g'), remove };
}
