/* openBackend( name, options, force, peer ) and closeBackend( handle ). */

#include "handles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

napi_type_tag const pl_backend_tag = { 0x7061636b65746c61UL, 0x6261636b656e6431UL };

typedef struct {
  char *        name;
  unsigned long cnt;
  pl_opt_t      opts[PL_OPT_MAX];
  char *        names[PL_OPT_MAX];
  char *        strs[PL_OPT_MAX];
  int           force;
} spec_t;

typedef struct {
  pl_job_t       job;
  spec_t         spec, peer;
  int            has_peer;
  pl_backend_t * backend;
} open_job_t;

static void
drop_spec( spec_t * spec ) {
  free( spec->name );
  for( unsigned long i = 0UL; i < PL_OPT_MAX; i++ ) {
    free( spec->names[i] );
    free( spec->strs[i] );
  }
}

/* Copies {name, options: [[name, number|string|null]], force}; null is "max". */
static int
read_spec( napi_env env, napi_value obj, spec_t * spec ) {
  napi_value v, list;
  uint32_t   cnt;
  if( pl_member( env, obj, "name", &v ) || !( spec->name = pl_arg_string( env, v, "backend name" ) ) ) return -1;
  if( pl_member( env, obj, "force", &v ) || pl_arg_bool( env, v, "force", &spec->force ) ) return -1;
  if( pl_member( env, obj, "options", &list ) ) return -1;
  if( napi_get_array_length( env, list, &cnt ) != napi_ok || cnt > PL_OPT_MAX )
    return pl_throw( env, "options is an array of at most %lu pairs.", PL_OPT_MAX );
  for( uint32_t i = 0; i < cnt; i++ ) {
    napi_value     pair, key, value;
    napi_valuetype type;
    uint32_t       two = 0;
    if( napi_get_element( env, list, i, &pair ) != napi_ok || napi_get_array_length( env, pair, &two ) != napi_ok ||
        two != 2 || napi_get_element( env, pair, 0, &key ) != napi_ok ||
        napi_get_element( env, pair, 1, &value ) != napi_ok || napi_typeof( env, value, &type ) != napi_ok )
      return pl_throw( env, "Each option is a pair of name and value." );
    pl_opt_t * o = &spec->opts[spec->cnt];
    if( !( o->name = spec->names[spec->cnt] = pl_arg_string( env, key, "option name" ) ) ) return -1;
    if( type == napi_string ) {
      if( !( o->str = spec->strs[spec->cnt] = pl_arg_string( env, value, "option value" ) ) ) return -1;
    } else if( type == napi_null ) {
      o->num = INFINITY;
    } else if( pl_arg_number( env, value, "option value", -1e18, 1e18, &o->num ) ) {
      return -1;
    }
    spec->cnt++;
  }
  return 0;
}

static int
open_work( pl_job_t * job ) {
  open_job_t * j    = (open_job_t *)job;
  spec_t *     s    = &j->spec;
  pl_backend_t * file = NULL;
  j->backend = pl_backend_open( s->name, s->opts, s->cnt, s->force, &job->err );
  if( !j->backend || !j->has_peer ) return !j->backend;
  if( !j->backend->def->has_peer ) /* before the file is touched */
    (void)pl_backend_set_peer_out( j->backend, NULL, &job->err );
  else if( ( file = pl_backend_open( "pcapng", j->peer.opts, j->peer.cnt, j->peer.force, &job->err ) ) &&
           !pl_backend_set_peer_out( j->backend, file, &job->err ) )
    return 0;
  pl_backend_close( file );
  pl_backend_close( j->backend );
  j->backend = NULL;
  return 1;
}

/* Ends what the handle holds; blocks until the run's thread is gone. */
static void
end_backend( void * arg ) {
  pl_backend_handle_t * h = arg;
  if( h->run && h->run->run ) {
    pl_run_delete( h->run->run );
    h->run->run = NULL;
  }
  pl_backend_close( h->backend );
  h->backend = NULL;
}

static void
finalize_backend( napi_env env, void * data, void * hint ) {
  (void)hint;
  pl_backend_handle_t * h = data;
  if( h->backend ) {
    napi_remove_env_cleanup_hook( env, end_backend, h );
    end_backend( h );
  }
  free( h );
}

static napi_value
open_finish( napi_env env, pl_job_t * job ) {
  open_job_t *          j = (open_job_t *)job;
  pl_backend_handle_t * h = calloc( 1UL, sizeof( *h ) );
  napi_value            v = NULL;
  if( h ) {
    h->backend = j->backend;
    h->env     = env;
    v          = pl_handle_new( env, h, &pl_backend_tag, finalize_backend );
  }
  if( !v ) {
    free( h );
    pl_throw( env, "The backend could not be handed over: out of memory." );
    return NULL;
  }
  j->backend = NULL;
  napi_add_env_cleanup_hook( env, end_backend, h );
  return v;
}

static void
open_drop( pl_job_t * job ) {
  open_job_t * j = (open_job_t *)job;
  pl_backend_close( j->backend );
  drop_spec( &j->spec );
  drop_spec( &j->peer );
}

napi_value
pl_open_backend( napi_env env, napi_callback_info info ) {
  napi_value args[2];
  if( pl_args( env, info, 2, args ) ) return NULL;
  open_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The backend could not be opened: out of memory." ), NULL;
  j->job      = (pl_job_t){ .work = open_work, .finish = open_finish, .drop = open_drop };
  j->has_peer = !pl_is_null( env, args[1] );
  if( read_spec( env, args[0], &j->spec ) || ( j->has_peer && read_spec( env, args[1], &j->peer ) ) ) {
    open_drop( &j->job );
    free( j );
    return NULL;
  }
  return pl_job_start( env, &j->job, "openBackend" );
}

typedef struct {
  pl_job_t              job;
  pl_backend_handle_t * h;
  napi_env              env;
  napi_ref              ref;
} close_job_t;

static int
close_work( pl_job_t * job ) {
  pl_backend_close( ( (close_job_t *)job )->h->backend );
  return 0;
}

static napi_value
close_finish( napi_env env, pl_job_t * job ) {
  close_job_t * j = (close_job_t *)job;
  j->h->backend   = NULL;
  j->h->busy      = 0;
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  return undefined;
}

static void
close_drop( pl_job_t * job ) {
  close_job_t * j = (close_job_t *)job;
  if( j->ref ) napi_delete_reference( j->env, j->ref );
}

napi_value
pl_close_backend( napi_env env, napi_callback_info info ) {
  napi_value args[1];
  if( pl_args( env, info, 1, args ) ) return NULL;
  pl_backend_handle_t * h = pl_handle_get( env, args[0], &pl_backend_tag, "a backend" );
  if( !h ) return NULL;
  if( !h->backend || h->busy ) return pl_throw( env, "The backend is closed already." ), NULL;
  if( h->run ) return pl_throw( env, "The backend still has a run; end it first." ), NULL;
  close_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The backend could not be closed: out of memory." ), NULL;
  j->job  = (pl_job_t){ .work = close_work, .finish = close_finish, .drop = close_drop };
  j->h    = h;
  j->env  = env;
  h->busy = 1;
  napi_create_reference( env, args[0], 1, &j->ref );
  napi_remove_env_cleanup_hook( env, end_backend, h );
  return pl_job_start( env, &j->job, "closeBackend" );
}
