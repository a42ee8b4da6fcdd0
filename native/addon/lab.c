/* openLab( helper, pairs, mtu, onDeath ), labRequest( lab, request ), labLook( lab,
   request ), labPid( lab ), endLab( lab ) and closeLab( lab ). */

#include "descriptor.h"
#include "handles.h"
#include "net/lab.h"
#include "net/link_facts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

napi_type_tag const pl_lab_tag = { 0x7061636b65746c61UL, 0x6c61622d2d2d2d31UL };

typedef struct {
  pl_job_t job;
  char *   helper;
  unsigned pairs, mtu;
  napi_env env;
  napi_ref callback;
  pl_lab_t * lab;
} open_job_t;

static int
open_work( pl_job_t * job ) {
  open_job_t * j = (open_job_t *)job;
  j->lab         = pl_lab_open( j->helper, j->pairs, j->mtu, &job->err );
  return !j->lab;
}

/* On the lab's own thread: what nobody took is closed before anybody is told. */
static void
on_death( void * arg ) {
  pl_lab_handle_t * h = arg;
  pl_descriptors_end( h->descriptors );
  napi_call_threadsafe_function( h->died, NULL, napi_tsfn_nonblocking );
}

/* Ends the lab and what is left of it. Blocks until its thread is gone. */
static void
end_lab( void * arg ) {
  pl_lab_handle_t * h = arg;
  pl_descriptors_end( h->descriptors );
  pl_lab_close( h->lab );
  h->lab = NULL;
}

static void
finalize_lab( napi_env env, void * data, void * hint ) {
  (void)hint;
  pl_lab_handle_t * h = data;
  if( h->lab ) {
    napi_remove_env_cleanup_hook( env, end_lab, h );
    end_lab( h );
    napi_release_threadsafe_function( h->died, napi_tsfn_abort );
  }
  pl_descriptors_release( h->descriptors );
  free( h );
}

static napi_value
open_finish( napi_env env, pl_job_t * job ) {
  open_job_t *      j = (open_job_t *)job;
  pl_lab_handle_t * h = calloc( 1UL, sizeof( *h ) );
  napi_value        v = NULL, callback, name;
  if( h && ( h->descriptors = pl_descriptors_new() ) ) v = pl_handle_new( env, h, &pl_lab_tag, finalize_lab );
  if( !v ) {
    if( h ) pl_descriptors_release( h->descriptors );
    free( h );
    return pl_throw( env, "The lab could not be handed over: out of memory." ), NULL;
  }
  napi_get_reference_value( env, j->callback, &callback );
  napi_create_string_utf8( env, "packet-lab lab", NAPI_AUTO_LENGTH, &name );
  if( napi_create_threadsafe_function( env, callback, NULL, name, 0, 1, NULL, NULL, NULL, pl_call_back, &h->died ) !=
      napi_ok )
    return pl_throw( env, "The lab could not be handed over: no callback." ), NULL;
  h->lab = j->lab;
  j->lab = NULL;
  napi_add_env_cleanup_hook( env, end_lab, h ); /* later than the callback's own, so it runs before that */
  pl_lab_on_death( h->lab, on_death, h );
  return v;
}

static void
open_drop( pl_job_t * job ) {
  open_job_t * j = (open_job_t *)job;
  pl_lab_close( j->lab );
  if( j->callback ) napi_delete_reference( j->env, j->callback );
  free( j->helper );
}

static napi_value
open_lab( napi_env env, napi_callback_info info ) {
  napi_value     args[4];
  napi_valuetype type;
  uint64_t       pairs, mtu;
  if( pl_args( env, info, 4, args ) || pl_arg_whole( env, args[1], "pairs", 1, PL_LAB_PAIRS_MAX, &pairs ) ||
      pl_arg_whole( env, args[2], "mtu", PL_LAB_MTU_MIN, PL_LAB_MTU_MAX, &mtu ) )
    return NULL;
  if( napi_typeof( env, args[3], &type ) != napi_ok || type != napi_function )
    return pl_throw( env, "The fourth argument is a function." ), NULL;
  open_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The lab could not be opened: out of memory." ), NULL;
  j->job   = (pl_job_t){ .work = open_work, .finish = open_finish, .drop = open_drop };
  j->env   = env;
  j->pairs = (unsigned)pairs;
  j->mtu   = (unsigned)mtu;
  if( !( j->helper = pl_arg_string( env, args[0], "helper" ) ) ) {
    free( j );
    return NULL;
  }
  napi_create_reference( env, args[3], 1, &j->callback );
  return pl_job_start( env, &j->job, "openLab" );
}

/* A job about a lab, which it keeps busy. */
typedef struct {
  pl_job_t          job;
  pl_lab_handle_t * h;
  napi_env          env;
  napi_ref          ref;
  pl_lab_req_t      req;
  pl_lab_rep_t      rep;
  int               fds[PL_LAB_FDS_MAX];
  pl_link_facts_t   facts;
} lab_job_t;

