/* Values and conversions, and what the addon makes. */

#include "napi_env.h"

#include <string.h>

static napi_env const env = NULL;

napi_value
js_new( napi_valuetype type ) {
  napi_value v = calloc( 1UL, sizeof( *v ) );
  HOLDS( v );
  v->type    = type;
  v->next    = the.values;
  the.values = v;
  return v;
}

napi_value
js_simple( napi_valuetype type ) {
  return js_new( type );
}

napi_value
js_bool( int b ) {
  napi_value v = js_new( napi_boolean );
  v->b         = b;
  return v;
}

napi_value
js_number( double d ) {
  napi_value v = js_new( napi_number );
  v->num       = d;
  return v;
}

/* Exactly as large as it says: reading behind it is seen. */
static uint8_t *
copy( void const * data, size_t len ) {
  uint8_t * p = malloc( len ? len : 1UL );
  HOLDS( p );
  if( len && data ) memcpy( p, data, len );
  if( len && !data ) memset( p, 0, len );
  return p;
}

napi_value
js_string( char const * s, size_t len ) {
  napi_value v = js_new( napi_string );
  v->data      = copy( s, len );
  v->len       = len;
  return v;
}

napi_value
js_bytes( napi_typedarray_type type, uint8_t const * data, size_t len ) {
  napi_value v = js_new( napi_object );
  v->is_typed  = 1;
  v->elem      = type;
  v->data      = copy( data, len );
  v->len       = len;
  return v;
}

napi_value
js_array( void ) {
  napi_value v = js_new( napi_object );
  v->is_array  = 1;
  return v;
}

napi_value
js_object( void ) {
  return js_new( napi_object );
}

void
js_set( napi_value object, char const * name, napi_value v ) {
  object->members = realloc( object->members, ( object->cnt + 1UL ) * sizeof( member_t ) );
  HOLDS( object->members );
  object->members[object->cnt++] = (member_t){ name, v };
}

void
js_push( napi_value array, napi_value v ) {
  js_set( array, NULL, v );
}

napi_value
js_getter( napi_value v, void ( *fn )( void ) ) {
  napi_value g = js_new( v->type );
  g->getter    = fn;
  g->got       = v;
  return g;
}

/* Reads a member; its getter may throw. */
static napi_status
got( napi_value v, napi_value * out ) {
  if( v->getter ) {
    v->getter();
    v = v->got;
  }
  *out = v;
  return the.exception ? napi_pending_exception : napi_ok;
}

napi_status
napi_typeof( napi_env e, napi_value v, napi_valuetype * out ) {
  (void)e;
  HOLDS( v );
  *out = v->type;
  return napi_ok;
}

napi_status
napi_get_value_double( napi_env e, napi_value v, double * out ) {
  (void)e;
  if( v->type != napi_number ) return napi_number_expected;
  *out = v->num;
  return napi_ok;
}

napi_status
napi_get_value_bool( napi_env e, napi_value v, bool * out ) {
  (void)e;
  if( v->type != napi_boolean ) return napi_boolean_expected;
  *out = v->b;
  return napi_ok;
}

napi_status
napi_get_value_string_utf8( napi_env e, napi_value v, char * buf, size_t size, size_t * out ) {
  (void)e;
  if( v->type != napi_string ) return napi_string_expected;
  if( !buf ) {
    *out = v->len;
    return napi_ok;
  }
  HOLDS( size );
  *out = v->len < size - 1UL ? v->len : size - 1UL;
  memcpy( buf, v->data, *out );
  buf[*out] = '\0';
  return napi_ok;
}

napi_status
napi_is_typedarray( napi_env e, napi_value v, bool * out ) {
  (void)e;
  *out = v->is_typed;
  return napi_ok;
}

napi_status
napi_get_typedarray_info( napi_env e, napi_value v, napi_typedarray_type * type, size_t * len, void ** data,
                          napi_value * buffer, size_t * offset ) {
  (void)e;
  HOLDS( v->is_typed && !buffer && !offset );
  *type = v->elem;
  *len  = v->len;
  *data = v->len ? v->data : NULL; /* as for a detached buffer */
  return napi_ok;
}

napi_status
napi_get_array_length( napi_env e, napi_value v, uint32_t * out ) {
  (void)e;
  if( !v->is_array ) return napi_array_expected;
  *out = v->cnt;
  return napi_ok;
}

napi_status
napi_get_element( napi_env e, napi_value v, uint32_t i, napi_value * out ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  if( v->type != napi_object ) return napi_object_expected;
  if( !v->is_array || i >= v->cnt ) return got( js_new( napi_undefined ), out );
  return got( v->members[i].value, out );
}

napi_status
napi_get_named_property( napi_env e, napi_value v, char const * name, napi_value * out ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  if( v->type != napi_object && v->type != napi_function ) return napi_object_expected;
  for( uint32_t i = 0; i < v->cnt; i++ )
    if( v->members[i].name && !strcmp( v->members[i].name, name ) ) return got( v->members[i].value, out );
  return got( js_new( napi_undefined ), out );
}

