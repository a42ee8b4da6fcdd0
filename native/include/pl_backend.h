/* pl_backend.h: what every backend has in common.  A backend is an AIO with a
   table (options, capabilities, what flush does) and a few cumulative counters.

   One thread at a time may use an opened backend: the runner during a run, the
   opener before and after. */

#ifndef PL_BACKEND_H
#define PL_BACKEND_H

#include "pl_aio.h"

#include <stdatomic.h>

/* States.  Device faults live here, never in the send codes. */
#define PL_STATE_UP        (0)
#define PL_STATE_LINK_DOWN (1) /* waited out under the AGAIN policy */
#define PL_STATE_REMOVED   (2) /* ends the run with a fault */
#define PL_STATE_FAILED    (3) /* ends the run with a fault */
#define PL_STATE_CNT       (4)

/* "up", "link-down", "removed", "failed". */
char const * pl_state_name( int state );

#define PL_SENTENCE_MAX (512UL)

typedef struct {
  int          state;
  int          err;  /* errno, 0 when none */
  char const * step; /* what was being done: "write" ...; infinite lifetime */
  char         sentence[PL_SENTENCE_MAX];
} pl_state_t;

/* Why something could not be opened or parsed.  step has infinite lifetime. */
typedef struct {
  int          err;
  char const * step;
  char         sentence[PL_SENTENCE_MAX];
} pl_err_t;

/* Fills err (NULL is fine) with errno value, step and a formatted sentence. */
void pl_err_set( pl_err_t * err, int errnum, char const * step, char const * fmt, ... )
    __attribute__((format( printf, 4, 5 )));

/* Option kinds; values are doubles (2^53 is exact) or a string. */
#define PL_OPT_WHOLE       (0)
#define PL_OPT_RATE        (1) /* packets per second; infinity is "max" */
#define PL_OPT_PROBABILITY (2) /* 0 to 1 */
#define PL_OPT_BYTES       (3)
#define PL_OPT_DURATION    (4) /* nanoseconds */
#define PL_OPT_OUTPUT      (5) /* a path */
#define PL_OPT_INSTANCE    (6) /* the name of another instance */
#define PL_OPT_CHOICE      (7) /* one of a few words; its value is the index */
#define PL_OPT_KIND_CNT    (8)

typedef struct {
  char const * name;
  int          kind;
  double       min, max;
  double       dflt;     /* infinity for a rate is "max" */
  int          required; /* outputs only */
  char const * const * words; /* choices only, NULL at the end */
} pl_opt_def_t;

/* One option as given.  str is NULL for numbers. */
typedef struct {
  char const * name;
  double       num;
  char const * str;
} pl_opt_t;

/* Options after the check: in the order of the table, defaults filled in. */
#define PL_OPT_MAX (16UL)
typedef struct {
  double       num[PL_OPT_MAX];
  char const * str[PL_OPT_MAX]; /* valid during open only; NULL = not given */
} pl_opt_vals_t;

/* Why the last send was refused: an id of the backend and figures for its
   sentence.  Kept as numbers so that no text is made on the packet path.
   by_ring tells an AGAIN that a larger ring would have spared (the far end takes
   what it sees) from one whose far end or OS takes no more now. */
typedef struct {
  int      id;
  int      by_ring;
  uint64_t a, b, c;
} pl_cause_t;

/* Which packets of the plan the next send offers: ordinals[k], or base+k when
   ordinals is NULL.  Random decisions belong to these numbers, whatever is refused
   or sent again.  set is 0 where nobody has a plan: then packets are numbered as
   they are taken. */
typedef struct {
  uint64_t const * ordinals;
  uint64_t         base;
  int              set;
} pl_plan_t;

static inline uint64_t
pl_plan_ordinal( pl_plan_t const * plan, unsigned long i ) {
  return plan->ordinals ? plan->ordinals[i] : plan->base + i;
}

typedef struct pl_backend pl_backend_t;
struct pl_device;

typedef struct {
  char const *         name;
  pl_opt_def_t const * opts;
  unsigned long        opt_cnt;
  int                  has_peer; /* can count what its far end received */
  int                  has_mtu;

  /* Opens an instance, or returns NULL and fills err.  NULL when it needs a device. */
  pl_backend_t * (*open)( pl_opt_vals_t const * vals, int force, pl_err_t * err );

  /* The same on a device (pl_device.h); NULL when it takes none.  From success on its
     descriptors are the instance's, on failure they stay the caller's. */
  pl_backend_t * (*open_on)( pl_opt_vals_t const * vals, struct pl_device const * device, pl_err_t * err );

  /* Lets other instances attach to its far end under that name.  0, or -1 with
     err.  NULL when nothing can attach. */
  int (*join)( pl_backend_t * self, char const * name, pl_err_t * err );

  /* Moves what waits: now is CLOCK_MONOTONIC ns.  Returns the time at which it
     wants to be called again, UINT64_MAX when nothing waits for time.  NULL when
     the backend needs no service. */
  uint64_t (*service)( pl_backend_t * self, uint64_t now );

  /* Whether everything taken is completed; NULL means always. */
  int (*idle)( pl_backend_t const * self );

  /* The run is over: lets go of what waits for a later packet (reordering), and of
     what could only be written after the last count.  NULL when nothing ever is. */
  void (*settle)( pl_backend_t * self );

  /* Releases everything; flushes first. */
  void (*close)( pl_backend_t * self );

  /* Writes the sentence for a cause.  Pure: any thread may call it. */
  void (*cause_text)( pl_cause_t const * cause, char * buf, unsigned long buf_sz );
} pl_backend_def_t;

