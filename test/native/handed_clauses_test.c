/* The clause suite on af_xdp (rings of several sizes), tap and udp in a lab, and behind every
   stage. */

#include "device_clauses.h"
#include "net/monitor.h"

int
main( void ) {
  static clause_subject_t const subjects[] = { XDP( 1 ),
                                               XDP( 5 ),
                                               XDP( 64 ),
                                               XDP( 300 ),
                                               { DEVICE( "tap" ), .backend = "tap", .holds = HELD },
                                               UDP( "on" ),
                                               UDP( "off" ) };
  return device_clauses( subjects, sizeof( subjects ) / sizeof( subjects[0] ) );
}