napi_status
napi_get_undefined( napi_env e, napi_value * out ) {
  (void)e;
  *out = js_new( napi_undefined );
  return napi_ok;
}

napi_status
napi_get_null( napi_env e, napi_value * out ) {
  (void)e;
  *out = js_new( napi_null );
  return napi_ok;
}

napi_status
napi_get_boolean( napi_env e, bool b, napi_value * out ) {
  (void)e;
  *out = js_bool( b );
  return napi_ok;
}

napi_status
napi_create_double( napi_env e, double d, napi_value * out ) {
  (void)e;
  *out = js_number( d );
  return napi_ok;
}

napi_status
napi_create_string_utf8( napi_env e, char const * s, size_t len, napi_value * out ) {
  (void)e;
  *out = js_string( s, len == NAPI_AUTO_LENGTH ? strlen( s ) : len );
  return napi_ok;
}

napi_status
napi_create_object( napi_env e, napi_value * out ) {
  (void)e;
  *out = js_object();
  return napi_ok;
}

napi_status
napi_create_array( napi_env e, napi_value * out ) {
  (void)e;
  *out = js_array();
  return napi_ok;
}

napi_status
napi_create_error( napi_env e, napi_value code, napi_value msg, napi_value * out ) {
  (void)e;
  (void)code;
  HOLDS( msg->type == napi_string );
  is_sentence( (char const *)msg->data, msg->len );
  *out = js_object();
  return napi_ok;
}

napi_status
napi_set_named_property( napi_env e, napi_value object, char const * name, napi_value v ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  HOLDS( object->type == napi_object && v );
  js_set( object, name, v );
  return napi_ok;
}

napi_status
napi_set_element( napi_env e, napi_value array, uint32_t i, napi_value v ) {
  (void)e;
  if( !may_run() ) return napi_pending_exception;
  HOLDS( array->is_array && array->cnt == i && v ); /* the addon fills them in order */
  js_push( array, v );
  return napi_ok;
}

napi_status
napi_create_arraybuffer( napi_env e, size_t len, void ** data, napi_value * out ) {
  (void)e;
  if( !may_run() || fails() ) return napi_generic_failure;
  *out  = js_bytes( napi_uint8_array, NULL, len );
  *data = len ? ( *out )->data : NULL;
  return napi_ok;
}

napi_status
napi_create_typedarray( napi_env e, napi_typedarray_type type, size_t len, napi_value buffer, size_t offset,
                        napi_value * out ) {
  (void)e;
  if( !may_run() || fails() ) return napi_generic_failure;
  size_t const elem = type == napi_float64_array ? 8UL : type == napi_uint32_array ? 4UL : 2UL;
  HOLDS( offset + len * elem <= buffer->len );
  *out = js_object();
  return napi_ok;
}

napi_status
napi_throw_type_error( napi_env e, char const * code, char const * msg ) {
  (void)e;
  (void)code;
  if( !may_run() ) return napi_pending_exception;
  is_sentence( msg, strlen( msg ) );
  the.exception = js_object();
  return napi_ok;
}

napi_status
napi_is_exception_pending( napi_env e, bool * out ) {
  (void)e;
  *out = the.exception != NULL;
  return napi_ok;
}

napi_status
napi_get_and_clear_last_exception( napi_env e, napi_value * out ) {
  (void)e;
  *out          = the.exception ? the.exception : js_new( napi_undefined );
  the.exception = NULL;
  return napi_ok;
}

napi_status
napi_define_properties( napi_env e, napi_value exports, size_t cnt, napi_property_descriptor const * d ) {
  (void)e;
  (void)exports;
  HOLDS( the.function_cnt + cnt <= FUNCTIONS_MAX );
  memcpy( the.functions + the.function_cnt, d, cnt * sizeof( *d ) );
  the.function_cnt += (unsigned)cnt;
  return napi_ok;
}

napi_status
napi_get_cb_info( napi_env e, napi_callback_info info, size_t * argc, napi_value * argv, napi_value * self, void ** data ) {
  (void)e;
  HOLDS( !self && !data );
  call_t const * call = (call_t const *)(void *)info;
  for( size_t i = 0UL; i < *argc; i++ ) argv[i] = i < call->argc ? call->argv[i] : js_new( napi_undefined );
  *argc = call->argc;
  return napi_ok;
}

unsigned
js_functions( void ) {
  return the.function_cnt;
}

void
js_call( char const * name, size_t argc, napi_value * argv ) {
  call_t   call = { argc, argv };
  unsigned i    = 0U;
  while( i < the.function_cnt && strcmp( the.functions[i].utf8name, name ) ) i++;
  HOLDS( i < the.function_cnt && !the.exception );
  (void)the.functions[i].method( env, (napi_callback_info)(void *)&call );
  the.exception = NULL;
}

void
js_throw( void ) {
  the.exception = js_object();
}
