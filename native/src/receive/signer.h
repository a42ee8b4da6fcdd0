/* signer.h: signs the packets of a run before they are sent.

   Sequence numbers are given when a packet is offered and taken back when it is not
   taken: a retry keeps its number (and gets a new send time), and a packet that is refused
   for good leaves no gap behind.  Each packet of a batch has bytes of its own. */

#ifndef PL_SIGNER_H
#define PL_SIGNER_H

#include "pl_aio.h"
#include "pl_signature.h"

#define PL_SIGNER_BATCH (4096UL) /* PL_BATCH_MAX */

typedef struct {
  uint64_t             next[PL_STREAMS]; /* the number of the next packet of each stream */
  pl_signature_place_t place[PL_SIGNER_BATCH]; /* of each packet of the batch */
  uint8_t              stream[PL_SIGNER_BATCH];
  uint8_t *            copies; /* of a lone template, one for each place in the batch; else NULL */
} pl_signer_t;

/* NULL when memory ran out. */
pl_signer_t * pl_signer_new( void );
void          pl_signer_delete( pl_signer_t * self ); /* NULL is fine */

/* Lays a lone template of sz bytes out over the whole batch, each place with a copy.  0,
   or -1 when memory ran out. */
int pl_signer_lay_out( pl_signer_t * self, pl_aio_pkt_info_t * batch, uint8_t const * buf, uint16_t sz );

/* Packet i of the batch is these bytes; one that a capture had cut is not signed. */
void pl_signer_place( pl_signer_t * self, unsigned long i, uint8_t const * buf, uint64_t sz, int cut, uint16_t stream );

/* Signs packets [from, to) of the batch, sent now (CLOCK_MONOTONIC ns). */
void pl_signer_sign( pl_signer_t * self, pl_aio_pkt_info_t const * batch, unsigned long from, unsigned long to,
                     uint64_t now );

/* Packets [from, to) were not taken. */
void pl_signer_take_back( pl_signer_t * self, unsigned long from, unsigned long to );

#endif /* PL_SIGNER_H */
