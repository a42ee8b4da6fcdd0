/* The clause suite on af_packet: both modes, with and without the qdisc, with the smallest
   ring, and behind every stage. */

#include "device_clauses.h"
#include "net/monitor.h"

int
main( void ) {
  static clause_subject_t const subjects[] = { PACKET( "sendmmsg", "off" ), .holds = HELD },
                                               PACKET( "sendmmsg", "on" ), .holds = HELD },
                                               PACKET( "tx-ring", "off", " ring=64" ), .room = 64UL },
                                               PACKET( "tx-ring", "on", " ring=64" ), .room = 64UL },
                                               PACKET( "tx-ring", "off", " ring=1" ), .room = 1UL },
                                               PACKET( "tx-ring", "on", " ring=1" ), .room = 1UL } };
  return device_clauses( subjects, sizeof( subjects ) / sizeof( subjects[0] ) );
}
