/* args.h: every argument that crosses from JavaScript is checked and copied
   here.  A function that fails has thrown a TypeError with one sentence. */

#ifndef PL_ARGS_H
#define PL_ARGS_H

#include "pl_backend.h"

#include <node_api.h>

#define PL_STRING_MAX (4096UL)
#define PL_EXACT_MAX  (9007199254740991.0) /* 2^53 - 1 */

/* The first want arguments of a call.  0, or -1 (thrown) when there are fewer. */
int pl_args( napi_env env, napi_callback_info info, size_t want, napi_value * out );

/* Conversions of one value; what names it in the sentence. */
int pl_arg_number( napi_env env, napi_value v, char const * what, double min, double max, double * out );
int pl_arg_whole( napi_env env, napi_value v, char const * what, double min, double max, uint64_t * out );
int pl_arg_bool( napi_env env, napi_value v, char const * what, int * out );

/* A copy of a string without NUL bytes, at most PL_STRING_MAX bytes; to be freed. */
char * pl_arg_string( napi_env env, napi_value v, char const * what );

/* A copy of a Uint8Array of at most max bytes; to be freed.  NULL = thrown. */
uint8_t * pl_arg_bytes( napi_env env, napi_value v, char const * what, uint64_t max, uint32_t * sz );

/* The member of that name (its value may be undefined). */
int pl_member( napi_env env, napi_value obj, char const * name, napi_value * out );
int pl_is_null( napi_env env, napi_value v ); /* null or undefined */

int pl_throw( napi_env env, char const * fmt, ... ) __attribute__((format( printf, 2, 3 ))); /* returns -1 */

/* Sets members of a result. */
void pl_put( napi_env env, napi_value obj, char const * name, napi_value v );
void pl_put_number( napi_env env, napi_value obj, char const * name, double v );
void pl_put_string( napi_env env, napi_value obj, char const * name, char const * v );

/* An asynchronous piece of work.  work runs on a pool thread and must not touch
   JavaScript; it fills err and returns non-zero on failure.  finish runs back on
   the JavaScript thread after success and makes the promise's value; drop frees
   the arguments in every case. */
typedef struct pl_job {
  int ( *work )( struct pl_job * );
  napi_value ( *finish )( napi_env, struct pl_job * );
  void ( *drop )( struct pl_job * );
  pl_err_t        err;
  int             failed;
  napi_async_work handle;
  napi_deferred   deferred;
} pl_job_t;

/* Queues the job (the first member of a malloc'ed struct, freed at the end) and
   returns its promise; NULL (thrown) when it could not be queued and never runs. */
napi_value pl_job_start( napi_env env, pl_job_t * job, char const * name );

/* Of a thread-safe function: calls it back without arguments, unless its environment ends. */
void pl_call_back( napi_env env, napi_value callback, void * ctx, void * data );

/* Handles: objects that wrap a pointer and carry a type tag.  ptr stays the
   caller's where NULL is returned.  Reading an object may run JavaScript (a
   getter), which may close what a handle stands for: get handles last. */
napi_value pl_handle_new( napi_env env, void * ptr, napi_type_tag const * tag, napi_finalize finalize );
void *     pl_handle_get( napi_env env, napi_value v, napi_type_tag const * tag, char const * what );

#endif /* PL_ARGS_H */
