/* The environment's life: wrapped objects, references, work, hooks and its end. */

#include "napi_env.h"

#include <string.h>

environment_t the;

/* The addon's entry (NAPI_MODULE_INIT). */
napi_value napi_register_module_v1( napi_env env, napi_value exports );

int
may_run( void ) {
  return !the.exception && !the.closing;
}

int
fails( void ) {
  return the.fail && !--the.fail;
}

void
fail_at( unsigned n ) {
  the.fail = n;
}

void
is_sentence( char const * text, size_t len ) {
  if( the.closing ) return; /* nobody reads it any more */
  if( len > 1UL && text[len - 1UL] == '.' ) return;
  fprintf( stderr, "This is no sentence: %.*s\n", (int)len, text );
  abort();
}

void
env_begin( void ) {
  memset( &the, 0, sizeof( the ) );
  (void)napi_register_module_v1( NULL, js_object() );
}

napi_status
napi_wrap( napi_env e, napi_value v, void * ptr, napi_finalize finalize, void * hint, napi_ref * ref ) {
  (void)e;
  HOLDS( v->type == napi_object && !v->wrapped && ptr && !hint && !ref );
  if( !may_run() || fails() ) return napi_generic_failure;
  v->wrapped  = ptr;
  v->finalize = finalize;
  return napi_ok;
}

napi_status
napi_unwrap( napi_env e, napi_value v, void ** out ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  if( !v->wrapped ) return napi_invalid_arg;
  *out = v->wrapped;
  return napi_ok;
}

napi_status
napi_remove_wrap( napi_env e, napi_value v, void ** out ) {
  (void)e;
  if( !v->wrapped ) return napi_invalid_arg;
  if( out ) *out = v->wrapped;
  v->wrapped = NULL;
  return napi_ok;
}

napi_status
napi_type_tag_object( napi_env e, napi_value v, napi_type_tag const * tag ) {
  (void)e;
  if( !may_run() || fails() ) return napi_generic_failure;
  v->tagged = 1;
  v->tag    = *tag;
  return napi_ok;
}

napi_status
napi_check_object_type_tag( napi_env e, napi_value v, napi_type_tag const * tag, bool * out ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  *out = v->tagged && v->tag.lower == tag->lower && v->tag.upper == tag->upper;
  return napi_ok;
}

/* The object is collected: nobody can reach it any more. */
static void
collect( napi_value v ) {
  void * ptr = v->wrapped;
  v->wrapped = NULL;
  if( ptr ) v->finalize( NULL, ptr, NULL );
}

static int
is_held( napi_value v ) {
  for( unsigned i = 0U; i < the.handle_cnt; i++ )
    if( the.handles[i] == v ) return 1;
  return v->refs != 0U;
}

napi_status
napi_create_reference( napi_env e, napi_value v, uint32_t cnt, napi_ref * out ) {
  (void)e;
  HOLDS( cnt == 1U );
  *out = malloc( sizeof( **out ) );
  HOLDS( *out );
  **out    = (struct napi_ref__){ .v = v, .next = the.refs };
  the.refs = *out;
  v->refs++;
  return napi_ok;
}

napi_status
napi_delete_reference( napi_env e, napi_ref ref ) {
  (void)e;
  napi_value v    = ref->v;
  napi_ref * link = &the.refs;
  while( *link && *link != ref ) link = &( *link )->next;
  HOLDS( *link );
  *link = ref->next;
  free( ref );
  v->refs--;
  if( v->wrapped && !is_held( v ) ) collect( v );
  return napi_ok;
}

napi_status
napi_get_reference_value( napi_env e, napi_ref ref, napi_value * out ) {
  (void)e;
  *out = ref->v;
  return napi_ok;
}

napi_status
napi_create_promise( napi_env e, napi_deferred * deferred, napi_value * out ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  *out      = js_object();
  *deferred = (napi_deferred)(void *)*out;
  return napi_ok;
}

napi_status
napi_resolve_deferred( napi_env e, napi_deferred deferred, napi_value v ) {
  (void)e;
  HOLDS( deferred && v );
  if( !may_run() ) return napi_pending_exception;
  if( v->wrapped && the.handle_cnt < HANDLES_MAX ) the.handles[the.handle_cnt++] = v;
  return napi_ok;
}

napi_status
napi_reject_deferred( napi_env e, napi_deferred deferred, napi_value error ) {
  (void)e;
  HOLDS( deferred && error );
  return may_run() ? napi_ok : napi_pending_exception;
}

napi_status
napi_create_async_work( napi_env e, napi_value resource, napi_value name, napi_async_execute_callback execute,
                        napi_async_complete_callback complete, void * data, napi_async_work * out ) {
  (void)e;
  (void)resource;
  HOLDS( name->type == napi_string );
  if( fails() ) return napi_generic_failure;
  *out = malloc( sizeof( **out ) );
  HOLDS( *out );
  **out = (struct napi_async_work__){ .execute = execute, .complete = complete, .data = data };
  return napi_ok;
}

napi_status
napi_queue_async_work( napi_env e, napi_async_work work ) {
  (void)e;
  if( fails() || the.work_cnt == WORKS_MAX ) return napi_generic_failure;
  the.works[the.work_cnt++] = work;
  return napi_ok;
}

