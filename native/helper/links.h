/* links.h: the interfaces of a lab: veth pairs, what can be done to them, and facts. */

#ifndef HELPER_LINKS_H
#define HELPER_LINKS_H

#include "pl_lab.h"
#include "spaces.h"

/* Which interface: the end of a pair or the TAP device beside it. */
typedef struct {
  spaces_t const * spaces;
  unsigned         pair, end, device;
} link_t;

/* "pl0a", "pl0b", "pl0t". */
void link_name( link_t const * at, char name[PL_LAB_NAME_MAX] );

/* Facts; a name of "" when it is not there.  0, or an errno when they can not be had. */
int link_port( link_t const * at, pl_lab_port_t * port );

/* Makes the pair: addresses, permanent neighbours, both ends up. Each of these answers
   0, or an errno with the step. */
int pair_create( link_t const * at, uint32_t mtu, char const ** step );

int link_delete( link_t const * at, char const ** step );
int link_set_up( link_t const * at, int up, char const ** step );
int link_set_mtu( link_t const * at, uint32_t mtu, char const ** step );
int link_set_carrier( link_t const * at, int on, char const ** step );

/* A queue of that many packets behind a rate that fills it at once; 0 takes it away. */
int link_set_queue( link_t const * at, uint32_t packets, char const ** step );

#endif /* HELPER_LINKS_H */
