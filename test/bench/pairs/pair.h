/* pair.h: what the measurements have in common.  A pair is the product's code and
   a bare C loop that does the same work with nothing around it; both are timed
   in turns in the same process, on the same CPU, over the same memory. */

#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "pl_run.h"

typedef struct {
  unsigned long sz;    /* bytes of a packet */
  unsigned long batch; /* packets of a call */
  char const *  dir;   /* where files go: a folder on tmpfs, or of the page cache */
  char const *  of;      /* which of several, for a pair of that kind; "" else */
  char const *  helper;  /* the lab's program; NULL when it was not given */
} pair_cfg_t;

typedef struct {
  char const * name;

  /* Makes everything both sides need and touches its memory.  NULL after a
     sentence on stderr; then *skip says whether this machine cannot do it. */
  void * (*open)( pair_cfg_t const * cfg, int * skip );

  /* Moves about that many packets (*units becomes how many it were) and returns
     the time it took in ns; negative after a sentence on stderr. */
  double (*ours)( void * self, uint64_t * units );
  double (*bare)( void * self, uint64_t * units );

  void (*close)( void * self );
} pair_t;

extern pair_t const pair_send;
extern pair_t const pair_runner;
extern pair_t const pair_loopback;
extern pair_t const pair_pcapng;
extern pair_t const pair_reader;
extern pair_t const pair_nic;

/* Pins this thread and what it starts to the first or last CPU it may use. */
void pair_pin( int last );

/* The measurement of receivers, which is no pair: see receive.c.  An exit status. */
int receive_measure( pair_cfg_t const * cfg, unsigned long rounds, double round_ns );
#define EXIT_SKIP (3) /* this machine cannot measure it; stderr says why */

/* Runs through to the end: 0, or -1 after a sentence on stderr.  The source becomes the
   run's.  warm gets the counters after warm_ns; NULL when nobody wants them. */
int run_through( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, uint64_t warm_ns, pl_counters_t * warm,
                 pl_counters_t * out );

/* A batch of cnt packets that all point to one frame of sz bytes, as the runner
   lays out a lone template.  NULL when memory ran out; free it with frames_free. */
pl_aio_pkt_info_t * frames_make( unsigned long sz, unsigned long cnt );
void                frames_free( pl_aio_pkt_info_t * batch );

/* An AIO over a sink in another translation unit, which looks at every descriptor
   and keeps nothing; and the same function by itself. */
pl_aio_t const *          sink_aio( void );
extern pl_aio_send_func_t sink_func;

#endif /* BENCH_PAIR_H */
