import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { TIER_FIELD } from '../store/netLab';
import { Mark } from './Marks';
import { useLab, useScreen, useSession } from './session';

const PROMISES = {
  Simulate:
    'Nothing leaves the process or the loopback interface of this computer, and no rights are needed. Backends: null, loopback, pcapng, udp.',
  Lab: 'A lab is open: real kernel interfaces in private network namespaces, made without rights. No frame reaches an interface of this computer. Backends: those of Simulate, and af_packet, af_xdp, tap.',
} as const;

/** The safety tier, always visible: Lab while a lab is open, else Simulate. Pressed, it shows the Lab page or leaves it. */
export function TierBadge() {
  const { netLab } = useSession();
  const tier = useLab((s) => (s.netLab.phase === 'open' ? 'Lab' : 'Simulate'));
  const page = useScreen((s) => s.page);
  const next = page === 'lab' ? 'Press to show the packet.' : 'Press to show the Lab page.';
  return (
    <TooltipTrigger delay={200} closeDelay={100} shouldCloseOnPress={false}>
      <Button
        className="tier"
        data-field={TIER_FIELD}
        aria-label={`${tier}: ${PROMISES[tier]} ${next}`}
        onPress={() => netLab.show(page === 'lab' ? 'packet' : 'lab')}
      >
        <Mark shape={tier === 'Lab' ? 'half' : 'disc'} tone="success" />
        {tier}
      </Button>
      <Tooltip className="tooltip" placement="bottom" offset={6}>
        {PROMISES[tier]} {next}
      </Tooltip>
    </TooltipTrigger>
  );
}
