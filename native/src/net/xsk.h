/* xsk.h: the rings and the memory that an AF_XDP socket shares with the kernel, mapped by
   plain system calls, and the chunks of that memory on their way round.

   A ring has a producer and a consumer index that only grow (modulo 2^32); slot x is
   x % slots.  Who may write what:

   ring         entries from producer to kernel or back   producer index   consumer index
   fill         UMEM chunks to receive into, to kernel    this side        kernel
   receive      descriptors of received frames, back      kernel           this side
   transmit     descriptors of frames to send, to kernel  this side        kernel
   completion   chunks whose frames are done, back        kernel           this side

   An entry belongs to the producer until its index has passed it (release), then to the
   consumer until that one's index has (acquire on the other side).  A chunk of the UMEM
   belongs to the kernel from the moment its descriptor is in the transmit ring until it
   comes back in the completion ring.

   Only the last two are mapped: without BPF nothing is received on such a socket.  The
   kernel asks for a fill ring all the same; whoever made the socket has made it.

   Source: Documentation/networking/af_xdp.rst, linux/if_xdp.h. */

#ifndef PL_XSK_H
#define PL_XSK_H

#include "pl_backend.h"

/* Slots of a ring that can be told from outside: sizes are powers of two, and below this
   several look alike. */
#define PL_XSK_SLOTS_MIN (256U)

typedef struct {
  uint32_t * producer;
  uint32_t * consumer;
  uint32_t * flags; /* XDP_RING_NEED_WAKEUP */
  void *     desc;  /* struct xdp_desc of the transmit ring, uint64_t addresses of the other */
  void *     map;
  size_t     map_sz;
} pl_xsk_ring_t;

/* A chunk is free, or used: put, then shown to the kernel, until it is reaped. */
typedef struct {
  int           fd; /* borrowed */
  pl_xsk_ring_t tx, completion;
  uint32_t      slots;     /* of each ring */
  uint8_t *     umem;
  size_t        umem_sz;
  int           zero_copy; /* the driver reads the UMEM itself */
  uint32_t      cap;       /* chunks that are used at most */
  uint32_t *    free;      /* those that are free, the one to be used next at free_cnt-1 */
  uint32_t      free_cnt;
  uint8_t *     is_used;   /* per chunk */
  uint32_t      prod;      /* frames put; the kernel is shown those up to shown */
  uint32_t      shown;
  uint32_t      reap_at;   /* consumer index of the completion ring */
} pl_xsk_t;

/* Maps both rings of a bound socket, and the memory of its UMEM, for cap chunks.  0, or -1
   with err. */
int pl_xsk_open( pl_xsk_t * self, int fd, int mem_fd, uint32_t cap, char const * name, pl_err_t * err );

/* Unmaps: a queue is not free while anything of it is mapped.  Before close. */
void pl_xsk_close( pl_xsk_t * self );

/* Copies a frame into a free chunk, of which there is one, and puts its descriptor into the
   transmit ring.  The kernel is not shown it yet. */
void pl_xsk_put( pl_xsk_t * self, uint8_t const * buf, uint32_t sz );

/* Takes the frames from x on out again, which the kernel was not shown. */
void pl_xsk_take_back( pl_xsk_t * self, uint32_t x );

/* Frame x of those that the kernel was not shown; and takes it out: those behind it move up. */
pl_aio_pkt_info_t pl_xsk_frame( pl_xsk_t const * self, uint32_t x );
void              pl_xsk_take_out( pl_xsk_t * self, uint32_t x );

/* Takes the chunks back that the kernel is done with.  Returns how many. */
uint32_t pl_xsk_reap( pl_xsk_t * self );

/* Frees all chunks: those that are used never come back. */
void pl_xsk_reclaim( pl_xsk_t * self );

static inline uint32_t
pl_xsk_used( pl_xsk_t const * self ) {
  return self->cap - self->free_cnt;
}

/* Descriptors that the kernel has found invalid so far (asks the kernel). */
uint64_t pl_xsk_invalid( pl_xsk_t const * self );

static inline uint32_t
pl_xsk_load( uint32_t const * index ) {
  return __atomic_load_n( index, __ATOMIC_ACQUIRE );
}

static inline void
pl_xsk_store( uint32_t * index, uint32_t value ) {
  __atomic_store_n( index, value, __ATOMIC_RELEASE );
}

#endif /* PL_XSK_H */
