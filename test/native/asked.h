/* asked.h: a lab of the sanitized helper, and short ways to ask it. */

#ifndef TEST_ASKED_H
#define TEST_ASKED_H

#include "net/lab.h"

#define HELPER "dist/ctest/packet-lab-helper"

/* The lab of the running case. */
extern pl_lab_t * lab;

/* Opens it: 1; where user namespaces are forbidden the case is skipped (0). */
int opened( unsigned pairs, unsigned mtu );

pl_lab_req_t ask_of( uint16_t op, unsigned end, uint32_t arg );

/* Asks; the errno of the answer (0 = done).  What is handed over goes to fds. */
int ask( pl_lab_req_t req, pl_lab_rep_t * rep, int fds[PL_LAB_FDS_MAX] );

/* The one descriptor of an answer, or -1 (a failed check). */
int one( pl_lab_req_t req, pl_lab_rep_t * rep );

pl_lab_port_t port_of( unsigned pair, unsigned end, unsigned device );

/* Does it, which has to succeed, and gives the facts afterwards. */
pl_lab_port_t done( uint16_t op, unsigned end, uint32_t arg );

void make_frame( uint8_t frame[60], pl_lab_port_t const * port, uint8_t mark );

/* Whether exactly this frame is the next one to come, within two seconds. */
int arrives( int fd, uint8_t const frame[60] );

#endif /* TEST_ASKED_H */
