#include "backend/wire.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS PL_WIRE_SLOTS

typedef struct {
  uint16_t sz;
  uint8_t  buf[PL_AIO_PKT_INFO_BUF_MAX];
} slot_t;

struct pl_wire {
  /* Under the lock. */
  struct pl_wire * next;
  char             name[PL_WIRE_NAME_MAX];
  int              has_sender, has_receiver;

  slot_t * slots; /* made by the first receiver, before attached is set */

  /* The sender says that it puts before it looks whether somebody is attached; the
     receiver says that it is not before it looks whether somebody puts.  So one of
     them sees the other, and after a detach nothing is added. */
  atomic_int attached;
  atomic_int putting;

  _Alignas( 64 ) atomic_ulong prod; /* moved by the sender */
  _Alignas( 64 ) atomic_ulong cons; /* moved by the receiver */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pl_wire_t *     wires; /* all of them, under the lock */

/* The wire of that name, a new one when there is none.  Under the lock. */
static pl_wire_t *
find( char const * name ) {
  for( pl_wire_t * w = wires; w; w = w->next )
    if( !strcmp( w->name, name ) ) return w;
  pl_wire_t * w = aligned_alloc( _Alignof( pl_wire_t ), sizeof( *w ) );
  if( !w ) return NULL;
  memset( w, 0, sizeof( *w ) );
  memcpy( w->name, name, strlen( name ) + 1UL );
  w->next = wires;
  wires   = w;
  return w;
}

/* Frees a wire that nobody holds.  Under the lock. */
static void
drop_unused( pl_wire_t * self ) {
  if( self->has_sender || self->has_receiver ) return;
  pl_wire_t ** at = &wires;
  while( *at != self ) at = &( *at )->next;
  *at = self->next;
  free( self->slots );
  free( self );
}

static pl_wire_t *
open_side( char const * name, int receiver, pl_err_t * err ) {
  if( strlen( name ) >= PL_WIRE_NAME_MAX ) {
    pl_err_set( err, EINVAL, "attach", "The name of an instance has at most %lu bytes.", PL_WIRE_NAME_MAX - 1UL );
    return NULL;
  }
  pthread_mutex_lock( &lock );
  pl_wire_t * self = find( name );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "The instances could not be joined: out of memory." );
  } else if( receiver ? self->has_receiver : self->has_sender ) {
    pl_err_set( err, EBUSY, "attach", "%s",
                receiver ? "Another instance is attached to that far end already."
                         : "There is a running loopback of that name already." );
    self = NULL;
  } else if( receiver && !self->slots && !( self->slots = malloc( SLOTS * sizeof( slot_t ) ) ) ) {
    pl_err_set( err, ENOMEM, "memory", "The instances could not be joined: out of memory." );
    drop_unused( self );
    self = NULL;
  } else if( receiver ) {
    /* What the one before left is nobody's: nothing is added while none is attached. */
    atomic_store( &self->cons, atomic_load( &self->prod ) );
    self->has_receiver = 1;
    atomic_store( &self->attached, 1 );
  } else {
    self->has_sender = 1;
  }
  pthread_mutex_unlock( &lock );
  return self;
}

pl_wire_t *
pl_wire_open_sender( char const * name, pl_err_t * err ) {
  return open_side( name, 0, err );
}

pl_wire_t *
pl_wire_open_receiver( char const * name, pl_err_t * err ) {
  return open_side( name, 1, err );
}

void
pl_wire_close_sender( pl_wire_t * self ) {
  if( !self ) return;
  pthread_mutex_lock( &lock );
  self->has_sender = 0;
  drop_unused( self );
  pthread_mutex_unlock( &lock );
}

void
pl_wire_close_receiver( pl_wire_t * self ) {
  if( !self ) return;
  pl_wire_detach( self );
  pthread_mutex_lock( &lock );
  self->has_receiver = 0;
  drop_unused( self );
  pthread_mutex_unlock( &lock );
}

int
pl_wire_attached( pl_wire_t * self ) {
  return atomic_load_explicit( &self->attached, memory_order_relaxed );
}

void
pl_wire_detach( pl_wire_t * self ) {
  atomic_store( &self->attached, 0 );
  while( atomic_load( &self->putting ) ) sched_yield(); /* as long as copying a batch takes */
}

long
pl_wire_put( pl_wire_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt ) {
  atomic_store( &self->putting, 1 );
  if( !atomic_load( &self->attached ) ) {
    atomic_store_explicit( &self->putting, 0, memory_order_release );
    return -1L;
  }
  unsigned long prod = atomic_load_explicit( &self->prod, memory_order_relaxed );
  unsigned long room = SLOTS - ( prod - atomic_load_explicit( &self->cons, memory_order_acquire ) );
  if( cnt > room ) cnt = room;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    slot_t * slot = &self->slots[( prod + i ) % SLOTS];
    slot->sz      = batch[i].buf_sz;
    memcpy( slot->buf, batch[i].buf, slot->sz );
  }
  atomic_store_explicit( &self->prod, prod + cnt, memory_order_release );
  atomic_store_explicit( &self->putting, 0, memory_order_release );
  return (long)cnt;
}

unsigned long
pl_wire_peek( pl_wire_t * self, pl_aio_pkt_info_t * batch, unsigned long max ) {
  unsigned long cons = atomic_load_explicit( &self->cons, memory_order_relaxed );
  unsigned long cnt  = atomic_load_explicit( &self->prod, memory_order_acquire ) - cons;
  if( cnt > max ) cnt = max;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    slot_t * slot = &self->slots[( cons + i ) % SLOTS];
    batch[i]      = (pl_aio_pkt_info_t){ .buf = slot->buf, .buf_sz = slot->sz };
  }
  return cnt;
}

void
pl_wire_release( pl_wire_t * self, unsigned long cnt ) {
  unsigned long cons = atomic_load_explicit( &self->cons, memory_order_relaxed );
  atomic_store_explicit( &self->cons, cons + cnt, memory_order_release );
}
