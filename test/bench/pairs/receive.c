/* receive: whether a receiver on a CPU of its own loses anything of what a sender on another
   one sends as fast as 0.9 of its best.

     receive:NAME       NAME is plain or signed: whether what arrives is analysed

   The sender is a run of af_xdp, the fastest here, unpaced for half a second to find its
   best rate, then paced.  The receiver is the receive ring and the receiver of any run.
   A line for each round: frames the receiver lost and the thousands of frames a second it
   was sent.  After the rounds the rate is raised to the best, and past it unpaced: a
   sentence on stderr says where loss begins. */

#include "nic.h"
#include "net/port.h"
#include "receive/receiver.h"
#include "run/clock.h"
#include "run/source.h"

#include <linux/if_ether.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_SZ   (16777216UL) /* the backends' peer-ring */
#define FRAMES    (1024U)
#define SHARE     (0.9)
#define BEST_NS   (500000000UL)
#define SETTLE_NS (20000000L) /* the last block arrives within that */
#define SETTLES   (100)       /* or within so many times that where the receiver waits for its CPU */

typedef struct {
  nic_t           nic;
  int             is_signed;
  pl_backend_t    head; /* what a receiver belongs to */
  pl_rx_ring_t *  ring;
  pl_receiver_t * receiver;
  pthread_t       thread;
  atomic_int      stop;
  _Atomic uint64_t frames, dropped;
} rx_t;

/* Reads all there is, as the service of a port does. */
static void *
receive( void * ctx ) {
  rx_t *     self = ctx;
  uint64_t   look = 0UL;
  pair_pin( 0 );
  while( !atomic_load_explicit( &self->stop, memory_order_relaxed ) ) {
    unsigned long  n   = pl_rx_ring_read( self->ring, self->receiver ? &self->receiver->aio : NULL, &self->head.arrivals, 4096UL );
    uint64_t const now = pl_clock_ns();
    if( now >= look ) {
      atomic_store_explicit( &self->dropped, pl_rx_ring_dropped( self->ring ), memory_order_relaxed );
      look = now + 1000000UL;
    }
    atomic_store_explicit( &self->frames, pl_rx_ring_frames( self->ring ), memory_order_relaxed );
    if( !n ) nanosleep( &(struct timespec){ .tv_nsec = 200000L }, NULL );
  }
  return NULL;
}

static void
rx_close( rx_t * self ) {
  nic_t * nic = &self->nic;
  if( self->thread ) {
    atomic_store( &self->stop, 1 );
    pthread_join( self->thread, NULL );
  }
  pl_rx_ring_close( self->ring );
  pl_receiver_delete( self->receiver );
  if( nic->send_fd >= 0 ) close( nic->send_fd );
  if( nic->mem_fd >= 0 ) close( nic->mem_fd );
  veth_close( &nic->veth );
}

static int
rx_open( rx_t * self, pair_cfg_t const * cfg, int * skip ) {
  nic_t * nic   = &self->nic;
  nic->batch    = cfg->batch;
  nic->sz       = cfg->sz;
  nic->send_fd  = nic->mem_fd = -1;
  self->is_signed = !strcmp( cfg->of, "signed" );
  self->head.attached = 1; /* to what another one sends */
  if( veth_open( &nic->veth, cfg->helper, skip ) ) return -1;
  if( sysconf( _SC_NPROCESSORS_ONLN ) < 2L ) {
    fprintf( stderr, "It needs two CPUs.\n" );
    *skip = 1;
    return -1;
  }
  int                fds[PL_LAB_FDS_MAX];
  pl_lab_port_t      port;
  pl_err_t           err = { 0 };
  pl_lab_req_t const req = { .op = PL_LAB_PACKET, .end = PL_LAB_END_B, .arg = { ETH_P_ALL } };
  veth_frame( &nic->veth, nic->frame, nic->sz );
  nic->frame[5] ^= 0x80U; /* for another station: the peer's own stack, which would answer, drops it early */
  if( nic_ask( nic, PL_LAB_XDP, FRAMES, FRAMES, &port, fds ) ) return -1;
  nic->send_fd = fds[0];
  nic->mem_fd  = fds[1];
  if( veth_ask( &nic->veth, &req, &port, fds ) ) return -1;
  if( !( self->ring = pl_rx_ring_open( fds[0], RING_SZ, &err ) ) ) {
    fprintf( stderr, "%s\n", err.sentence );
    return -1;
  }
  if( self->is_signed ) self->receiver = pl_receiver_new( &self->head, 1 );
  return ( self->is_signed && !self->receiver ) || pthread_create( &self->thread, NULL, receive, self ) ? -1 : 0;
}

