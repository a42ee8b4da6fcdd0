/* rx_ring.h: what arrives at an interface, read from a TPACKET_V3 ring of an AF_PACKET
   socket and handed on in batches.

   The kernel fills blocks of many frames and hands over whole blocks: when one is full,
   or the retire time after its first frame.  Until the block is given back its frames
   lie still, so nothing is copied here.  A VLAN tag, which the kernel takes out of a
   frame it receives, is put back where it was; a checksum that the sender left to the
   device is completed; and a message of many datagrams is cut into the frames it stands
   for (net/segments.h), which are copied, a batch at a time.

   The kernel stamps each frame with the wall clock when it arrives.  The difference to
   CLOCK_MONOTONIC is taken anew for each read, so a stamp is right but for what the wall
   clock was set meanwhile. */

#ifndef PL_RX_RING_H
#define PL_RX_RING_H

#include "pl_backend.h"

typedef struct pl_rx_ring pl_rx_ring_t;

/* A block that is not full is handed over after this, in milliseconds. */
#define PL_RX_RETIRE_MS (1U)

/* Makes a ring of at least sz bytes on the socket, which belongs to the ring from
   success on.  Frames that the interface itself sends are not seen.  NULL with err. */
pl_rx_ring_t * pl_rx_ring_open( int fd, unsigned long sz, pl_err_t * err );
void           pl_rx_ring_close( pl_rx_ring_t * self );

/* Hands at most max frames that are there to sink, in batches; NULL only counts.  During
   each send *arrivals says when its frames arrived, CLOCK_MONOTONIC ns; else it is NULL.
   Stops where the sink has no room: the same frames come again.  Returns how many it took. */
unsigned long pl_rx_ring_read( pl_rx_ring_t * self, pl_aio_t const * sink, uint64_t const ** arrivals,
                               unsigned long max );

/* Whether there are frames to be read now. */
int pl_rx_ring_ready( pl_rx_ring_t const * self );

/* So far: frames and bytes that were read, and what the kernel dropped because the ring was
   full (asks the kernel): frames, but a message that was to be cut counts once. */
uint64_t pl_rx_ring_frames( pl_rx_ring_t const * self );
uint64_t pl_rx_ring_bytes( pl_rx_ring_t const * self );
uint64_t pl_rx_ring_dropped( pl_rx_ring_t * self );

#endif /* PL_RX_RING_H */
