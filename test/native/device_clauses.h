/* device_clauses.h: the clause suite on backends on an interface, each plain and behind every
   stage.  (A signature is no stage: it is written before the call.) */

#ifndef TEST_DEVICE_CLAUSES_H
#define TEST_DEVICE_CLAUSES_H

#include "clauses.h"
#include "net/monitor.h"

/* Parts of subjects: open with a file of what arrives, or a UDP socket; and move. */
int  device_clauses_open( clause_instance_t * self );
int  device_clauses_open_udp( clause_instance_t * self );
void device_clauses_work( clause_instance_t * self );

/* Blocks of the far end's receive ring (net/rx_ring.c): each may be closed by the clock with
   a single frame in it. */
#define HELD (64UL)

#define DEVICE( WHAT )                                                                                                \
  .name = WHAT, .open = device_clauses_open, .work = device_clauses_work, .completed = clause_backend_completed,                       \
  .close = clause_backend_close, .mtu = 1500UL, .ethernet = 1, .sees = 1, .exact = 1, .completes = 1
#define PACKET( MODE, BYPASS, ... )                                                                                   \
  { DEVICE( "af_packet " MODE " qdisc-bypass=" BYPASS __VA_ARGS__ ), .backend = "af_packet",                          \
    .opts = { { "mode", 0, MODE }, { "qdisc-bypass", 0, BYPASS } }
#define XDP( RING ) { DEVICE( "af_xdp ring=" #RING ), .backend = "af_xdp", .room = RING##UL, .frees = 1, .holds = HELD }
#define UDP( GSO )                                                                                                    \
  { .name = "udp in a lab gso=" GSO, .open = device_clauses_open_udp, .completed = clause_backend_completed,                      \
    .close = clause_backend_close, .opts = { { "gso", 0, GSO } }, .datagrams = 1, .completes = 1 }

/* Tries them all, and says which they are.  Returns the exit status of the program. */
int device_clauses( clause_subject_t const * subjects, int cnt );

#endif /* TEST_DEVICE_CLAUSES_H */
