/** A mistake in how the command was called: one sentence on stderr, exit 2, stdout stays empty. */
export class UsageError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'UsageError';
  }
}

export const EXIT_DONE = 0;
export const EXIT_FAULT = 1;
export const EXIT_USAGE = 2;

export const USAGE = `Packet Lab: an instrument for the send path of a NIC.

  packet-lab backends [--json]
      List the backends with their options and what flush does on each.

  packet-lab send --backend NAME [--opt K=V]... (--pcap FILE | --hex HEX | --packet SPEC.json) [options]
      Send packets through a backend and report what was taken, refused and why.

      --opt K=V         an option of the backend, may be given several times
      --pcap FILE       send the frames of a pcap or pcapng capture
      --hex HEX         send one packet given as hex digits
      --packet SPEC     send the packets of a JSON file: fields by name, the others computed
      --batch N         packets in one send call, 1 to 4096 (default 64)
      --flush POLICY    every-batch | every:N | after:Nus | every:N,after:Nus | never
                        (default every-batch)
      --rate RATE       max | Npps | Nbps:l1 | Nbps:l2 | burst:N@GAPus | capture, as in
                        10kpps, 100Mbps:l1 or burst:32@1000us (default max)
      --count N         end after N packets of the plan; a capture repeats as needed
      --duration T      end after a time such as 500ms, 10s or 2m
      --until CODE      end at the first success | inval | again
      --again POLICY    retry | drop | stop (default retry)
      --seed N          seed of random decisions, 0 to 4294967295 (default 1)
      --fault K=V,...   misbehave on purpose: drop, duplicate, reorder, corrupt (shares),
                        delay, seed, again-every, again-at, inval-every, inval-at
      --tee FILE        record what the backend accepted to a pcapng file
      --peer-out FILE   write what the far end received to a pcapng file
      --lab [pairs=N,mtu=N]
                        make a private lab for the run and send on its first pair, or that of
                        --opt pair=N (af_packet, af_xdp, tap, udp)
      --signature       sign the last 24 bytes of each payload; the far end reports loss,
                        order, copies, latency and gaps of each stream by them
      --force           overwrite existing outputs
      --json            one JSON object on stdout and nothing else

  packet-lab run PLAN.json [--peer-out FILE] [--lab [pairs=N,mtu=N]] [--force] [--json]
      Run a saved plan; - reads it from standard input, --schema prints its JSON schema.

  packet-lab decode FILE [--json]
      Show the frames of a capture with their layers and fields, and what is wrong with them;
      with --json an object a line, which is a valid SPEC.

  packet-lab encode SPEC.json --out FILE.pcapng [--force]
      Write the packets of a SPEC to a capture.

  packet-lab recode IN --out OUT.pcapng [--force]
      Decode and encode every frame of a capture; bytes, times, interfaces and comments stay.

  packet-lab lab [--pairs N] [--mtu N] [--json]
      Hold a lab of 1 to 16 veth pairs between two private network namespaces, and print it;
      it is gone at Ctrl-C or at the end of standard input. Needs no root; Linux only.

  packet-lab doctor --backend NAME [--opt K=V]... [--lab [pairs=N,mtu=N] | --if NAME] [--json]
      Look for what would keep a run from sending or arriving: a sentence for each thing, and the
      command that would change it, which is shown and never run. Tries a lab of its own, or only
      looks at the interface --if names. Exit status 0 when nothing prevents the run, else 1.

  packet-lab demo
      Ten seconds on the in-memory loopback, showing SUCCESS, AGAIN and INVAL.

  packet-lab --help | --version

Numbers take k, M and G. Exit status: 0 done, 1 fault, 2 usage or input.
`;

const PARTS = USAGE.trimEnd().split('\n\n');

/** The part of the usage about one command, and what holds for all. */
export function usageOf(command: string): string {
  const about = new RegExp(`^  packet-lab ${command}\\b`);
  const first = PARTS.findIndex((part) => about.test(part));
  const next = PARTS.findIndex((part, at) => at > first && part.startsWith('  packet-lab '));
  return `${[...PARTS.slice(first, next), ...PARTS.slice(-1)].join('\n\n')}\n`;
}