static void
lab_drop( pl_job_t * job ) {
  lab_job_t * j = (lab_job_t *)job;
  for( uint32_t i = 0; i < j->rep.fd_cnt; i++ ) close( j->fds[i] ); /* the answer reached nobody */
  j->h->busy--;
  napi_delete_reference( j->env, j->ref );
}

/* Starts a job about the lab in v while it is open; NULL = thrown. */
static napi_value
start( napi_env env, napi_value v, pl_lab_req_t const * req, pl_job_t const * job, char const * name ) {
  pl_lab_handle_t * h = pl_handle_get( env, v, &pl_lab_tag, "a lab" );
  if( !h ) return NULL;
  if( !h->lab || h->closing ) return pl_throw( env, "The lab is closed." ), NULL;
  lab_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "%s is not possible: out of memory.", name ), NULL;
  j->job = *job;
  j->h   = h;
  j->env = env;
  if( req ) j->req = *req;
  napi_create_reference( env, v, 1, &j->ref );
  h->busy++;
  return pl_job_start( env, &j->job, name );
}

static int
request_work( pl_job_t * job ) {
  lab_job_t * j = (lab_job_t *)job;
  return pl_lab_request( j->h->lab, &j->req, &j->rep, j->fds, &job->err );
}

static void
put_mac( napi_env env, napi_value obj, char const * name, uint8_t const mac[6] ) {
  char text[18];
  snprintf( text, sizeof( text ), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5] );
  pl_put_string( env, obj, name, text );
}

static void
put_bool( napi_env env, napi_value obj, char const * name, uint32_t v ) {
  napi_value b;
  napi_get_boolean( env, !!v, &b );
  pl_put( env, obj, name, b );
}

/* "" for none. */
static void
put_address( napi_env env, napi_value obj, char const * name, uint32_t addr4 ) {
  char text[INET_ADDRSTRLEN] = "";
  if( addr4 ) inet_ntop( AF_INET, &addr4, text, sizeof( text ) );
  pl_put_string( env, obj, name, text );
}

static napi_value
port_object( napi_env env, pl_lab_port_t const * port ) {
  napi_value v;
  napi_create_object( env, &v );
  pl_put_string( env, v, "name", port->name );
  pl_put_number( env, v, "ifindex", port->ifindex );
  pl_put_number( env, v, "mtu", port->mtu );
  put_bool( env, v, "up", port->up );
  put_bool( env, v, "carrier", port->carrier );
  put_address( env, v, "address", port->addr4 );
  put_address( env, v, "peerAddress", port->peer_addr4 );
  put_mac( env, v, "mac", port->mac );
  put_mac( env, v, "peerMac", port->peer_mac );
  return v;
}

static napi_value
request_finish( napi_env env, pl_job_t * job ) {
  lab_job_t * j = (lab_job_t *)job;
  napi_value  v, list;
  napi_create_object( env, &v );
  napi_create_array( env, &list );
  j->rep.port.name[PL_LAB_NAME_MAX - 1U] = '\0';
  pl_put( env, v, "port", port_object( env, &j->rep.port ) );
  int bad = 0;
  for( uint32_t i = 0; i < j->rep.fd_cnt; i++ ) {
    napi_value d = pl_descriptor_new( env, j->h->descriptors, j->fds[i] );
    if( d ) napi_set_element( env, list, i, d );
    bad |= !d;
  }
  j->rep.fd_cnt = 0U; /* the set's now */
  pl_put( env, v, "descriptors", list );
  return bad ? NULL : v;
}

/* {op, pair, end, device, args: number[]}; what they mean is the helper's to judge. */
static int
read_request( napi_env env, napi_value obj, pl_lab_req_t * req ) {
  struct {
    char const * name;
    uint16_t *   to;
  } const members[4] = { { "op", &req->op }, { "pair", &req->pair }, { "end", &req->end }, { "device", &req->device } };
  napi_value v, item;
  uint64_t   n;
  uint32_t   cnt;
  for( int i = 0; i < 4; i++ ) {
    if( pl_member( env, obj, members[i].name, &v ) || pl_arg_whole( env, v, members[i].name, 0, UINT16_MAX, &n ) )
      return -1;
    *members[i].to = (uint16_t)n;
  }
  if( pl_member( env, obj, "args", &v ) ) return -1;
  if( napi_get_array_length( env, v, &cnt ) != napi_ok || cnt > PL_LAB_ARGS )
    return pl_throw( env, "args is an array of at most %u numbers.", PL_LAB_ARGS );
  for( uint32_t i = 0; i < cnt; i++ ) {
    if( napi_get_element( env, v, i, &item ) != napi_ok || pl_arg_whole( env, item, "an argument", 0, UINT32_MAX, &n ) )
      return -1;
    req->arg[i] = (uint32_t)n;
  }
  return 0;
}