napi_status
napi_delete_async_work( napi_env e, napi_async_work work ) {
  (void)e;
  free( work );
  return napi_ok;
}

int
loop_work( void ) {
  for( unsigned i = 0U; i < the.work_cnt; i++ ) {
    if( the.works[i]->done ) continue;
    the.works[i]->execute( NULL, the.works[i]->data );
    the.works[i]->done = 1;
    return 1;
  }
  return 0;
}

int
loop_complete( void ) {
  if( !the.work_cnt || !the.works[0]->done ) return 0;
  napi_async_work const work = the.works[0];
  memmove( &the.works[0], &the.works[1], --the.work_cnt * sizeof( the.works[0] ) );
  work->complete( NULL, napi_ok, work->data );
  HOLDS( !the.exception ); /* nobody would catch it */
  return 1;
}

/* The loop is this one, and nobody else has work in it. */
napi_status
napi_get_uv_event_loop( napi_env e, struct uv_loop_s ** out ) {
  (void)e;
  *out = NULL;
  return napi_ok;
}

int uv_run( struct uv_loop_s * loop, int mode );
int
uv_run( struct uv_loop_s * loop, int mode ) {
  (void)loop;
  (void)mode;
  return loop_work() || loop_complete();
}

/* Hooks of the addon run in reverse order; a pair is there once. */
napi_status
napi_add_env_cleanup_hook( napi_env e, napi_cleanup_hook fn, void * arg ) {
  (void)e;
  for( unsigned i = 0U; i < the.hook_cnt; i++ ) HOLDS( the.hooks[i].fn != fn || the.hooks[i].arg != arg );
  HOLDS( the.hook_cnt < HOOKS_MAX );
  the.hooks[the.hook_cnt].fn    = fn;
  the.hooks[the.hook_cnt++].arg = arg;
  return napi_ok;
}

napi_status
napi_remove_env_cleanup_hook( napi_env e, napi_cleanup_hook fn, void * arg ) {
  (void)e;
  for( unsigned i = 0U; i < the.hook_cnt; i++ ) {
    if( the.hooks[i].fn != fn || the.hooks[i].arg != arg ) continue;
    memmove( &the.hooks[i], &the.hooks[i + 1U], ( --the.hook_cnt - i ) * sizeof( the.hooks[0] ) );
    return napi_ok;
  }
  return napi_ok;
}

/* A function that other threads may call goes with its environment at the latest. */
static void
free_function( void * arg ) {
  free( arg );
}

napi_status
napi_create_threadsafe_function( napi_env e, napi_value fn, napi_value resource, napi_value name, size_t max,
                                 size_t threads, void * data, napi_finalize finalize, void * ctx,
                                 napi_threadsafe_function_call_js call, napi_threadsafe_function * out ) {
  (void)resource;
  (void)max;
  HOLDS( fn->type == napi_function && name && threads == 1UL && !data && !finalize && !ctx );
  if( fails() ) return napi_generic_failure;
  *out = malloc( sizeof( **out ) );
  HOLDS( *out );
  **out = (struct napi_threadsafe_function__){ .call = call, .callback = fn };
  return napi_add_env_cleanup_hook( e, free_function, *out );
}

/* From any thread.  Reading it shows whether it still is there; the callback itself
   is JavaScript and is left out. */
napi_status
napi_call_threadsafe_function( napi_threadsafe_function fn, void * data, napi_threadsafe_function_call_mode mode ) {
  (void)data;
  (void)mode;
  HOLDS( fn->call && fn->callback );
  return napi_ok;
}

napi_status
napi_release_threadsafe_function( napi_threadsafe_function fn, napi_threadsafe_function_release_mode mode ) {
  (void)mode;
  napi_remove_env_cleanup_hook( NULL, free_function, fn );
  free( fn );
  return napi_ok;
}

napi_status
napi_call_function( napi_env e, napi_value self, napi_value fn, size_t argc, napi_value const * argv, napi_value * out ) {
  (void)e;
  (void)self;
  (void)argc;
  (void)argv;
  (void)out;
  HOLDS( fn->type == napi_function );
  return napi_ok;
}

unsigned
handles( void ) {
  return the.handle_cnt;
}

napi_value
handle( unsigned i ) {
  return the.handles[i];
}

void
let_go( unsigned i ) {
  napi_value v = the.handles[i];
  memmove( &the.handles[i], &the.handles[i + 1U], ( --the.handle_cnt - i ) * sizeof( the.handles[0] ) );
  if( v->wrapped && !is_held( v ) ) collect( v );
}

void
env_end( void ) {
  the.closing = 1;
  the.fail    = 0U;
  while( loop_work() || loop_complete() ) {}
  while( the.hook_cnt ) {
    the.hook_cnt--;
    the.hooks[the.hook_cnt].fn( the.hooks[the.hook_cnt].arg );
  }
  for( napi_value v = the.values; v; v = v->next ) collect( v );
  while( the.refs ) {
    napi_ref ref = the.refs;
    the.refs     = ref->next;
    free( ref );
  }
  while( the.values ) {
    napi_value v = the.values;
    the.values   = v->next;
    free( v->data );
    free( v->members );
    free( v );
  }
}
