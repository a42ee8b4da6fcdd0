/* napi.h: as much of Node-API as the addon uses, in C and on one thread, so that a
   fuzz target can drive the addon without Node.  It is strict where Node is: no
   call into JavaScript while an exception is pending or the environment ends,
   references and hooks as counted, everything freed when it is let go. */

#ifndef TEST_NAPI_H
#define TEST_NAPI_H

#include <node_api.h>

/* Loads the addon into a fresh environment, and ends it as Node does: pending work
   is finished while no JavaScript runs any more, then the hooks, then finalizers. */
void env_begin( void );
void env_end( void );

/* Values.  Those of an environment end with it. */
napi_value js_simple( napi_valuetype type ); /* undefined, null, a symbol, a function */
napi_value js_bool( int b );
napi_value js_number( double d );
napi_value js_string( char const * s, size_t len );
napi_value js_bytes( napi_typedarray_type type, uint8_t const * data, size_t len );
napi_value js_array( void );
napi_value js_object( void );
void       js_push( napi_value array, napi_value v );
void       js_set( napi_value object, char const * name, napi_value v ); /* name has infinite lifetime */

/* Makes reading v out of an object or array run fn first, as a getter does. */
napi_value js_getter( napi_value v, void ( *fn )( void ) );
void       js_throw( void ); /* for getters */

/* How many functions the addon has; calls the one of that name.  What it throws is
   checked and dropped. */
unsigned js_functions( void );
void     js_call( char const * name, size_t argc, napi_value * argv );

/* The event loop: does the oldest work that waits, or completes the oldest that is
   done.  Returns 0 when there is none. */
int loop_work( void );
int loop_complete( void );

/* Handles that promises were resolved with and nobody has let go yet. */
unsigned   handles( void );
napi_value handle( unsigned i );
void       let_go( unsigned i ); /* collected at once where no reference holds it */

/* The n-th allocation of Node from now on fails; 0 = none. */
void fail_at( unsigned n );

#endif /* TEST_NAPI_H */
