/* openBackend( spec, peer, tee, fault ) and closeBackend( handle ). */

#include "device.h"
#include "handles.h"
#include "os/os.h"
#include "stage/chain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

napi_type_tag const pl_backend_tag = { 0x7061636b65746c61UL, 0x6261636b656e6431UL };

typedef struct {
  char *        name;
  char *        own; /* the name others attach to it under; NULL = none can */
  unsigned long cnt;
  pl_opt_t      opts[PL_OPT_MAX];
  char *        names[PL_OPT_MAX];
  char *        strs[PL_OPT_MAX];
  int           force;
} spec_t;

typedef struct {
  pl_job_t       job;
  spec_t         spec, peer, tee;
  int            has_peer, has_tee, has_fault;
  pl_fault_cfg_t fault;
  pl_backend_t * backend;
  struct pl_device * device; /* NULL: none was given */
} open_job_t;

static void
drop_spec( spec_t * spec ) {
  free( spec->name );
  free( spec->own );
  for( unsigned long i = 0UL; i < PL_OPT_MAX; i++ ) {
    free( spec->names[i] );
    free( spec->strs[i] );
  }
}

/* Copies {name, options: [[name, number|string|null]], force, own: string|null};
   null is "max". */
static int
read_spec( napi_env env, napi_value obj, spec_t * spec ) {
  napi_value v, list;
  uint32_t   cnt;
  if( pl_member( env, obj, "name", &v ) || !( spec->name = pl_arg_string( env, v, "backend name" ) ) ) return -1;
  if( pl_member( env, obj, "force", &v ) || pl_arg_bool( env, v, "force", &spec->force ) ) return -1;
  if( pl_member( env, obj, "own", &v ) ) return -1;
  if( !pl_is_null( env, v ) && !( spec->own = pl_arg_string( env, v, "own" ) ) ) return -1;
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

/* {drop, duplicate, reorder, corrupt, delayNs, seed, againEvery, invalEvery, againAt, invalAt}; -1 for
   an ordinal that never comes. */
static int
read_fault( napi_env env, napi_value obj, pl_fault_cfg_t * cfg ) {
  struct {
    char const * name;
    double       min, max;
    int          whole;
  } const members[10] = { { "drop", 0, 1, 0 },
                          { "duplicate", 0, 1, 0 },
                          { "reorder", 0, 1, 0 },
                          { "corrupt", 0, 1, 0 },
                          { "delayNs", 0, 10e9, 1 },
                          { "seed", 0, 4294967295.0, 1 },
                          { "againEvery", 0, PL_EXACT_MAX, 1 },
                          { "invalEvery", 0, PL_EXACT_MAX, 1 },
                          { "againAt", -1, PL_EXACT_MAX, 1 },
                          { "invalAt", -1, PL_EXACT_MAX, 1 } };
  double n[10];
  for( int i = 0; i < 10; i++ ) {
    napi_value v;
    if( pl_member( env, obj, members[i].name, &v ) ||
        pl_arg_number( env, v, members[i].name, members[i].min, members[i].max, &n[i] ) )
      return -1;
    if( members[i].whole && n[i] != floor( n[i] ) ) return pl_throw( env, "%s is a whole number.", members[i].name );
  }
  *cfg = (pl_fault_cfg_t){ .drop        = n[0],
                           .duplicate   = n[1],
                           .reorder     = n[2],
                           .corrupt     = n[3],
                           .delay_ns    = (uint64_t)n[4],
                           .seed        = (uint32_t)n[5],
                           .again_every = (uint64_t)n[6],
                           .inval_every = (uint64_t)n[7],
                           .again_at    = n[8] < 0 ? PL_FAULT_NEVER : (uint64_t)n[8],
                           .inval_at    = n[9] < 0 ? PL_FAULT_NEVER : (uint64_t)n[9] };
  return 0;
}

/* Opens the pcapng file of a spec and gives it to the backend. */
static int
give_file( open_job_t * j, spec_t const * spec, int ( *give )( pl_backend_t *, pl_backend_t *, pl_err_t * ) ) {
  pl_backend_t * file = pl_backend_open( "pcapng", spec->opts, spec->cnt, spec->force, &j->job.err );
  if( !file ) return -1;
  if( !give( j->backend, file, &j->job.err ) ) return 0;
  pl_backend_close( file );
  return -1;
}

static int
open_work( pl_job_t * job ) {
  open_job_t * j = (open_job_t *)job;
  spec_t *     s = &j->spec;
  j->backend     = j->device ? pl_backend_open_on( s->name, s->opts, s->cnt, j->device, &job->err )
                             : pl_backend_open( s->name, s->opts, s->cnt, s->force, &job->err );
#ifdef PL_OS_LINUX
  pl_device_free( j->device, j->backend != NULL );
  j->device = NULL;
#endif
  if( !j->backend ) return 1;
  int failed = s->own && pl_backend_join( j->backend, s->own, &job->err );
  if( failed )
    (void)0;
  else if( j->has_peer && !j->backend->receives ) /* before the file is touched */
    failed = pl_backend_set_peer_out( j->backend, NULL, &job->err );
  else if( j->has_peer )
    failed = give_file( j, &j->peer, pl_backend_set_peer_out );
  if( !failed && j->has_tee ) failed = give_file( j, &j->tee, pl_chain_set_tee );
  if( !failed && j->has_fault ) failed = pl_chain_set_fault( j->backend, &j->fault, &job->err );
  if( !failed ) return 0;
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
  drop_spec( &j->tee );
#ifdef PL_OS_LINUX
  pl_device_free( j->device, 0 );
#endif
}

/* The member device of the spec: an interface to send on, or none. */
static int
read_device( napi_env env, napi_value spec, open_job_t * j ) {
  napi_value v;
  if( pl_member( env, spec, "device", &v ) ) return -1;
  if( pl_is_null( env, v ) ) return 0;
#ifdef PL_OS_LINUX
  j->device = pl_device_read( env, v );
  return j->device ? 0 : -1;
#else
  (void)j;
  return pl_throw( env, "There are no interfaces to send on here." );
#endif
}

napi_value
pl_open_backend( napi_env env, napi_callback_info info ) {
  napi_value args[4];
  if( pl_args( env, info, 4, args ) ) return NULL;
  open_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The backend could not be opened: out of memory." ), NULL;
  j->job       = (pl_job_t){ .work = open_work, .finish = open_finish, .drop = open_drop };
  j->has_peer  = !pl_is_null( env, args[1] );
  j->has_tee   = !pl_is_null( env, args[2] );
  j->has_fault = !pl_is_null( env, args[3] );
  if( read_spec( env, args[0], &j->spec ) || ( j->has_peer && read_spec( env, args[1], &j->peer ) ) ||
      ( j->has_tee && read_spec( env, args[2], &j->tee ) ) ||
      ( j->has_fault && read_fault( env, args[3], &j->fault ) ) || read_device( env, args[0], j ) ) {
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
  napi_create_reference( env, args[0], 1, &j->ref );
  napi_value promise = pl_job_start( env, &j->job, "closeBackend" );
  if( !promise ) return NULL; /* it stays open */
  h->busy = 1;
  napi_remove_env_cleanup_hook( env, end_backend, h );
  return promise;
}