/* A run at that rate (0: as fast as it can) for that long.  Sets how many frames the receiver
   did not get and the rate that came about.  0, or -1 after a sentence on stderr. */
static int
send_for( rx_t * self, double pps, uint64_t ns, uint64_t * lost, double * came ) {
  nic_t *         nic   = &self->nic;
  uint8_t const * frame = nic->frame;
  uint32_t const  sz    = (uint32_t)nic->sz;
  pl_lab_req_t    look  = { .op = PL_LAB_PORT };
  pl_device_t     device = { .tag_fd = -1, .recv_fd = -1, .monitor = pl_lab_monitor( nic->veth.lab ) };
  pl_err_t        err   = { 0 };
  pl_counters_t   did;
  int             fds[PL_LAB_FDS_MAX];
  pl_run_cfg_t    cfg = {
         .batch = nic->batch, .duration_ns = ns, .flush_every = 1UL, .stall_ns = 10000000000UL, .sign = self->is_signed };
  if( pps > 0.0 ) cfg.rate = (pl_rate_t){ .kind = PL_RATE_PPS, .value = pps };
  if( veth_ask( &nic->veth, &look, &device.port, fds ) ) return -1;
  device.send_fd = dup( nic->send_fd );
  device.mem_fd  = dup( nic->mem_fd );
  uint64_t const got     = atomic_load( &self->frames ), dropped = atomic_load( &self->dropped );
  pl_backend_t * backend = pl_backend_open_on( "af_xdp", NULL, 0UL, &device, &err );
  pl_source_t *  source  = backend ? pl_source_templates( &frame, &sz, 1UL, &err ) : NULL;
  if( !source ) fprintf( stderr, "%s\n", err.sentence );
  int failed = !source || run_through( backend, source, &cfg, 0UL, NULL, &did );
  pl_backend_close( backend );
  if( failed ) return -1;
  *came        = (double)did.taken * 1e9 / (double)( did.settled_ns - did.first_ns );
  uint64_t all = 0UL;
  for( int i = 0; i < SETTLES && all != did.taken; i++ ) {
    nanosleep( &(struct timespec){ .tv_nsec = SETTLE_NS }, NULL );
    *lost = atomic_load( &self->dropped ) - dropped;
    all   = atomic_load( &self->frames ) - got + *lost;
  }
  if( all == did.taken ) return 0;
  fprintf( stderr, "%lu frames were sent, and %lu arrived or were lost by the receiver.\n", did.taken, all );
  return -1;
}

int
receive_measure( pair_cfg_t const * cfg, unsigned long rounds, double round_ns ) {
  rx_t *   self   = calloc( 1UL, sizeof( *self ) );
  int      skip   = 0;
  double   best   = 0.0, came;
  uint64_t lost   = 0UL;
  int      failed = !self || rx_open( self, cfg, &skip ) || send_for( self, 0.0, BEST_NS, &lost, &best );
  for( unsigned long i = 0UL; !failed && i < rounds; i++ ) {
    failed = send_for( self, SHARE * best, (uint64_t)round_ns, &lost, &came );
    if( !failed ) printf( "%lu %.3f\n", lost, came / 1e3 );
    fflush( stdout );
  }
  double const shares[] = { 0.95, 1.0, 0.0 };
  double       at       = 0.0;
  for( unsigned i = 0U; !failed && !at && i < sizeof( shares ) / sizeof( shares[0] ); i++ ) {
    failed = send_for( self, shares[i] * best, 4UL * (uint64_t)round_ns, &lost, &came );
    if( lost ) at = came;
  }
  if( !failed && at > 0.0 ) fprintf( stderr, "Loss of its own begins at %.0f kpps (the best rate is %.0f).\n", at / 1e3, best / 1e3 );
  if( !failed && !( at > 0.0 ) ) fprintf( stderr, "No loss of its own at any rate: the best of the sender is %.0f kpps.\n", best / 1e3 );
  if( self ) rx_close( self );
  free( self );
  return failed ? skip ? EXIT_SKIP : 1 : 0;
}
