/* datagrams.h: a peer that reads: a socket at VETH_PORT of pl0b and a thread on another CPU
   than this one that empties it.  It takes datagrams that belong together as one (UDP_GRO),
   as a receiver that wants to keep up does. */

#ifndef BENCH_DATAGRAMS_H
#define BENCH_DATAGRAMS_H

#include "veth.h"

typedef struct datagrams datagrams_t;

/* NULL after a sentence on stderr. */
datagrams_t * datagrams_open( veth_t const * veth );
void          datagrams_close( datagrams_t * self ); /* NULL is fine */

/* Bytes of payload that were read so far. */
uint64_t datagrams_bytes( datagrams_t const * self );

#endif /* BENCH_DATAGRAMS_H */
