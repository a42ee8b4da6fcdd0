/* The wire between two threads that come and go: no packet is lost, counted twice
   or out of order.  Also built with the thread sanitizer. */

#include "backend/wire.h"
#include "frames.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <pthread.h>
#include <sched.h>

#define CROSSING (20000UL)
#define ROUNDS   (200UL)
#define SIZE     (64UL)

typedef struct {
  pl_wire_t *      wire;
  atomic_ulong     put, kept; /* over the wire; with nobody attached */
  atomic_int       stop;
} sender_t;

static void
number( uint8_t * buf, uint64_t n ) {
  memset( buf, (int)( n & 0xffU ), SIZE );
  memcpy( buf, &n, sizeof( n ) );
}

static void *
send_numbers( void * arg ) {
  sender_t * self = arg;
  uint8_t    buf[8][SIZE];
  for( uint64_t n = 0UL; !atomic_load( &self->stop ); ) {
    pl_aio_pkt_info_t batch[8];
    for( unsigned long i = 0UL; i < 8UL; i++ ) {
      number( buf[i], n + i );
      batch[i] = (pl_aio_pkt_info_t){ .buf = buf[i], .buf_sz = SIZE };
    }
    long put = pl_wire_put( self->wire, batch, 8UL );
    if( put < 0L ) atomic_fetch_add( &self->kept, 8UL );
    else atomic_fetch_add( &self->put, (unsigned long)put );
    n += put < 0L ? 8UL : (uint64_t)put;
    if( put <= 0L ) sched_yield();
  }
  return NULL;
}

/* Takes what is there; numbers have to follow each other from *next on (0: any). */
static unsigned long
take( pl_wire_t * wire, uint64_t * next ) {
  pl_aio_pkt_info_t batch[16];
  unsigned long     n = pl_wire_peek( wire, batch, 16UL );
  for( unsigned long i = 0UL; i < n; i++ ) {
    uint8_t  want[SIZE];
    uint64_t is;
    memcpy( &is, batch[i].buf, sizeof( is ) );
    number( want, is );
    CHECK_EQ( batch[i].buf_sz, SIZE );
    CHECK( !memcmp( want, batch[i].buf, SIZE ) );
    if( *next ) CHECK_EQ( is, *next );
    *next = is + 1UL;
  }
  pl_wire_release( wire, n );
  return n;
}

static void
start( sender_t * s, pthread_t * thread ) {
  s->wire = pl_wire_open_sender( "race", NULL );
  CHECK( s->wire );
  CHECK( !pthread_create( thread, NULL, send_numbers, s ) );
}

static void
finish( sender_t * s, pthread_t thread ) {
  atomic_store( &s->stop, 1 );
  pthread_join( thread, NULL );
  pl_wire_close_sender( s->wire );
}

static void
in_order( void ) {
  sender_t    s    = { 0 };
  pl_wire_t * wire = pl_wire_open_receiver( "race", NULL );
  pthread_t   thread;
  start( &s, &thread );
  uint64_t next = 0UL;
  for( unsigned long got = 0UL; got < CROSSING; ) {
    unsigned long n = take( wire, &next );
    got += n;
    if( !n ) sched_yield();
  }
  finish( &s, thread );
  while( take( wire, &next ) ) {}
  CHECK_EQ( next, atomic_load( &s.put ) );
  CHECK_EQ( atomic_load( &s.kept ), 0UL );
  pl_wire_close_receiver( wire );
}

static void
receivers_come_and_go( void ) {
  sender_t      s   = { 0 };
  unsigned long got = 0UL;
  pthread_t     thread;
  start( &s, &thread );
  for( unsigned long round = 0UL; round < ROUNDS; round++ ) {
    pl_wire_t * wire = pl_wire_open_receiver( "race", NULL );
    uint64_t    next = 0UL;
    for( unsigned long i = 0UL; i < round % 7UL; i++ ) {
      got += take( wire, &next );
      sched_yield();
    }
    pl_wire_detach( wire );
    for( unsigned long n; ( n = take( wire, &next ) ); ) got += n;
    pl_wire_close_receiver( wire );
  }
  finish( &s, thread );
  CHECK_EQ( got, atomic_load( &s.put ) );
}

static void
senders_come_and_go( void ) {
  pl_wire_t *   wire = pl_wire_open_receiver( "race", NULL );
  unsigned long got = 0UL, put = 0UL;
  for( unsigned long round = 0UL; round < ROUNDS / 10UL; round++ ) {
    sender_t  s    = { 0 };
    uint64_t  next = 0UL;
    pthread_t thread;
    start( &s, &thread );
    for( unsigned long i = 0UL; i < 20UL; i++ ) {
      got += take( wire, &next );
      sched_yield();
    }
    finish( &s, thread );
    for( unsigned long n; ( n = take( wire, &next ) ); ) got += n;
    put += atomic_load( &s.put );
    CHECK_EQ( atomic_load( &s.kept ), 0UL );
  }
  CHECK_EQ( got, put );
  pl_wire_close_receiver( wire );
}

/* Whole runs: one sends without an end, others attach to it and leave again. */
static void
runs_that_attach( void ) {
  pl_backend_t * sender = open_loopback( NULL );
  CHECK_EQ( pl_backend_join( sender, "A", NULL ), 0 );
  pl_run_cfg_t cfg = plain_cfg();
  running_t    sending;
  if( !running_start( &sending, sender, one_frame( 60U ), &cfg ) ) return;
  uint64_t      received = 0UL;
  pl_snapshot_t s;
  for( unsigned long round = 0UL; round < 10UL; round++ ) {
    pl_opt_t const opt      = { .name = "attach", .str = "A" };
    pl_backend_t * attached = pl_backend_open( "loopback", &opt, 1UL, 0, NULL );
    running_t      receiving;
    cfg.rate = rate_pps( 1.0 );
    if( !running_start( &receiving, attached, one_frame( 60U ), &cfg ) ) break;
    do {
      breathe();
      running_look( &receiving, &s );
    } while( s.counters.received < 100UL );
    pl_run_stop( receiving.run );
    running_wait( &receiving, &s );
    received += s.counters.received;
    pl_run_delete( receiving.run );
    pl_backend_close( attached );
  }
  pl_run_stop( sending.run );
  running_wait( &sending, &s );
  CHECK_EQ( s.counters.completed, received + s.counters.received );
  CHECK( received >= 1000UL );
  pl_run_delete( sending.run );
  pl_backend_close( sender );
}

int
main( void ) {
  tap_run( "packets come in order", in_order );
  tap_run( "receivers come and go", receivers_come_and_go );
  tap_run( "senders come and go", senders_come_and_go );
  tap_run( "runs that attach to a running one", runs_that_attach );
  return tap_end();
}
