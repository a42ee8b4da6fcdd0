import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { labTrouble } from '../store/labNews';
import { TIER_FIELD } from '../store/netLab';
import { Mark } from './Marks';
import { useLab, useScreen, useSession } from './session';

const PROMISES = {
  Simulate:
    'Nothing leaves the process or the loopback interface of this computer, and no rights are needed. Backends: null, loopback, pcapng, udp.',
  Lab: 'A lab is open: real kernel interfaces in private network namespaces, made without rights. No frame reaches an interface of this computer. Backends: those of Simulate, and af_packet, af_xdp, tap.',
} as const;

/**
 * The safety tier, always visible: Lab while a lab is open, else Simulate. A triangle marks a lab in which something is off.
 * Pressed, it shows the Lab page or leaves it.
 */
export function TierBadge() {
  const { netLab } = useSession();
  const tier = useLab((s) => (s.netLab.phase === 'open' ? 'Lab' : 'Simulate'));
  const trouble = useLab((s) => labTrouble(s.netLab));
  const page = useScreen((s) => s.page);
  const now = trouble === null ? '' : `${trouble}. `;
  const next = page === 'lab' ? 'Press to show the packet.' : 'Press to show the Lab page.';
  return (
    <TooltipTrigger delay={200} closeDelay={100} shouldCloseOnPress={false}>
      <Button
        className="tier"
        data-field={TIER_FIELD}
        aria-label={`${tier}: ${now}${PROMISES[tier]} ${next}`}
        onPress={() => netLab.show(page === 'lab' ? 'packet' : 'lab')}
      >
        {trouble === null ? (
          <Mark shape={tier === 'Lab' ? 'half' : 'disc'} tone="success" />
        ) : (
          <Mark shape="triangle" tone="again" />
        )}
        {tier}
      </Button>
      <Tooltip className="tooltip" placement="bottom" offset={6}>
        {now}
        {PROMISES[tier]} {next}
      </Tooltip>
    </TooltipTrigger>
  );
}
