/* wire.h: how another instance gets at a loopback's end B.  A wire has a name, a
   sending side (the loopback whose end B it is) and a receiving side (whoever is
   attached).  Either may come first, leave and come back; the wire lives as long
   as one of them holds it.

   Opening and closing take a lock; put and the receiving calls never do: a ring
   with one producer and one consumer. */

#ifndef PL_WIRE_H
#define PL_WIRE_H

#include "pl_backend.h"

#define PL_WIRE_NAME_MAX (64UL) /* with the NUL */
#define PL_WIRE_SLOTS    (1024UL) /* packets that are on it at most */

typedef struct pl_wire pl_wire_t;

/* Takes a side of the wire of that name.  NULL with err when the side is taken or
   memory ran out.  Any thread. */
pl_wire_t * pl_wire_open_sender( char const * name, pl_err_t * err );
pl_wire_t * pl_wire_open_receiver( char const * name, pl_err_t * err );

/* NULL is fine.  What the receiver has not taken is gone. */
void pl_wire_close_sender( pl_wire_t * self );
void pl_wire_close_receiver( pl_wire_t * self );

/* Whether somebody receives now; it may change at any time. */
int pl_wire_attached( pl_wire_t * self );

/* Sender's thread: copies packets of at most PL_AIO_PKT_INFO_BUF_MAX bytes.  How
   many fit, or -1 when nobody receives. */
long pl_wire_put( pl_wire_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt );

/* Receiver's thread: the oldest packets, at most max, where they lie; release
   gives the first cnt of them back. */
unsigned long pl_wire_peek( pl_wire_t * self, pl_aio_pkt_info_t * batch, unsigned long max );
void          pl_wire_release( pl_wire_t * self, unsigned long cnt );

/* Receiver's thread: receives no more.  After it no packet is added; what was can
   still be taken. */
void pl_wire_detach( pl_wire_t * self );

#endif /* PL_WIRE_H */