static napi_value
request( napi_env env, napi_callback_info info ) {
  static pl_job_t const job = { .work = request_work, .finish = request_finish, .drop = lab_drop };
  napi_value            args[2];
  pl_lab_req_t          req = { 0 };
  if( pl_args( env, info, 2, args ) || read_request( env, args[1], &req ) ) return NULL;
  return start( env, args[0], &req, &job, "labRequest" );
}

static int
look_work( pl_job_t * job ) {
  lab_job_t * j = (lab_job_t *)job;
  return pl_lab_look( j->h->lab, &j->req, &j->facts, &job->err );
}

static napi_value
look_finish( napi_env env, pl_job_t * job ) {
  return pl_link_facts_object( env, &( (lab_job_t *)job )->facts );
}

static napi_value
look( napi_env env, napi_callback_info info ) {
  static pl_job_t const job = { .work = look_work, .finish = look_finish, .drop = lab_drop };
  napi_value            args[2];
  pl_lab_req_t          req = { 0 };
  if( pl_args( env, info, 2, args ) || read_request( env, args[1], &req ) ) return NULL;
  return start( env, args[0], &req, &job, "labLook" );
}

static napi_value
process_id( napi_env env, napi_callback_info info ) {
  napi_value        args[1], n;
  pl_lab_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_handle_get( env, args[0], &pl_lab_tag, "a lab" ) ) ) return NULL;
  napi_create_double( env, h->lab && !h->closing ? pl_lab_pid( h->lab ) : 0, &n );
  return n;
}

/* Ends the helper, so that requests under way fail at once; to be closed then. */
static napi_value
end_now( napi_env env, napi_callback_info info ) {
  napi_value        args[1];
  pl_lab_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_handle_get( env, args[0], &pl_lab_tag, "a lab" ) ) ) return NULL;
  if( !h->closing ) pl_lab_end( h->lab );
  return NULL;
}

static int
close_work( pl_job_t * job ) {
  end_lab( ( (lab_job_t *)job )->h );
  return 0;
}

static napi_value
close_finish( napi_env env, pl_job_t * job ) {
  napi_release_threadsafe_function( ( (lab_job_t *)job )->h->died, napi_tsfn_release );
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  return undefined;
}

static napi_value
close_lab( napi_env env, napi_callback_info info ) {
  static pl_job_t const job = { .work = close_work, .finish = close_finish, .drop = lab_drop };
  napi_value            args[1];
  pl_lab_handle_t *     h;
  if( pl_args( env, info, 1, args ) || !( h = pl_handle_get( env, args[0], &pl_lab_tag, "a lab" ) ) ) return NULL;
  if( h->busy ) return pl_throw( env, "The lab has a request under way or is being closed." ), NULL;
  napi_value promise = start( env, args[0], NULL, &job, "closeLab" );
  if( !promise ) return NULL;
  h->closing = 1;
  napi_remove_env_cleanup_hook( env, end_lab, h );
  return promise;
}

napi_value
pl_lab_limits( napi_env env ) {
  napi_value v;
  napi_create_object( env, &v );
  pl_put_number( env, v, "pairsMax", PL_LAB_PAIRS_MAX );
  pl_put_number( env, v, "mtuMin", PL_LAB_MTU_MIN );
  pl_put_number( env, v, "mtuMax", PL_LAB_MTU_MAX );
  pl_put_number( env, v, "frameSize", PL_LAB_FRAME_SZ );
  pl_put_number( env, v, "framesMax", PL_LAB_FRAMES_MAX );
  pl_put_number( env, v, "slotsMax", PL_LAB_SLOTS_MAX );
  pl_put_number( env, v, "queueMax", PL_LAB_QUEUE_MAX );
  return v;
}

void
pl_define_lab( napi_env env, napi_value exports ) {
  napi_property_descriptor const functions[] = {
      { .utf8name = "openLab", .method = open_lab, .attributes = napi_enumerable },
      { .utf8name = "labRequest", .method = request, .attributes = napi_enumerable },
      { .utf8name = "labLook", .method = look, .attributes = napi_enumerable },
      { .utf8name = "labPid", .method = process_id, .attributes = napi_enumerable },
      { .utf8name = "endLab", .method = end_now, .attributes = napi_enumerable },
      { .utf8name = "closeLab", .method = close_lab, .attributes = napi_enumerable },
      { .utf8name = "descriptorNumber", .method = pl_descriptor_number, .attributes = napi_enumerable },
      { .utf8name = "linkFacts", .method = pl_link_facts_of, .attributes = napi_enumerable },
      { .utf8name = "closeDescriptor", .method = pl_close_descriptor, .attributes = napi_enumerable },
  };
  napi_define_properties( env, exports, sizeof( functions ) / sizeof( functions[0] ), functions );
}