/* Common head of every backend's struct.  All counters are cumulative. */
struct pl_backend {
  pl_backend_def_t const * def;
  pl_aio_t                 aio;   /* the send side */
  pl_state_t               state;
  int                      limit; /* a capture limit was reached: the run ends without fault */
  pl_cause_t               cause; /* of the last send that was not SUCCESS */
  pl_plan_t                plan;  /* set for the time of a send by whoever has one */
  int                      ran;   /* has had its run: its counters are that run's */
  pl_cause_t               late;  /* of the last late error; its text comes from cause_text, too */
  uint64_t                 completed;
  int                      receives;     /* counts what its far end received, or what arrives at all */
  uint64_t                 received;     /* frames; meaningful with receives */
  uint64_t                 received_bytes;
  uint64_t                 receive_max;  /* no more than so many are received; 0 = no limit */
  uint64_t const *         arrivals;     /* when the frames being handed to the receiver arrived; NULL: now */
  uint64_t                 served_at;    /* CLOCK_MONOTONIC ns of the latest service; 0 = not known */
  uint64_t                 to_come;      /* packets of the plan that may still be offered, as far as known */
  uint64_t                 peer_dropped; /* by the kernel, because the far end's receive ring was full */
  uint64_t                 no_carrier;   /* accepted while the peer was known to be down, and lost: at least so many */
  uint64_t                 own_received; /* frames that came back to this side, where it is read (tap) */
  uint64_t                 late_errors;
  uint64_t                 kicks;    /* system calls or publications that moved packets */
  uint64_t                 os_ns;    /* time inside those system calls */
  uint64_t                 ring_cap; /* slots, 0 = no ring */
  uint64_t                 ring_occ; /* slots in use */
  atomic_int const *       stop;     /* set by the runner: non-zero asks long sends to return; may be NULL */
  struct pl_fault *        fault;    /* stages in front, see stage/chain.h; NULL = none */
  struct pl_tee *          tee;
  int                      attached;  /* it receives what another instance sends */
  uint64_t                 elsewhere; /* frames that an instance attached to its far end received in its place */
  struct pl_receiver *     receiver;  /* analyses what the far end received (receive/receiver.h); NULL = nobody does */
  struct pl_recorder *     recorder; /* where the far end writes what it received; NULL = it only counts */
};

/* All backends, and their number. */
pl_backend_def_t const * const * pl_backend_table( unsigned long * cnt );

/* The definition of that name, or NULL. */
pl_backend_def_t const * pl_backend_find( char const * name );

/* Checks every option against the table (unknown, wrong kind, NaN, out of range,
   missing) and opens.  force allows an existing output file to be overwritten.
   Returns NULL and fills err. */
pl_backend_t *
pl_backend_open( char const * name, pl_opt_t const * opts, unsigned long opt_cnt, int force, pl_err_t * err );

/* The same on a device, for a backend that takes one. */
pl_backend_t * pl_backend_open_on( char const * name, pl_opt_t const * opts, unsigned long opt_cnt,
                                   struct pl_device const * device, pl_err_t * err );

void pl_backend_close( pl_backend_t * self );

/* Lets other instances find it by that name, where anything can be attached to
   it.  0, or -1 with err. */
int pl_backend_join( pl_backend_t * self, char const * name, pl_err_t * err );

/* Has the far end record what it receives into the pcapng backend file, which
   then belongs to self and is closed with it (on failure it still belongs to
   the caller).  When the recording stops (disk full, limit) receiving goes on.
   Returns 0, or -1 with err when this backend has no peer. */
int pl_backend_set_peer_out( pl_backend_t * self, pl_backend_t * file, pl_err_t * err );

/* Frame size limit of an Ethernet device: MTU + 14, + 4 when the outer EtherType
   is 0x8100 or 0x88a8. */
static inline unsigned long
pl_frame_limit( unsigned long mtu, uint8_t const * buf, unsigned long buf_sz ) {
  int vlan = buf_sz >= 14UL && ( ( buf[12] == 0x81 && buf[13] == 0x00 ) || ( buf[12] == 0x88 && buf[13] == 0xa8 ) );
  return mtu + 14UL + ( vlan ? 4UL : 0UL );
}

/* How many of the first n packets have no bytes: they are sent by being taken. */
static inline unsigned long
pl_none_of( pl_aio_pkt_info_t const * batch, unsigned long n ) {
  unsigned long none = 0UL;
  for( unsigned long i = 0UL; i < n; i++ ) none += !batch[i].buf_sz;
  return none;
}

/* The sentences every backend uses for a frame of sz bytes over the device limit
   (made from mtu), and for a buffer over PL_AIO_PKT_INFO_BUF_MAX. */
void pl_frame_limit_text( uint64_t sz, uint64_t limit, uint64_t mtu, char * buf, unsigned long buf_sz );
void pl_buf_max_text( uint64_t sz, char * buf, unsigned long buf_sz );
void pl_tiny_text( uint64_t sz, char * buf, unsigned long buf_sz ); /* shorter than an Ethernet header */

extern pl_backend_def_t const pl_backend_null;
extern pl_backend_def_t const pl_backend_loopback;
extern pl_backend_def_t const pl_backend_pcapng;
extern pl_backend_def_t const pl_backend_udp;
extern pl_backend_def_t const pl_backend_af_packet; /* Linux only, as are those that follow */
extern pl_backend_def_t const pl_backend_af_xdp;
extern pl_backend_def_t const pl_backend_tap;

#endif /* PL_BACKEND_H */
