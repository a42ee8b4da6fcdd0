/* fault_self.h: the fault stage's own state, shared by the files that make it up. */

#ifndef PL_FAULT_SELF_H
#define PL_FAULT_SELF_H

#include "stage/fault.h"

#define SEGMENT     (64UL)   /* packets sent on in one call, copies included */
#define SLOTS       (1024UL) /* packets held at once */
#define REORDER_GAP (3UL)    /* later packets that pass a reordered one */

/* Copies whose kind is remembered until they are completed: more than any backend
   keeps (65536 ring slots) and one call can add. */
#define COPIES (131072UL)

typedef struct {
  uint64_t due; /* ns; 0 = at once */
  uint64_t ordinal;
  uint16_t sz; /* 0 = the slot is free */
  uint8_t  reordered;
  uint8_t  copies;
  uint8_t  first; /* no copy has gone yet */
  uint8_t  buf[PL_AIO_PKT_INFO_BUF_MAX];
} fault_slot_t;

struct pl_fault {
  pl_aio_t         aio;
  pl_aio_t const * dst;
  pl_backend_t *   backend; /* at the end of the chain: cause, plan and completed are its */
  pl_fault_cfg_t   cfg;
  uint64_t         drop, duplicate, reorder, corrupt; /* thresholds out of 2^32 */
  pl_hop_t         hop, sent;
  pl_fault_did_t   did;

  pl_plan_t plan;       /* of the current send */
  uint64_t  own;        /* packets settled so far: the ordinals of whoever has no plan */
  uint64_t  passed;     /* highest ordinal that has passed, with delay: that was due */
  uint64_t  sent_top;   /* one above the highest ordinal of a frame that the destination accepted */
  uint64_t  again_from; /* ordinals below have had their AGAIN */
  int       ending;     /* no later packet comes */

  /* What goes on in one call: copies keep the index of their packet. */
  pl_aio_pkt_info_t out[SEGMENT];
  unsigned long     src[SEGMENT];
  uint64_t          out_ordinals[SEGMENT];
  uint8_t           second[SEGMENT]; /* a duplicate */
  unsigned long     out_cnt;
  uint8_t           scratch[SEGMENT][PL_AIO_PKT_INFO_BUF_MAX]; /* corrupted copies */

  fault_slot_t * slots; /* ring of SLOTS in order of arrival; NULL when nothing is ever held */
  uint64_t       slot_head, slot_tail;
  int            blocked; /* one may go and the destination has no room for it */
  uint64_t       flushed; /* slots before this one were asked to be flushed */

  /* Which of the copies that the destination accepted are duplicates, in their
     order, one bit each; the first counted ones are completed. */
  uint64_t accepted, counted, extra;
  uint64_t seconds[COPIES / 64UL];
};

/* The destination accepted one more copy of a packet. */
void pl_fault_accepted( pl_fault_t * self, uint64_t ordinal, uint16_t sz, int second );

/* Copies a packet into a slot.  0 when none is free. */
int pl_fault_hold( pl_fault_t * self, uint8_t const * buf, uint16_t sz, uint64_t ordinal, int copies, int reordered );

/* Whether a held packet goes when this ordinal has passed. */
int pl_fault_awaited( pl_fault_t const * self, uint64_t ordinal );

#endif /* PL_FAULT_SELF_H */
