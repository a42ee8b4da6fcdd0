import { execFileSync } from 'node:child_process';

/** Whether tests may install and make users. */
export const isRoot = process.getuid?.() === 0;

/** Somebody a program is started as. */
export interface Person {
  readonly name: string;
  /** What `spawn` takes; empty for whoever runs the tests. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
  /** A node that stands for /dev/net/tun in a mount namespace of this person's own; made by root. */
  readonly tun?: string;
}

/** Whoever runs the tests. */
export const self: Person = { name: isRoot ? 'root' : 'this user', identity: {} };

/** An ordinary user without a login; to be removed. */
export interface OrdinaryUser extends Person {
  readonly uid: number;
  remove(): void;
}

/** Makes an ordinary user; root only. */
export function makeUser(): OrdinaryUser {
  const name = `pl-test-${process.pid}`;
  execFileSync('useradd', ['--no-create-home', '--user-group', '--shell', '/usr/sbin/nologin', name]);
  const id = (which: '-u' | '-g') => Number(execFileSync('id', [which, name], { encoding: 'utf8' }));
  const uid = id('-u');
  const remove = () => void execFileSync('userdel', [name], { stdio: 'pipe' });
  return { name: 'an ordinary user', identity: { uid, gid: id('-g') }, uid, remove };
}
