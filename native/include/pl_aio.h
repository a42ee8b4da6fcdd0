/* pl_aio.h: asynchronous packet I/O, one small contract between whoever has
   packets and whatever can move them.

   Usable alone: cc -I native/include prog.c native/src/aio.c

   THE CONTRACT of pl_aio_send( aio, batch, batch_cnt, opt_batch_idx, flush ).
   Each clause is a test that runs on every backend and every stage.

    1. batch_cnt==0 returns PL_AIO_SUCCESS at once and takes nothing; batch may
       be NULL.  With flush!=0 it starts the flush of earlier sends.
    2. A packet with buf_sz==0 (buf may be NULL) counts as sent.
    3. The same buffer, or overlapping ones, may appear several times.
    4. The batch and the bytes it points to are not modified.
    5. Nothing of them is retained after the return.
    6. Packets are taken in the order of the batch.
    7. On SUCCESS the whole batch was taken and *opt_batch_idx is untouched.
       Never SUCCESS for fewer.
    8. On error *opt_batch_idx is the index, in the caller's batch, of the first
       packet that was not taken.  opt_batch_idx may be NULL.
    9. INVAL blames exactly the packet at the index; those after it were not
       examined.  AGAIN blames no packet.
   10. flush!=0 asks for an asynchronous best-effort transmit of what is buffered
       from this and earlier sends.  It never blocks and never promises.  Without
       it a backend may hold packets back.
   11. Counters balance: offered = taken + refused + unexamined, and
       taken >= completed.

   SUCCESS means accepted, not delivered. */

#ifndef PL_AIO_H
#define PL_AIO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* These three are all the codes.  Device faults are a state of the backend, not
   a fourth code. */
#define PL_AIO_SUCCESS    ( 0) /* success */
#define PL_AIO_ERR_INVAL (-1)  /* bad input arguments */
#define PL_AIO_ERR_AGAIN (-2)  /* try again later */

#define PL_AIO_PKT_INFO_ALIGN     (16UL)
#define PL_AIO_PKT_INFO_FOOTPRINT (16UL)
/* Largest buf_sz a backend other than null accepts, in bytes. */
#define PL_AIO_PKT_INFO_BUF_MAX   (4096UL)

/* One packet: buf_sz bytes at buf, from the first byte of the destination MAC
   address to the last byte before the frame check sequence. */
typedef struct __attribute__((aligned(16))) pl_aio_pkt_info {
  void *   buf;
  uint16_t buf_sz;
} pl_aio_pkt_info_t;

/* The type of a send function; the clauses above are its contract. */
typedef int (*pl_aio_send_func_t)( void *                    ctx,
                                   pl_aio_pkt_info_t const * batch,
                                   unsigned long             batch_cnt,
                                   unsigned long *           opt_batch_idx,
                                   int                       flush );

/* An AIO is a send function and what it works on.  Stages are AIOs that hold a
   destination AIO, so they chain. */
typedef struct pl_aio {
  void *             ctx;
  pl_aio_send_func_t send_func;
} pl_aio_t;

/* Required alignment and size in bytes of the memory given to pl_aio_new. */
unsigned long pl_aio_align( void );
unsigned long pl_aio_footprint( void );

/* Formats shmem as an AIO over send_func with ctx (NULL is fine).  Returns
   shmem; NULL with a logged warning when shmem is NULL or misaligned or
   send_func is NULL. */
void * pl_aio_new( void * shmem, void * ctx, pl_aio_send_func_t send_func );

/* Turns formatted memory into a usable AIO and back.  NULL gives a logged
   warning and NULL. */
pl_aio_t * pl_aio_join( void * shaio );
void *     pl_aio_leave( pl_aio_t * aio );

/* Unformats the memory.  Frees nothing; returns its input, to be released by
   whoever allocated it.  NULL gives a logged warning and NULL. */
void * pl_aio_delete( void * shaio );

/* The two members.  NULL gives a logged warning and NULL. */
void *             pl_aio_ctx( pl_aio_t const * aio );
pl_aio_send_func_t pl_aio_send_func( pl_aio_t const * aio );

/* "success", "bad input arguments", "try again later", and "unknown" for every
   other value.  Never NULL, infinite lifetime. */
char const * pl_aio_strerror( int err );

/* Hears warnings about misuse; msg lives for the call only.  NULL restores the
   default, which writes to stderr.  Set it before other threads use AIOs. */
typedef void (*pl_aio_log_func_t)( void * ctx, char const * msg );
void pl_aio_set_log( pl_aio_log_func_t log_func, void * ctx );

/* Sends a batch: one indirect call. */
static inline int __attribute__((warn_unused_result))
pl_aio_send( pl_aio_t const *          aio,
             pl_aio_pkt_info_t const * batch,
             unsigned long             batch_cnt,
             unsigned long *           opt_batch_idx,
             int                       flush ) {
  return aio->send_func( aio->ctx, batch, batch_cnt, opt_batch_idx, flush );
}

#ifdef __cplusplus
}
#endif

#endif /* PL_AIO_H */
