/* opens.h: descriptors that are handed over. */

#ifndef HELPER_OPENS_H
#define HELPER_OPENS_H

#include "links.h"

/* What was opened: the descriptors, or err and the step that failed (then there are
   none). */
typedef struct {
  int          fds[PL_LAB_FDS_MAX];
  unsigned     cnt;
  int          err;
  char const * step;
} opened_t;

void open_monitors( spaces_t const * spaces, opened_t * out );
void open_packet( link_t const * at, uint16_t ethertype, opened_t * out );
void open_xdp( link_t const * at, uint32_t frames, uint32_t slots, int zero_copy, opened_t * out );
void open_tap( link_t const * at, uint32_t mtu, opened_t * out );
void open_look( link_t const * at, opened_t * out );
void open_udp( link_t const * at, int family, opened_t * out );

/* Closes what is in it. */
void opened_close( opened_t * out );

#endif /* HELPER_OPENS_H */
