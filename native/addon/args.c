#include "args.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
pl_throw( napi_env env, char const * fmt, ... ) {
  char    msg[256];
  va_list ap;
  va_start( ap, fmt );
  vsnprintf( msg, sizeof( msg ), fmt, ap );
  va_end( ap );
  napi_throw_type_error( env, "ERR_INVALID_ARG", msg );
  return -1;
}

int
pl_args( napi_env env, napi_callback_info info, size_t want, napi_value * out ) {
  size_t got = want;
  if( napi_get_cb_info( env, info, &got, out, NULL, NULL ) != napi_ok || got < want )
    return pl_throw( env, "This call takes %zu arguments.", want );
  return 0;
}

int
pl_arg_number( napi_env env, napi_value v, char const * what, double min, double max, double * out ) {
  if( napi_get_value_double( env, v, out ) != napi_ok || !( *out >= min && *out <= max ) )
    return pl_throw( env, "%s is a number from %.17g to %.17g.", what, min, max );
  return 0;
}

int
pl_arg_whole( napi_env env, napi_value v, char const * what, double min, double max, uint64_t * out ) {
  double d;
  if( pl_arg_number( env, v, what, min, max, &d ) ) return -1;
  if( d != floor( d ) ) return pl_throw( env, "%s is a whole number.", what );
  *out = (uint64_t)d;
  return 0;
}

int
pl_arg_bool( napi_env env, napi_value v, char const * what, int * out ) {
  bool b;
  if( napi_get_value_bool( env, v, &b ) != napi_ok ) return pl_throw( env, "%s is true or false.", what );
  *out = b;
  return 0;
}

char *
pl_arg_string( napi_env env, napi_value v, char const * what ) {
  size_t sz = 0;
  if( napi_get_value_string_utf8( env, v, NULL, 0, &sz ) != napi_ok || sz > PL_STRING_MAX ) {
    pl_throw( env, "%s is a string of at most %lu bytes.", what, PL_STRING_MAX );
    return NULL;
  }
  char * s = malloc( sz + 1 );
  if( !s ) {
    pl_throw( env, "%s could not be kept: out of memory.", what );
    return NULL;
  }
  napi_get_value_string_utf8( env, v, s, sz + 1, &sz );
  if( strlen( s ) == sz ) return s;
  free( s );
  pl_throw( env, "%s holds a NUL character.", what );
  return NULL;
}

uint8_t *
pl_arg_bytes( napi_env env, napi_value v, char const * what, uint64_t max, uint32_t * sz ) {
  napi_typedarray_type type;
  size_t               len;
  void *               data;
  bool                 is = false;
  if( napi_is_typedarray( env, v, &is ) != napi_ok || !is ||
      napi_get_typedarray_info( env, v, &type, &len, &data, NULL, NULL ) != napi_ok || type != napi_uint8_array ||
      len > max ) {
    pl_throw( env, "%s is a Uint8Array of at most %lu bytes.", what, max );
    return NULL;
  }
  uint8_t * copy = malloc( len + 1 );
  if( !copy ) {
    pl_throw( env, "%s could not be kept: out of memory.", what );
    return NULL;
  }
  if( len ) memcpy( copy, data, len );
  *sz = (uint32_t)len;
  return copy;
}

int
pl_member( napi_env env, napi_value obj, char const * name, napi_value * out ) {
  napi_valuetype type;
  if( napi_typeof( env, obj, &type ) != napi_ok || type != napi_object ||
      napi_get_named_property( env, obj, name, out ) != napi_ok )
    return pl_throw( env, "An object with the member %s is needed.", name );
  return 0;
}

int
pl_is_null( napi_env env, napi_value v ) {
  napi_valuetype type;
  return napi_typeof( env, v, &type ) == napi_ok && ( type == napi_null || type == napi_undefined );
}

void
pl_put( napi_env env, napi_value obj, char const * name, napi_value v ) {
  napi_set_named_property( env, obj, name, v );
}

void
pl_put_number( napi_env env, napi_value obj, char const * name, double v ) {
  napi_value n;
  napi_create_double( env, v, &n );
  napi_set_named_property( env, obj, name, n );
}

void
pl_put_string( napi_env env, napi_value obj, char const * name, char const * v ) {
  napi_value s;
  napi_create_string_utf8( env, v, NAPI_AUTO_LENGTH, &s );
  napi_set_named_property( env, obj, name, s );
}

static void
job_work( napi_env env, void * data ) {
  (void)env;
  pl_job_t * job = data;
  job->failed    = job->work( job );
}

static void
job_complete( napi_env env, napi_status status, void * data ) {
  pl_job_t * job = data;
  napi_value v   = NULL;
  if( status == napi_ok && !job->failed ) v = job->finish( env, job );
  if( v ) {
    napi_resolve_deferred( env, job->deferred, v );
  } else {
    napi_value msg, error, pending;
    bool       thrown = false;
    napi_is_exception_pending( env, &thrown );
    if( thrown ) {
      napi_get_and_clear_last_exception( env, &pending );
      error = pending;
    } else {
      char const * text = status == napi_ok ? job->err.sentence : "The work was cancelled.";
      napi_create_string_utf8( env, text, NAPI_AUTO_LENGTH, &msg );
      napi_create_error( env, NULL, msg, &error );
      pl_put_string( env, error, "step", job->err.step ? job->err.step : "" );
      pl_put_number( env, error, "errno", (double)job->err.err );
    }
    napi_reject_deferred( env, job->deferred, error );
  }
  napi_delete_async_work( env, job->handle );
  job->drop( job );
  free( job );
}

napi_value
pl_job_start( napi_env env, pl_job_t * job, char const * name ) {
  napi_value promise, label;
  napi_create_promise( env, &job->deferred, &promise );
  napi_create_string_utf8( env, name, NAPI_AUTO_LENGTH, &label );
  if( napi_create_async_work( env, NULL, label, job_work, job_complete, job, &job->handle ) != napi_ok ||
      napi_queue_async_work( env, job->handle ) != napi_ok ) {
    if( job->handle ) napi_delete_async_work( env, job->handle );
    job->drop( job );
    free( job );
    pl_throw( env, "%s could not be queued.", name );
    return NULL;
  }
  return promise;
}

napi_value
pl_handle_new( napi_env env, void * ptr, napi_type_tag const * tag, napi_finalize finalize ) {
  napi_value v;
  if( napi_create_object( env, &v ) != napi_ok || napi_wrap( env, v, ptr, finalize, NULL, NULL ) != napi_ok ) return NULL;
  if( napi_type_tag_object( env, v, tag ) == napi_ok ) return v;
  napi_remove_wrap( env, v, NULL ); /* ptr stays the caller's */
  return NULL;
}

void *
pl_handle_get( napi_env env, napi_value v, napi_type_tag const * tag, char const * what ) {
  napi_valuetype type;
  bool           is  = false;
  void *         ptr = NULL;
  if( napi_typeof( env, v, &type ) == napi_ok && type == napi_object )
    napi_check_object_type_tag( env, v, tag, &is );
  if( !is || napi_unwrap( env, v, &ptr ) != napi_ok ) {
    pl_throw( env, "A handle of %s is needed.", what );
    return NULL;
  }
  return ptr;
}

void
pl_call_back( napi_env env, napi_value callback, void * ctx, void * data ) {
  (void)ctx;
  (void)data;
  if( !env || !callback ) return;
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  napi_call_function( env, undefined, callback, 0, NULL, NULL );
}
