#include "descriptor.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static napi_type_tag const tag = { 0x7061636b65746c61UL, 0x6465736372697031UL };

typedef struct descriptor {
  pl_descriptors_t *  set;
  int                 fd; /* -1 once it is closed or taken */
  struct descriptor * before;
  struct descriptor * after;
} descriptor_t;

struct pl_descriptors {
  pthread_mutex_t mutex; /* over everything here and the members of descriptors */
  unsigned        holders;
  int             ended;
  descriptor_t *  first;
};

pl_descriptors_t *
pl_descriptors_new( void ) {
  pl_descriptors_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  pthread_mutex_init( &self->mutex, NULL );
  self->holders = 1U;
  return self;
}

void
pl_descriptors_release( pl_descriptors_t * self ) {
  if( !self ) return;
  pthread_mutex_lock( &self->mutex );
  unsigned left = --self->holders;
  pthread_mutex_unlock( &self->mutex );
  if( left ) return;
  pthread_mutex_destroy( &self->mutex );
  free( self );
}

void
pl_descriptors_end( pl_descriptors_t * self ) {
  pthread_mutex_lock( &self->mutex );
  self->ended = 1;
  for( descriptor_t * d = self->first; d; d = d->after ) {
    if( d->fd >= 0 ) close( d->fd );
    d->fd = -1;
  }
  pthread_mutex_unlock( &self->mutex );
}

/* Its number, which is the caller's from now on; -1 when there is none. */
static int
take( descriptor_t * d ) {
  pthread_mutex_lock( &d->set->mutex );
  int fd = d->fd;
  d->fd  = -1;
  pthread_mutex_unlock( &d->set->mutex );
  return fd;
}

static void
finalize( napi_env env, void * data, void * hint ) {
  (void)env;
  (void)hint;
  descriptor_t *     d   = data;
  pl_descriptors_t * set = d->set;
  int                fd  = take( d );
  if( fd >= 0 ) close( fd );
  pthread_mutex_lock( &set->mutex );
  if( d->before )
    d->before->after = d->after;
  else
    set->first = d->after;
  if( d->after ) d->after->before = d->before;
  pthread_mutex_unlock( &set->mutex );
  pl_descriptors_release( set );
  free( d );
}

napi_value
pl_descriptor_new( napi_env env, pl_descriptors_t * set, int fd ) {
  descriptor_t * d = calloc( 1UL, sizeof( *d ) );
  if( !d ) {
    close( fd );
    return pl_throw( env, "The descriptor could not be kept: out of memory." ), NULL;
  }
  d->set = set;
  pthread_mutex_lock( &set->mutex );
  set->holders++;
  d->fd    = set->ended ? -1 : fd;
  d->after = set->first;
  if( d->after ) d->after->before = d;
  set->first = d;
  pthread_mutex_unlock( &set->mutex );
  if( d->fd < 0 ) close( fd );
  napi_value v = pl_handle_new( env, d, &tag, finalize );
  if( v ) return v;
  finalize( env, d, NULL );
  return pl_throw( env, "The descriptor could not be handed over: out of memory." ), NULL;
}

int
pl_descriptor_take( napi_env env, napi_value v ) {
  descriptor_t * d = pl_handle_get( env, v, &tag, "a descriptor" );
  if( !d ) return -1;
  int fd = take( d );
  return fd < 0 ? pl_throw( env, "The descriptor is closed or taken already." ) : fd;
}

napi_value
pl_descriptor_number( napi_env env, napi_callback_info info ) {
  napi_value     args[1], n;
  descriptor_t * d;
  if( pl_args( env, info, 1, args ) || !( d = pl_handle_get( env, args[0], &tag, "a descriptor" ) ) ) return NULL;
  pthread_mutex_lock( &d->set->mutex );
  int fd = d->fd;
  pthread_mutex_unlock( &d->set->mutex );
  napi_create_double( env, fd, &n );
  return n;
}

typedef struct {
  pl_job_t job;
  int      fd;
} close_job_t;

/* On a pool thread: closing a packet socket waits for the kernel to let go of it. */
static int
close_work( pl_job_t * job ) {
  close_job_t * j = (close_job_t *)job;
  close( j->fd );
  return 0;
}

static napi_value
close_finish( napi_env env, pl_job_t * job ) {
  (void)job;
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  return undefined;
}

static void
close_drop( pl_job_t * job ) {
  (void)job;
}

napi_value
pl_close_descriptor( napi_env env, napi_callback_info info ) {
  napi_value args[1];
  if( pl_args( env, info, 1, args ) ) return NULL;
  int fd = pl_descriptor_take( env, args[0] );
  if( fd < 0 ) return NULL;
  close_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) {
    close( fd );
    return pl_throw( env, "The descriptor was closed, but out of memory." ), NULL;
  }
  j->job = (pl_job_t){ .work = close_work, .finish = close_finish, .drop = close_drop };
  j->fd  = fd;
  return pl_job_start( env, &j->job, "closeDescriptor" );
}
