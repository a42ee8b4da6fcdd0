/* loopback.h: the loopback's own state, shared by the files of its two ends. */

#ifndef PL_LOOPBACK_H
#define PL_LOOPBACK_H

#include "backend/wire.h"
#include "stage/recorder.h"

/* A reordered packet is let go when this many later ones have left the ring. */
#define REORDER_GAP (3UL)
#define HELD_MAX    (REORDER_GAP + 1UL)

/* An attached instance looks at the wire this often, and a sender whose wire is
   full looks again after this. */
#define WIRE_NS (200000UL)

typedef struct {
  uint32_t off;
  uint16_t sz;
} slot_t;

typedef struct {
  uint64_t release_at; /* ordinal of the packet after which it goes */
  uint16_t sz;
  uint8_t  copies;
  uint8_t  buf[PL_AIO_PKT_INFO_BUF_MAX];
} held_t;

typedef struct {
  pl_backend_t head;

  slot_t *   slots;
  uint64_t * ready_at; /* per slot, when it may leave; NULL without delay */
  uint64_t * ordinals; /* per slot, of the packet in the plan; NULL without a model */
  uint8_t *  data;
  uint64_t   data_sz;
  uint64_t   data_at; /* where the next packet's bytes go */
  uint64_t   cap, prod, pub, cons;

  uint64_t mtu;
  uint64_t delay_ns;
  uint32_t seed;
  uint64_t loss, duplicate, reorder; /* thresholds out of 2^32 */
  int      model;                    /* whether any of the three is set */

  double   drain;     /* packets per second; infinity = max */
  double   credit;    /* packets end B may take now */
  uint64_t credit_at; /* when credit was last brought up to date, ns */
  int      busy;      /* end B left packets behind: no credit, or no room in the recorder */

  held_t * held; /* HELD_MAX, allocated with reorder only */
  uint64_t held_cnt;
  unsigned copy_done; /* copies of the packet at cons that were already delivered */

  pl_wire_t * to;   /* others attach here; NULL without a name */
  pl_wire_t * from; /* the end B this one is attached to; NULL = none */
} pl_loopback_t;

/* End B (loopback_far.c). */

/* Takes up to n packets that may leave the ring.  Returns how many left. */
uint64_t pl_loopback_take( pl_loopback_t * self, uint64_t n );

/* Delivers the held packets that are due: all whose release_at is at most upto.
   Returns 0 when what takes them has no room now. */
int pl_loopback_release( pl_loopback_t * self, uint64_t upto );

/* Takes what came over the wire, a wire's worth at most.  Returns when to look
   again. */
uint64_t pl_loopback_take_wire( pl_loopback_t * self, uint64_t now );

#endif /* PL_LOOPBACK_H */
