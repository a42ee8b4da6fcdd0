import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { Mark } from './Marks';

const PROMISE =
  'Nothing leaves the process or the loopback interface of this computer, and no rights are needed. Backends: null, loopback, pcapng, udp.';

/** The safety tier, always visible; its promise shows on hover and on focus. */
export function TierBadge() {
  return (
    <TooltipTrigger delay={200} closeDelay={100} shouldCloseOnPress={false}>
      <Button className="tier" aria-label={`Simulate: ${PROMISE}`}>
        <Mark shape="disc" tone="success" />
        Simulate
      </Button>
      <Tooltip className="tooltip" placement="bottom" offset={6}>
        {PROMISE}
      </Tooltip>
    </TooltipTrigger>
  );
}
