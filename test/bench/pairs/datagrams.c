#include "datagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_US (50000) /* how soon the thread sees that it is to end */

struct datagrams {
  int              fd;
  pthread_t        thread;
  atomic_int       stop;
  _Atomic uint64_t bytes;
  uint8_t          buf[65536];
};

/* Away from the CPU that sends, where there is another one. */
static void
go_aside( void ) {
  cpu_set_t all;
  int const mine = sched_getcpu();
  CPU_ZERO( &all );
  for( int cpu = 0; cpu < sysconf( _SC_NPROCESSORS_CONF ); cpu++ )
    if( cpu != mine ) CPU_SET( cpu, &all );
  (void)sched_setaffinity( 0, sizeof( all ), &all );
}

static void *
read_all( void * ctx ) {
  datagrams_t * self = ctx;
  go_aside();
  while( !atomic_load_explicit( &self->stop, memory_order_relaxed ) ) {
    ssize_t n = recv( self->fd, self->buf, sizeof( self->buf ), 0 );
    if( n > 0 ) atomic_fetch_add_explicit( &self->bytes, (uint64_t)n, memory_order_relaxed );
  }
  return NULL;
}

datagrams_t *
datagrams_open( veth_t const * veth ) {
  datagrams_t *      self = calloc( 1UL, sizeof( *self ) );
  int                one = 1, room = 4194304;
  struct timeval     wait = { .tv_usec = WAIT_US };
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons( VETH_PORT ), .sin_addr.s_addr = veth->port.peer_addr4 };
  if( !self ) return NULL;
  self->fd   = veth_socket( veth, PL_LAB_END_B, AF_INET, SOCK_DGRAM );
  int failed = self->fd < 0 || setsockopt( self->fd, SOL_UDP, UDP_GRO, &one, sizeof( one ) ) ||
               setsockopt( self->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof( room ) ) ||
               setsockopt( self->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof( wait ) ) ||
               bind( self->fd, (struct sockaddr *)&at, sizeof( at ) );
  if( !failed ) failed = errno = pthread_create( &self->thread, NULL, read_all, self );
  if( !failed ) return self;
  fprintf( stderr, "The peer cannot read: %s.\n", strerror( errno ) );
  if( self->fd >= 0 ) close( self->fd );
  free( self );
  return NULL;
}

void
datagrams_close( datagrams_t * self ) {
  if( !self ) return;
  atomic_store( &self->stop, 1 );
  pthread_join( self->thread, NULL );
  close( self->fd );
  free( self );
}

uint64_t
datagrams_bytes( datagrams_t const * self ) {
  return atomic_load_explicit( &self->bytes, memory_order_relaxed );
}
